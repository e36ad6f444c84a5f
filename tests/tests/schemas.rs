//! The JSON Schemas committed in `schemas/` are those the types give.

use ledger_tests::golden::{compare, root, updating};
use ledger_tests::schemas::{faults, generated, spelled};

#[test]
fn the_committed_schemas_are_the_generated_ones() {
    let generated = generated();
    let differing: Vec<String> = generated
        .iter()
        .filter_map(|(path, schema)| compare(&format!("schemas/{path}"), &spelled(schema)).err())
        .collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    for folder in ["events", "commands"] {
        let listed = std::fs::read_dir(root().join("schemas").join(folder)).expect("a folder");
        for item in listed.filter_map(Result::ok) {
            let path = format!("{folder}/{}", item.file_name().to_string_lossy());
            if !generated.contains_key(&path) && updating() {
                std::fs::remove_file(item.path()).expect("removes what no type gives any more");
            } else {
                assert!(generated.contains_key(&path), "schemas/{path} belongs to no type");
            }
        }
    }
}

#[test]
fn schemas_refuse_what_the_canonical_form_cannot_spell() {
    for (path, schema) in generated() {
        let validator = jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(!validator.is_valid(&serde_json::json!([])), "{path}");
        if path.starts_with("events/") {
            let text = spelled(&schema);
            assert!(!text.contains("\"null\""), "{path} allows null");
            assert!(!text.contains("\"default\""), "{path} has a default");
        }
    }
    assert!(!faults(b"{}").is_empty() && !faults(b"no JSON").is_empty());
}
