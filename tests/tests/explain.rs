//! Explanations are true: every line of arithmetic works out, every entry is the one in the log, and the drawing and
//! the provenance say the same - on random histories, on every scenario of the rule tables, and on the record that
//! ships. `LEDGER_EXPLAIN_SEEDS` changes how many histories are tried; seeds are printed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::Subject;
use ledger_core::assessment::event::ReviewOutcome;
use ledger_core::log::{Entry, Head};
use ledger_core::store::{AppendError, Batch, Entries, MemoryStore, ReadError, Store};
use ledger_core::values::{Hash, Length, Sequence};
use ledger_tests::explained::{arithmetic, calculation, graph, prov_schema, provenance};
use ledger_tests::program::built;
use ledger_tests::random::{Dice, History};
use ledger_tests::run::{Coverage, run, tables};
use ledger_tests::schemas::generated;
use replay::explain::ReviewStep;
use replay::{Caveat, Explanation, KnownAt, Log, Register, SubjectHistory};
use serde_json::{Value, json};

fn quiet(_: Length, _: Length) {}

/// What was seen over many explanations, so that a test can ask whether it saw enough.
#[derive(Debug, Default)]
struct Seen {
    explanations: usize,
    lines: usize,
    documents: Vec<String>,
    kinds: BTreeSet<&'static str>,
    expected: Vec<Expected>,
}

/// What a document of provenance must say.
#[derive(Debug)]
struct Expected {
    about: String,
    entries: Value,
    times: Value,
    reached: Vec<String>,
    invalidated: Vec<String>,
}

fn explained(log: &Log, subject: &Subject, day: Date, known_at: KnownAt) -> Explanation {
    let history = SubjectHistory::read(log, subject, known_at, &mut quiet).expect("read");
    let explanation = Explanation::read(log, &history, day, known_at, None, &mut quiet).expect("read");
    explanation.expect("no statement was asked for")
}

impl Seen {
    /// Holds one explanation against the rating that the whole log gives, and against everything it renders to.
    fn hold(&mut self, log: &Log, whole: &Register, subject: &Subject, day: Date, known_at: KnownAt) {
        let about = format!("{subject} as of {day} known at {known_at}");
        let explanation = explained(log, subject, day, known_at);
        let answer = whole.rating(subject, day);
        assert_eq!(
            (explanation.rating, explanation.percent, &explanation.missing, &explanation.caveats),
            (answer.rating, answer.percent, &answer.missing, &answer.caveats),
            "{about}"
        );
        if let Some(calculation) = &explanation.calculation {
            assert_eq!(Some(calculation.rating), answer.rating, "{about}");
        }
        assert_eq!(explanation.calculation.is_some(), answer.basis == Some("derived"), "{about}");
        caveats_have_their_reason(&explanation, &about);
        let value = serde_json::to_value(&explanation).expect("JSON");
        let text = explanation.text();
        self.lines += arithmetic(&value, &text).unwrap_or_else(|what| panic!("{about}: {what}\n{text}"));
        // An address is never broken.
        let fits = |line: &str| line.chars().count() <= 110 || line.trim().starts_with("http");
        assert!(text.lines().all(fits), "{about}: too wide\n{text}");
        entries_are_those_of_the_log(log, &explanation, &about);
        self.drawing(&explanation, &about);
        self.note(&explanation);
        self.explanations += 1;
        if self.documents.len() < 120 {
            self.documents.push(explanation.prov());
            self.expected.push(expected(&explanation, about));
        }
    }

