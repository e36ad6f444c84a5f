//! JSON Schemas of what the ledger writes and takes, generated from its types, and validators made of them.
//!
//! In the schema of an event an absent thing is absent: no null, no empty list, as in the canonical form.
//! Commands are read more generously: null and the empty list mean absent there.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jsonschema::Validator;
use ledger_core::assessment::codes::Subject;
use ledger_core::assessment::{Command, Event};
use ledger_core::line::CommandLine;
use ledger_core::log::{AuthType, EventId};
use ledger_core::values::{Hash, Sequence, SubjectVersion, Timestamp};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// Every generated schema by its path under `schemas/`.
pub fn generated() -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for (name, schema) in Event::schemas() {
        let mut schema = schema.to_value();
        canonical_only(&mut schema);
        let path = format!("events/{name}.v1");
        all.insert(format!("{path}.json"), titled(schema, &path, &format!("ledger.{name}.v1")));
    }
    for (name, schema) in Command::schemas() {
        let path = format!("commands/{name}");
        all.insert(format!("{path}.json"), titled(schema.to_value(), &path, name));
    }
    let line = schemars::schema_for!(CommandLine).to_value();
    all.insert("command-line.json".to_owned(), titled(line, "command-line", "A command as a line of JSON"));
    let explanation = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let explanation = explanation.into_root_schema_for::<replay::Explanation>().to_value();
    let title = "What `ledger explain --json` says";
    all.insert("explanation.json".to_owned(), titled(explanation, "explanation", title));
    all.insert("entry.json".to_owned(), titled(entry(), "entry", "An entry of the log"));
    all
}

/// The schema as it is committed: sorted keys, two spaces, one line break at the end.
pub fn spelled(schema: &Value) -> String {
    format!("{schema:#}\n")
}

fn titled(schema: Value, path: &str, title: &str) -> Value {
    let Value::Object(mut fields) = schema else { panic!("a schema is an object") };
    fields.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    fields.insert("$id".to_owned(), json!(format!("urn:ledger:schema:{path}")));
    fields.insert("title".to_owned(), json!(title));
    Value::Object(fields)
}

/// Takes away null alternatives and defaults, and makes every list hold something.
fn canonical_only(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(canonical_only),
        Value::Object(fields) => {
            if fields.get("default").is_some_and(|value| value.is_null() || *value == json!([])) {
                fields.remove("default");
            }
            drop_null_type(fields);
            drop_null_choice(fields);
            if fields.get("type") == Some(&json!("array")) {
                fields.insert("minItems".to_owned(), json!(1));
            }
            fields.values_mut().for_each(canonical_only);
        }
        _ => {}
    }
}

fn drop_null_type(fields: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = fields.get_mut("type") else { return };
    types.retain(|name| name != "null");
    if let [only] = types.as_slice() {
        let only = only.clone();
        fields.insert("type".to_owned(), only);
    }
}

fn drop_null_choice(fields: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = fields.get_mut("anyOf") else { return };
    choices.retain(|choice| choice.get("type") != Some(&json!("null")));
    if let [Value::Object(only)] = choices.as_slice() {
        let only = only.clone();
        fields.remove("anyOf");
        for (key, value) in only {
            fields.entry(key).or_insert(value);
        }
    }
}

/// The attributes of an entry, from the types that spell them.
fn entry() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut of = |name: &str| match name {
        "sequence" | "subjectprev" => generator.subschema_for::<Sequence>(),
        "id" | "causationid" => generator.subschema_for::<EventId>(),
        "time" | "recordedtime" => generator.subschema_for::<Timestamp>(),
        "authtype" => generator.subschema_for::<AuthType>(),
        "subject" => generator.subschema_for::<Subject>(),
        _ => generator.subschema_for::<Hash>(),
    };
    let types: Vec<Value> = Event::NAMES.iter().map(|name| json!(format!("ledger.{name}.v1"))).collect();
    let text = json!({ "type": "string", "minLength": 1, "maxLength": 300 });
    let properties = json!({
        "authid": text,
        "authtype": of("authtype"),
        "causationid": of("causationid"),
        "commandhash": of("commandhash"),
        "correlationid": of("sequence"),
        "data": { "type": "object", "minProperties": 1 },
        "datacontenttype": { "const": "application/json" },
        "id": of("id"),
        "prev": of("prev"),
        "recordedtime": of("recordedtime"),
        "sequence": of("sequence"),
        "source": { "type": "string", "pattern": "^https://[A-Za-z0-9][A-Za-z0-9./-]{2,99}$" },
        "specversion": { "const": "1.0" },
        "subject": of("subject"),
        "subjectprev": of("subjectprev"),
        "subjectversion": { "type": "integer", "minimum": 1, "maximum": SubjectVersion::MAX },
        "time": of("time"),
        "type": { "enum": types },
    });
    let optional = ["causationid", "correlationid", "subjectprev"];
    let names = properties.as_object().map(|fields| fields.keys().cloned().collect::<Vec<_>>());
    let required: Vec<String> =
        names.unwrap_or_default().into_iter().filter(|name| !optional.contains(&name.as_str())).collect();
    json!({
        "description": "A CloudEvents 1.0 event in RFC 8785 form; schemas/events/ says what data holds.",
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
        "$defs": generator.definitions(),
    })
}

/// Validators of entries: as CloudEvents, as our entries, and of each event's data.
struct Validators {
    cloud_event: Validator,
    entry: Validator,
    events: BTreeMap<String, Validator>,
}

fn validator(schema: &Value) -> Validator {
    jsonschema::validator_for(schema).unwrap_or_else(|error| panic!("a schema that is none: {error}"))
}

fn validators() -> &'static Validators {
    static MADE: OnceLock<Validators> = OnceLock::new();
    MADE.get_or_init(|| {
        let all = generated();
        let cloud_event = serde_json::from_str(include_str!("../../schemas/cloudevents.json"));
        let event = |(path, schema): (&String, &Value)| {
            let name = path.strip_prefix("events/")?.strip_suffix(".json")?;
            Some((format!("ledger.{name}"), validator(schema)))
        };
        Validators {
            cloud_event: validator(&cloud_event.unwrap_or_else(|error| panic!("cloudevents.json: {error}"))),
            entry: validator(&all["entry.json"]),
            events: all.iter().filter_map(event).collect(),
        }
    })
}

/// What is wrong with an entry's bytes by the schemas; nothing if they are valid.
pub fn faults(bytes: &[u8]) -> Vec<String> {
    let entry: Value = match serde_json::from_slice(bytes) {
        Ok(entry) => entry,
        Err(error) => return vec![error.to_string()],
    };
    let validators = validators();
    let mut faults = Vec::new();
    let mut check = |what: &str, validator: &Validator, value: &Value| {
        let found = validator.iter_errors(value);
        faults.extend(found.map(|error| format!("{what}: {error} at {}", error.instance_path())));
    };
    check("cloudevents.json", &validators.cloud_event, &entry);
    check("entry.json", &validators.entry, &entry);
    let event_type = entry["type"].as_str().unwrap_or("");
    match validators.events.get(event_type) {
        Some(validator) => check(event_type, validator, &entry["data"]),
        None => faults.push(format!("there is no schema of {event_type}")),
    }
    faults
}