    fn drawing(&self, explanation: &Explanation, about: &str) {
        let dot = explanation.dot();
        let drawn = graph(&dot).unwrap_or_else(|what| panic!("{about}: {what}\n{dot}"));
        for (from, to) in &drawn.edges {
            for end in [from, to] {
                assert!(drawn.nodes.contains_key(end), "{about}: no node {end}\n{dot}");
            }
        }
        for theme in &explanation.themes {
            assert!(drawn.edges.contains(&(format!("theme/{}", theme.id), "overall".to_owned())), "{about}");
            for statement in &theme.statements {
                let id = format!("statement/{}", statement.statement);
                let led = drawn.edges.iter().filter(|(_, to)| *to == id).count();
                assert_eq!(led > 0, statement.score.is_some(), "{about}: what leads to {id}\n{dot}");
            }
        }
        for notice in &explanation.notices {
            assert!(drawn.label.contains(notice), "{about}: {}", drawn.label);
        }
    }

    /// Which kinds of thing were explained.
    fn note(&mut self, explanation: &Explanation) {
        let statements = || explanation.themes.iter().flat_map(|theme| &theme.statements);
        let results = || explanation.results.iter();
        let assessments = || results().filter_map(|result| result.assessment.as_ref());
        let steps = || statements().flat_map(|one| &one.given).flat_map(|given| &given.steps);
        let calculation = explanation.calculation.as_ref();
        let seen = [
            ("incomplete", explanation.basis.as_deref() == Some("incomplete")),
            ("as printed", explanation.basis.as_deref() == Some("as-printed")),
            ("carried forward", statements().any(|one| one.carried_forward)),
            ("mapped", statements().any(|one| one.mapped_from.is_some())),
            ("categories", statements().any(|one| one.calculation.is_some())),
            ("theme ratings", calculation.is_some_and(|one| !one.ratings.is_empty())),
            ("breach", calculation.is_some_and(|one| one.breach.is_some())),
            ("limiter", explanation.themes.iter().filter_map(|one| one.calculation.as_ref()).any(fired)),
            ("challenge", assessments().any(|one| !one.challenges.is_empty())),
            ("changed", steps().any(|step| step.cause.is_some())),
            ("moderated", steps().any(|step| step.before.is_some() && step.cause.is_none())),
            ("review", results().any(|result| !result.reviews.is_empty())),
            ("replaced", results().any(|result| result.replaces.is_some())),
            ("correction", results().any(|result| !result.corrections.is_empty())),
            ("withdrawn result", !explanation.withdrawn.is_empty()),
            ("withdrawn evidence", explanation.evidence.iter().any(|item| item.withdrawn.is_some())),
            ("corrected evidence", explanation.evidence.iter().any(|item| !item.corrections.is_empty())),
            ("shared evidence", explanation.evidence.iter().any(|item| item.shared.is_some())),
            ("waiting", !explanation.waiting.is_empty()),
            ("open trigger", !explanation.triggers.is_empty()),
            (
                "erased",
                explanation.entries.iter().flat_map(|one| &one.documents).any(|one| one.erased.is_some()),
            ),
        ];
        self.kinds.extend(seen.into_iter().filter(|(_, seen)| *seen).map(|(kind, _)| kind));
    }

    /// Asks the other implementation of W3C PROV about the documents kept.
    fn provenance(&self) {
        let schema = jsonschema::validator_for(&prov_schema()).expect("a schema");
        for (document, expected) in self.documents.iter().zip(&self.expected) {
            let value: Value = serde_json::from_str(document).expect("JSON");
            let faults: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(faults.is_empty(), "{}: {faults:?}\n{document}", expected.about);
        }
        for (found, expected) in provenance(&self.documents).iter().zip(&self.expected) {
            let about = &expected.about;
            assert_eq!(found["faults"], json!([]), "{about}");
            assert_eq!(found["entries"], expected.entries, "{about}");
            assert_eq!(found["times"], expected.times, "{about}: a deed begins, ends and generates at once");
            assert_eq!(found["associated"], found["activities"], "{about}: every deed has its actor");
            let holds = |list: &str, name: &String| {
                found[list].as_array().is_some_and(|names| names.iter().any(|one| one == name.as_str()))
            };
            for name in &expected.reached {
                assert!(holds("reached", name), "{about}: the overall is not derived from {name}\n{found:#}");
            }
            for name in &expected.invalidated {
                assert!(holds("invalidated", name), "{about}: {name} is not invalidated\n{found:#}");
            }
        }
    }
}

fn fired(calculation: &replay::explain::Calculation) -> bool {
    calculation.limiters.iter().any(|limiter| !limiter.set_off_by.is_empty())
}

/// What the explanation says that its provenance must say too.
fn expected(explanation: &Explanation, about: String) -> Expected {
    let hashes = explanation.entries.iter().map(|entry| (entry.sequence.to_string(), json!(entry.hash)));
    let times =
        explanation.entries.iter().map(|entry| (entry.sequence.to_string(), json!(vec![entry.time; 3])));
    let statements = explanation.themes.iter().flat_map(|theme| &theme.statements);
    let given = statements.clone().flat_map(|statement| &statement.given);
    let scores = given.clone().flat_map(|given| &given.steps).map(|step| step.entry);
    let evidence = given.flat_map(|given| &given.evidence).copied();
    let rests_on = scores.chain(evidence).chain(statements.filter_map(|statement| statement.result));
    let withdrawn =
        explanation.evidence.iter().filter(|item| item.withdrawn.is_some()).map(|item| item.entry);
    let withdrawn = withdrawn.chain(explanation.withdrawn.iter().map(|step| step.result));
    let documents = explanation.entries.iter().flat_map(|entry| &entry.documents);
    let erased = documents.filter(|document| document.erased.is_some());
    let erased = erased.map(|document| format!("document:{}", document.commitment));
    Expected {
        about,
        entries: Value::Object(hashes.collect()),
        times: Value::Object(times.collect()),
        reached: rests_on.map(|entry| format!("entry:{entry}")).collect(),
        invalidated: withdrawn.map(|entry| format!("entry:{entry}")).chain(erased).collect(),
    }
}

/// What qualifies the rating is explained, and nothing is explained that does not qualify it.
fn caveats_have_their_reason(explanation: &Explanation, about: &str) {
    // Of several reviews of one result the last counts.
    let reviews = explanation.results.iter().flat_map(|result| &result.reviews);
    let last: BTreeMap<Sequence, &ReviewStep> = reviews.map(|review| (review.result, review)).collect();
    let pending =
        |review: &&ReviewStep| review.outcome != Some(ReviewOutcome::Upheld) && review.replaced_by.is_none();
    let reasons = [
        (Caveat::UnderReview, last.into_values().filter(pending).count()),
        (Caveat::ReassessmentTriggered, explanation.triggers.len()),
        (Caveat::EarlierResultWithdrawn, explanation.withdrawn.len()),
        (
            Caveat::RestsOnWithdrawnEvidence,
            explanation.evidence.iter().filter(|item| item.withdrawn.is_some()).count(),
        ),
    ];
    for (caveat, reasons) in reasons {
        assert_eq!(
            explanation.caveats.contains(&caveat),
            reasons > 0,
            "{about}: {caveat:?}\n{explanation:#?}"
        );
    }
}

/// The entries named are those of the log, byte for byte, and none that the explanation names is left out.
fn entries_are_those_of_the_log(log: &Log, explanation: &Explanation, about: &str) {
    let mut listed = BTreeSet::new();
    for entry in &explanation.entries {
        let bytes = log.store().read(entry.sequence, 1).expect("read").next().expect("an entry");
        let decoded = Entry::decode(&bytes).expect("an entry");
        assert_eq!(Hash::of(&bytes), entry.hash, "{about}: {}", entry.sequence);
        assert_eq!(
            (decoded.time, decoded.recorded_time, decoded.auth_id.as_str()),
            (entry.time, entry.recorded_time, entry.author.as_str()),
            "{about}: {}",
            entry.sequence
        );
        let cites = String::from_utf8(decoded.data.clone()).expect("UTF-8").matches("\"commitment\"").count();
        let own = usize::from(entry.event == "document.erased");
        assert_eq!(entry.documents.len(), cites - own, "{about}: documents of {}", entry.sequence);
        listed.insert(entry.sequence.to_string());
    }
    let value = serde_json::to_value(explanation).expect("JSON");
    named(&value, &mut |sequence| {
        assert!(listed.contains(sequence), "{about}: {sequence} is named and not among the entries");
    });
}

/// Every sequence number in a value: a string of 16 digits.
fn named(value: &Value, take: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) if text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            take(text)
        }
        Value::Array(items) => items.iter().for_each(|item| named(item, take)),
        Value::Object(fields) => {
            fields.iter().filter(|(key, _)| *key != "known_at").for_each(|(_, field)| named(field, take));
        }
        _ => {}
    }
}

fn some_day(dice: &mut Dice, recorded: Date) -> Date {
    let back = dice.below(80);
    if dice.percent(20) { recorded.plus_days(400) } else { (0..back).fold(recorded, |day, _| day.previous()) }
}

#[test]
fn random_histories_are_explained_as_they_were() {
    let seeds = std::env::var("LEDGER_EXPLAIN_SEEDS").map_or(8, |text| text.parse().expect("a number"));
    let mut seen = Seen::default();
    for seed in 1..=seeds {
        let mut history = History::new(seed);
        history.go_on(300);
        let log = Log::over(history.world.ledger().store()).expect("a log");
        let today = Date::in_london(history.world.now());
        let mut dice = Dice(seed);
        for _ in 0..5 {
            let known_at = KnownAt::Sequence(Sequence::new(dice.below(log.head().length.0)));
            let ((whole,), _) = log.replayed::<(Register,)>(known_at, &mut quiet).expect("folded");
            for (subject, _) in whole.areas() {
                println!("seed {seed}: {subject} known at {known_at}");
                seen.hold(&log, &whole, subject, some_day(&mut dice, today), known_at);
            }
        }
    }
    seen.provenance();
    println!(
        "seeds 1 to {seeds}: {} explanations, {} lines, {:?}",
        seen.explanations, seen.lines, seen.kinds
    );
    assert!(seen.lines > 40, "the histories must have results: {}", seen.lines);
}

/// A store that counts the entries it gives.
#[derive(Debug, Default)]
struct Counted {
    store: MemoryStore,
    given: AtomicUsize,
}

impl Store for Counted {
    fn head(&self) -> Head {
        self.store.head()
    }

    fn read(&self, from: Sequence, limit: usize) -> Result<Entries, ReadError> {
        let entries = self.store.read(from, limit)?;
        self.given.fetch_add(entries.len(), Ordering::Relaxed);
        Ok(entries)
    }

    fn ready(&self) -> Result<(), AppendError> {
        self.store.ready()
    }

    fn append(&self, expected: Length, batch: &Batch) -> Result<(), AppendError> {
        self.store.append(expected, batch)
    }

    fn close(&self) -> Result<(), AppendError> {
        self.store.close()
    }
}

/// A log over bytes.
fn log_of(entries: Vec<Vec<u8>>) -> Option<(Log, Arc<Counted>)> {
    let head = Head { length: Length(entries.len() as u64), hash: Hash::of(entries.last()?) };
    let store = Arc::new(Counted::default());
    store.append(Length(0), &Batch { entries, head }).expect("appended");
    Some((Log::over(store.clone()).expect("a log"), store))
}

/// How many entries are read to explain the rating of [`SYSTEM`], once the index is there.
fn read_for(entries: Vec<Vec<u8>>) -> usize {
    let (log, store) = log_of(entries).expect("a log");
    drop(log.index(&mut quiet).expect("an index"));
    let before = store.given.load(Ordering::Relaxed);
    let explanation = explained(
        &log,
        &SYSTEM.parse().expect("a subject"),
        "2024-06-01".parse().expect("a date"),
        KnownAt::Now,
    );
    assert!(!explanation.evidence.is_empty(), "it has a published score");
    store.given.load(Ordering::Relaxed) - before
}

#[test]
fn what_others_record_costs_nothing() {
    let mut hand = ByHand(History::new(1));
    hand.method();
    let minutes = hand.0.world.document("minutes");
    let scope = json!(["safeguarding", "equity-in-access", "learning-culture"]);
    let own = hand.evidence(SYSTEM, &scope, &minutes);
    hand.publish(&own, &own);
    let alone = read_for(hand.0.world.log());
    for _ in 0..400 {
        hand.evidence("provider/1-101", &json!(["safeguarding"]), &minutes);
    }
    let entries = hand.0.world.log();
    println!("{alone} entries are read of {}", entries.len());
    assert_eq!(read_for(entries), alone);
}

/// Now, and every moment at which something was published, transcribed or withdrawn.
fn moments(log: &Log) -> Vec<KnownAt> {
    let mut moments = vec![KnownAt::Now];
    let take = |reading: replay::Reading| {
        if reading.recorded.event.name().starts_with("rating.") {
            moments.push(KnownAt::Sequence(reading.recorded.sequence));
        }
    };
    log.read(KnownAt::Now, &mut quiet, take).expect("read");
    moments
}

#[test]
fn every_scenario_of_the_rule_tables_is_explained() {
    let tables = tables();
    let (mut seen, mut coverage) = (Seen::default(), Coverage::default());
    for scenario in &tables.scenarios {
        let entries = run(&tables, scenario, false, &mut coverage).unwrap_or_else(|what| panic!("{what}"));
        let Some((log, _)) = log_of(entries) else { continue };
        for known_at in moments(&log) {
            let ((whole,), head) = log.replayed::<(Register,)>(known_at, &mut quiet).expect("folded");
            let last = head.length.last_sequence().expect("an entry");
            let today = Date::in_london(log.at(&[last]).expect("read")[0].recorded.recorded_time);
            for (subject, _) in whole.areas().filter(|(subject, _)| whole.has_results(subject)) {
                println!("{} {}: {subject} on {today} known at {known_at}", scenario.place, scenario.name);
                seen.hold(&log, &whole, subject, today, known_at);
                seen.hold(&log, &whole, subject, today.plus_days(400), known_at);
            }
        }
    }
    seen.provenance();
    println!("{} explanations, {} lines, {:?}", seen.explanations, seen.lines, seen.kinds);
    let wanted = [
        "incomplete",
        "as printed",
        "carried forward",
        "mapped",
        "categories",
        "theme ratings",
        "breach",
        "limiter",
        "challenge",
        "changed",
        "moderated",
        "review",
        "replaced",
        "correction",
        "withdrawn result",
    ];
    for kind in wanted {
        assert!(seen.kinds.contains(kind), "no scenario shows: {kind}");
    }
}

#[test]
fn the_record_that_ships_and_the_example_are_explained() {
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("demo");
    let mut demo = std::process::Command::new(&built().ledger);
    let output = demo.arg("demo").arg("--data").arg(&dir).output().expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let schema = jsonschema::validator_for(&generated()["explanation.json"]).expect("a schema");
    let mut seen = Seen::default();
    let mut rated = 0;
    for (dir, day) in [(dir.clone(), "2026-07-01"), (scratch.path().join("demo-example"), "2027-09-29")] {
        let log = Log::open(&dir).expect("a log");
        let ((whole,), _) = log.replayed::<(Register,)>(KnownAt::Now, &mut quiet).expect("folded");
        let day: Date = day.parse().expect("a date");
        for (subject, _) in whole.areas().filter(|(subject, _)| whole.has_results(subject)) {
            seen.hold(&log, &whole, subject, day, KnownAt::Now);
            let value = serde_json::to_value(explained(&log, subject, day, KnownAt::Now)).expect("JSON");
            let faults: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(faults.is_empty(), "{subject}: {faults:?}");
            rated += usize::from(!value["calculation"].is_null());
        }
    }
    seen.provenance();
    println!("{} explanations, {rated} calculated, {} lines", seen.explanations, seen.lines);
    assert!(rated >= 69, "every fully scored result is calculated: {rated}");
}

const SYSTEM: &str = "ics/E54000029";
const YORK: &str = "local-authority/E06000014";

/// A history made by hand: a method that rounds half up and has a limiter, and evidence of another subject.
struct ByHand(History);

impl ByHand {
    /// Gives a command that is recorded, and returns its first entry.
    fn give(&mut self, actor: &str, command: &str, subject: &str, data: Value) -> String {
        let at = self.0.world.head().length.0;
        let refused = self.0.give(actor, command, subject, data);
        assert!(refused.is_none(), "{command}: {refused:?}");
        self.0.world.pass_a_minute();
        format!("{at:016}")
    }

    fn evidence(&mut self, subject: &str, statements: &Value, document: &Value) -> String {
        let data = json!({"statements":statements,"category":"processes","wave":"held","site":"off-site",
            "source":"staff","documents":[document]});
        self.give("assessor-1", "evidence.submit", subject, data)
    }

    fn method(&mut self) {
        let shipped = ledger_core::shipped::frameworks().expect("frameworks");
        let found =
            shipped.iter().find(|one| one.framework.id.as_str() == "ics/2023-interim").expect("shipped");
        let mut framework = serde_json::to_value(&found.framework).expect("JSON");
        let statement = |id: &str| json!({"id":id,"name":id});
        let statements = ["safeguarding", "equity-in-access", "learning-culture"].map(statement);
        framework["id"] = json!("ics/half-up");
        framework["effective_from"] = json!("2023-01-01");
        framework["themes"] = json!([{"id":"only","name":"Only","statements":statements}]);
        framework["rounding"] = json!("half-up");
        framework["moderation"] = json!("optional");
        framework["limiters"] = json!([{"applies_to":"overall","when_rating":"requires-improvement",
            "any_score_at_most":2,"capped_at":"inadequate"}]);
        self.give("registrar-1", "framework.adopt", "national", json!({"framework":framework}));
    }

    /// Seven of twelve, 58.33: half-up 58, which requires improvement; the limiter makes it inadequate.
    fn publish(&mut self, own: &str, theirs: &str) {
        let scope = json!(["safeguarding", "equity-in-access", "learning-culture"]);
        let open =
            json!({"framework":"ics/half-up","phase":"baseline","cause":"schedule","statements":scope});
        let assessment = self.give("assessor-1", "assessment.open", SYSTEM, open);
        for (statement, score) in [("safeguarding", 3), ("equity-in-access", 2), ("learning-culture", 2)] {
            let evidence = if statement == "safeguarding" { json!([own, theirs]) } else { json!([own]) };
            let data =
                json!({"assessment":assessment,"statement":statement,"score":score,"evidence":evidence});
            self.give("assessor-1", "score.assign", SYSTEM, data);
        }
        let draft = self.give("assessor-1", "draft.share", SYSTEM, json!({"assessment":assessment}));
        for partner in ["board-1", "partnership-1"] {
            self.give(partner, "accuracy.confirm", SYSTEM, json!({"draft":draft}));
        }
        let words = self.0.world.document("words");
        let findings = json!({"assessment":assessment,"narrative":words});
        self.give("publisher-1", "findings.publish", SYSTEM, findings);
        let stated = json!({"assessment":assessment,"percent":58,"rating":"inadequate"});
        self.give("publisher-1", "rating.publish", SYSTEM, stated);
    }
}

#[test]
fn what_became_of_evidence_is_said_from_when_it_is_known() {
    let mut hand = ByHand(History::new(1));
    hand.method();
    let (minutes, letter) = (hand.0.world.document("minutes"), hand.0.world.document("letter"));
    let scope = json!(["safeguarding", "equity-in-access", "learning-culture"]);
    let own = hand.evidence(SYSTEM, &scope, &minutes);
    let theirs = hand.evidence(YORK, &json!(["safeguarding"]), &letter);
    let share = json!({"evidence":theirs,"subject":SYSTEM,"purpose":"assessment"});
    hand.give("assessor-1", "evidence.share", YORK, share);
    hand.publish(&own, &theirs);
    let published = KnownAt::Sequence(Sequence::new(hand.0.world.head().length.0 - 1));
    let erase = |document: &Value, cited_by: &str| json!({"commitment":document["commitment"],"cited_by":cited_by,"legal_basis":"uk-gdpr-article-17"});
    let correct = json!({"corrects":own,"field":"category","was":"processes","now":"outcomes"});
    let corrected = hand.give("registrar-1", "correction.record", SYSTEM, correct);
    hand.give("operator-1", "document.erase", SYSTEM, erase(&minutes, &own));
    hand.give("operator-1", "document.erase", YORK, erase(&letter, &theirs));
    let reason = hand.0.world.document("reason");
    let withdrawn =
        hand.give("assessor-1", "evidence.withdraw", YORK, json!({"evidence":theirs,"reason":reason}));

    let log = Log::over(hand.0.world.ledger().store()).expect("a log");
    let (subject, day) = (SYSTEM.parse().expect("a subject"), "2023-12-02".parse().expect("a date"));
    let mut seen = Seen::default();
    let later = [
        "corrected category: was processes, now outcomes by registrar-1, 2023-12-01T09:".to_owned(),
        "documents *erased on 2023-12-01 under uk-gdpr-article-17* [".to_owned(),
        format!("evidence {own} outcomes (held, off-site, staff), *erased*"),
        format!("evidence {theirs} processes (held, off-site, staff), *withdrawn*, *erased*"),
        format!("[{corrected}]"),
        format!("[{withdrawn}]"),
        "but: rests on withdrawn evidence".to_owned(),
    ];
    for (known_at, known) in [(published, false), (KnownAt::Now, true)] {
        let ((whole,), _) = log.replayed::<(Register,)>(known_at, &mut quiet).expect("folded");
        seen.hold(&log, &whole, &subject, day, known_at);
        let text = explained(&log, &subject, day, known_at).text();
        for line in [
            "overall: inadequate, 58 %",
            "  3+2+2 = 7 of 3*4 = 12",
            "  floor((200*7+12)/(2*12)) = 58 -> requires improvement (39 to 62)",
            "  limited from requires improvement -> inadequate",
        ] {
            assert!(text.lines().any(|one| one == line), "{line}\n{text}");
        }
        assert!(text.contains("evidence of local-authority/E06000014, shared in entry"), "{text}");
        for line in &later {
            assert_eq!(text.contains(line), known, "{line}\n{text}");
        }
    }
    seen.provenance();
    for kind in ["erased", "corrected evidence", "shared evidence", "withdrawn evidence", "open trigger"] {
        assert!(seen.kinds.contains(kind), "not seen: {kind}");
    }
}

#[test]
fn a_statement_alone_and_a_statement_that_is_none() {
    let mut history = History::new(3);
    history.go_on(300);
    let log = Log::over(history.world.ledger().store()).expect("a log");
    let ((whole,), _) = log.replayed::<(Register,)>(KnownAt::Now, &mut quiet).expect("folded");
    let today = Date::in_london(history.world.now());
    let has_score = |subject: &&Subject| !whole.rating(subject, today).statements.is_empty();
    let subject = whole.areas().map(|(subject, _)| subject).find(has_score).expect("a result").clone();
    let read = SubjectHistory::read(&log, &subject, KnownAt::Now, &mut quiet).expect("read");
    let explain = |statement: &str| {
        let only = statement.parse().expect("a statement");
        Explanation::read(&log, &read, today, KnownAt::Now, Some(&only), &mut quiet).expect("read")
    };
    let all = explained(&log, &subject, today, KnownAt::Now);
    let scored = all.themes.iter().flat_map(|theme| &theme.statements).find(|one| one.score.is_some());
    let scored = scored.expect("a score");
    let alone = explain(scored.statement.as_str()).expect("it is a statement of the method");
    let statements: Vec<_> = alone.themes.iter().flat_map(|theme| &theme.statements).collect();
    assert_eq!(statements, [scored]);
    assert_eq!((alone.rating, &alone.calculation), (all.rating, &all.calculation));
    assert!(alone.entries.len() <= all.entries.len() && alone.evidence.len() <= all.evidence.len());
    assert_eq!(explain("no-such-statement"), None);
}

/// The check itself: it takes what is right and refuses each line that is not.
#[test]
fn arithmetic_that_is_wrong_is_refused() {
    let scores = [("safeguarding".to_owned(), 1), ("consent".to_owned(), 3)].into();
    let works = |lines: &str| {
        let lines: Vec<String> = lines.split(" | ").map(str::to_owned).collect();
        calculation(&lines, &scores).map(|out| out.rating)
    };
    let added = "2+3+2+2+3+2+2+2+3 = 21 of 9*4 = 36";
    let key_questions = "key questions: 0 inadequate, 1 requires improvement, 4 good, 0 outstanding";
    let good = "3+1+4 = 8 of 3*4 = 12 | ceil(100*8/12) = 67 -> good (63 to 87)";
    let fires = "limiter: band good with a score of at most 1 (safeguarding) -> at most requires improvement";
    let limited = "limited from good -> requires improvement";
    let breach =
        "breach of regulation-12 in findings 0000000000000071: at most requires improvement, good before -> ";
    for (lines, rating) in [
        (
            format!("{added} | ceil(100*21/36) = 59 -> requires improvement (39 to 62)"),
            "requires improvement",
        ),
        (
            format!("{added} | floor((200*21+36)/(2*36)) = 58 -> requires improvement (39 to 62)"),
            "requires improvement",
        ),
        ("3+3 = 6 of 2*4 = 8 | ceil(100*6/8) = 75 -> good (63 to 87), a score of 3".to_owned(), "good"),
        (format!("{key_questions} | neither of these -> good"), "good"),
        (format!("{good} | {fires} | {limited}"), "requires improvement"),
        (
            format!("{key_questions} | neither of these -> good | {breach}requires improvement"),
            "requires improvement",
        ),
    ] {
        assert_eq!(works(&lines).as_deref(), Ok(rating), "{lines}");
    }
    for lines in [
        format!("{added} | ceil(100*21/36) = 58 -> requires improvement (39 to 62)"),
        format!("{added} | floor((200*21+36)/(2*36)) = 59 -> requires improvement (39 to 62)"),
        format!("{added} | ceil(100*21/36) = 59 -> good (63 to 87)"),
        format!("{added} | ceil(100*22/36) = 62 -> requires improvement (39 to 62)"),
        added.replace("= 21", "= 22") + " | ceil(100*22/36) = 62 -> requires improvement (39 to 62)",
        added.replace("9*4", "8*4") + " | ceil(100*21/36) = 59 -> requires improvement (39 to 62)",
        added.replace("2+3", "5+0") + " | ceil(100*21/36) = 59 -> requires improvement (39 to 62)",
        "3+3 = 6 of 2*4 = 8 | ceil(100*6/8) = 75 -> good (63 to 87), a score of 2".to_owned(),
        format!(
            "{key_questions} | one inadequate, or two or more requires improvement -> requires improvement"
        ),
        format!("{} | neither of these -> good", key_questions.replace("4 good", "3 good")),
        format!("{good} | {} | {limited}", fires.replace("safeguarding", "consent")),
        format!("{good} | {} | {limited}", fires.replace("band good", "band outstanding")),
        format!("{good} | {fires} | limited from good -> inadequate"),
        format!("{key_questions} | neither of these -> good | {breach}good"),
        format!("{good} | and something else"),
    ] {
        assert!(works(&lines).is_err(), "{lines}");
    }
}
