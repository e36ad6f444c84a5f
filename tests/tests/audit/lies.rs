//! The table of lies: each is told in a valid history, and must be found with its code at its entry.

use ledger_core::log::{Algorithm, AuthType, Entry, SigningKey};
use ledger_core::values::{Hash, SubjectVersion, Timestamp};
use ledger_tests::run::prepared;
use ledger_tests::time::{MINUTE, after, instant};
use ledger_tests::world::{Envelope, Outcome, World};
use serde_json::{Value, json};

use super::forged::Forged;

const SYSTEM: &str = "ics/E54000029";
const YORK: &str = "local-authority/E06000014";
const DAY: i64 = 24 * 60 * MINUTE;

/// A lie and how it is found out.
pub struct Lie {
    pub name: &'static str,
    /// The valid history it is told in.
    pub history: fn() -> World,
    pub tell: fn(&mut Forged),
    pub code: &'static str,
    /// The event at which it is found, and which of its kind.
    pub at: (&'static str, usize),
    /// Whether the recount finds it too.
    pub recounted: bool,
}

fn give(world: &mut World, actor: &str, command: &str, subject: &str, data: Value) {
    let line = world.line(actor, command, subject, data, &Envelope::default());
    let outcome = world.submit(line.to_string().as_bytes());
    assert!(matches!(outcome, Outcome::Recorded(_)), "{command}: {outcome:?}");
    world.pass_a_minute();
}

fn last(world: &World) -> Value {
    format!("{:016}", world.head().length.0 - 1).into()
}

fn place(world: &World, event: &str) -> Value {
    Forged::of(&world.log()).name(event, 0)
}

fn york_rated() -> World {
    prepared("York is rated")
}

fn york_findings() -> World {
    prepared("York's findings are published")
}

/// York with two scores of 1, published, so that R5 fires.
fn york_triggered() -> World {
    let mut world = prepared("York is rated with a score of 1");
    let assessment = place(&world, "assessment.opened");
    let data = json!({"assessment":assessment,"percent":59,"rating":"requires-improvement"});
    give(&mut world, "publisher-1", "rating.publish", YORK, data);
    world
}

fn york_reviewed() -> World {
    let mut world = prepared("a review of York is asked for");
    let evidence = place(&world, "evidence.submitted");
    let (review, reason) = (last(&world), world.document("why"));
    let rescore = json!({"statement":"safeguarding","score":3,"evidence":[evidence]});
    let data = json!({"review":review,"outcome":"scores-changed","rescores":[rescore],"reason":reason});
    give(&mut world, "reviewer-1", "review.decide", YORK, data);
    world
}

/// A system's draft, whose window is over, and its findings.
fn window_over() -> World {
    let mut world = prepared("a shared draft");
    world.set_time(after(world.now(), 40 * DAY));
    let (assessment, narrative) = (place(&world, "assessment.opened"), world.document("words"));
    let data = json!({"assessment":assessment,"narrative":narrative});
    give(&mut world, "publisher-1", "findings.publish", SYSTEM, data);
    world
}

fn system_rated() -> World {
    prepared("a system was rated on evidence")
}

fn moderated() -> World {
    prepared("a moderated assessment")
}

fn shared() -> World {
    prepared("a shared draft")
}

/// A comment on a draft as the last entry.
fn challenged() -> World {
    let mut world = prepared("a shared draft");
    let (draft, comment) = (place(&world, "draft.shared"), world.document("comment"));
    let data = json!({"draft":draft,"ground":"omission","statement":"safeguarding","comment":comment});
    give(&mut world, "board-1", "accuracy.challenge", SYSTEM, data);
    world
}

fn decided() -> World {
    let mut world = challenged();
    let (challenge, reason) = (last(&world), world.document("why"));
    let data = json!({"challenge":challenge,"outcome":"score-changed","reason":reason,
        "rescore":{"statement":"safeguarding","score":3}});
    give(&mut world, "decider-1", "accuracy.decide", SYSTEM, data);
    world
}

/// A decided challenge, and findings after the window.
fn published_after_challenge() -> World {
    let mut world = decided();
    world.set_time(after(world.now(), 40 * DAY));
    let (assessment, narrative) = (place(&world, "assessment.opened"), world.document("words"));
    let data = json!({"assessment":assessment,"narrative":narrative});
    give(&mut world, "publisher-1", "findings.publish", SYSTEM, data);
    world
}

/// Scored on evidence of its own after other evidence was withdrawn and a document erased.
fn withdrawn_before_scoring() -> World {
    let mut world = prepared("an open assessment");
    let (first, assessment) = (last(&world), place(&world, "assessment.opened"));
    let (reason, document) = (world.document("why"), world.document("other"));
    let evidence = json!({"statements":["safeguarding"],"category":"processes","wave":"held","site":"off-site",
        "source":"staff","documents":[document]});
    give(&mut world, "assessor-1", "evidence.submit", SYSTEM, evidence.clone());
    let second = last(&world);
    give(&mut world, "assessor-1", "evidence.submit", SYSTEM, evidence);
    give(&mut world, "assessor-1", "evidence.withdraw", SYSTEM, json!({"evidence":second,"reason":reason}));
    let erase =
        json!({"commitment":document["commitment"],"cited_by":second,"legal_basis":"uk-gdpr-article-17"});
    give(&mut world, "operator-1", "document.erase", SYSTEM, erase);
    let score = json!({"assessment":assessment,"statement":"safeguarding","score":2,"evidence":[first]});
    give(&mut world, "assessor-1", "score.assign", SYSTEM, score);
    world
}

fn corrected() -> World {
    let mut world = prepared("a transcribed result");
    let data = json!({"corrects":last(&world),"field":"score","statement":"safeguarding","was":2,"now":3});
    give(&mut world, "analyst-1", "correction.record", "local-authority/E09000002", data);
    world
}

/// A pause of providers and the revocation of somebody who did nothing, before York is assessed.
fn york_after_a_pause() -> World {
    let mut world = prepared("the country");
    give(
        &mut world,
        "registrar-1",
        "methodology.approve",
        "national",
        json!({"framework":"local-authority/2025"}),
    );
    give(&mut world, "registrar-1", "programme.pause", "national", json!({"kind":"provider"}));
    give(&mut world, "operator-1", "actor.revoke", "actor/stray-1", json!({}));
    world.set_time(instant("2025-07-01T09:00"));
    let data = json!({"framework":"local-authority/2025","phase":"formal","cause":"schedule"});
    give(&mut world, "assessor-1", "assessment.open", YORK, data);
    world
}

fn concern_raised() -> World {
    let mut world = prepared("the country");
    let data = json!({"severity":"immediate","statements":["safeguarding"],"source":"staff",
        "account":world.document("account")});
    give(&mut world, "analyst-1", "concern.raise", SYSTEM, data);
    world
}

fn asked() -> World {
    let mut world = prepared("the country");
    let data = json!({"statement":"safeguarding","category":"processes","organisation":"board/E54000029","due":"2026-01-01"});
    give(&mut world, "assessor-1", "evidence.request", SYSTEM, data);
    let data = json!({"statements":["safeguarding"],"category":"processes","wave":"requested","site":"off-site",
        "source":"organisation","organisation":"board/E54000029","answers":last(&world)});
    give(&mut world, "board-1", "evidence.submit", SYSTEM, data);
    world
}

/// A key, a witness that comes and goes, and two attestations around a concern.
fn proved() -> World {
    let mut world = prepared("the country");
    for seed in [1, 2] {
        give(&mut world, "operator-1", "key.rotate", "ledger", json!({"key":key(seed)}));
    }
    let witness = json!({"key":WITNESS,"url":"https://witness.example"});
    give(&mut world, "operator-1", "witness.add", "ledger", witness);
    give(&mut world, "auditor-1", "subjects.attest", "attestation", json!({}));
    let data = json!({"severity":"low","statements":["safeguarding"],"source":"staff",
        "account":world.document("account")});
    give(&mut world, "analyst-1", "concern.raise", SYSTEM, data);
    give(&mut world, "operator-1", "subjects.attest", "attestation", json!({}));
    give(&mut world, "operator-1", "witness.remove", "ledger", json!({"key":WITNESS}));
    world
}

const WITNESS: &str = "witness.example+da76602f+BG56HN0psLeP0Tr0xVmP7/TvKpcWbjym8uT7/M2AUFvx";

/// A key of the tables' ledger.
fn key(seed: u8) -> String {
    let key = SigningKey::new("ledger.example/rules", Algorithm::Ed25519, &[seed; 32]).expect("a key");
    key.verifier().to_string()
}

fn at(entry: &mut Entry, time: Timestamp) {
    (entry.time, entry.recorded_time) = (time, time);
}

const fn lie(
    name: &'static str,
    history: fn() -> World,
    tell: fn(&mut Forged),
    code: &'static str,
    at: (&'static str, usize),
) -> Lie {
    Lie { name, history, tell, code, at, recounted: false }
}

const fn recounted(
    name: &'static str,
    history: fn() -> World,
    tell: fn(&mut Forged),
    code: &'static str,
    at: (&'static str, usize),
) -> Lie {
    Lie { recounted: true, ..lie(name, history, tell, code, at) }
}

/// Every lie.
pub fn all() -> impl Iterator<Item = &'static Lie> {
    let tables = [
        ABOUT_THE_CHAIN,
        ABOUT_PROOF,
        ABOUT_PEOPLE,
        ABOUT_SCORES,
        ABOUT_DRAFTS,
        ABOUT_RESULTS,
        ABOUT_CONSEQUENCES,
    ];
    tables.into_iter().flatten()
}

const ABOUT_THE_CHAIN: &[Lie] = &[
    lie(
        "a link to another entry",
        york_rated,
        |log| log.twist("score.assigned", 3, |entry| entry.prev = Hash::of(b"another")),
        "chain_broken",
        ("score.assigned", 3),
    ),
    lie(
        "a position left out",
        york_rated,
        |log| log.twist("score.assigned", 3, |entry| entry.sequence = entry.sequence.next()),
        "sequence_wrong",
        ("score.assigned", 3),
    ),
    lie(
        "a subject version used twice",
        york_rated,
        |log| {
            log.twist("score.assigned", 3, |entry| {
                entry.subject_version = SubjectVersion::new(entry.subject_version.get() - 1).expect("small");
            });
        },
        "subject_history_broken",
        ("score.assigned", 3),
    ),
    lie(
        "a previous entry of the subject passed over",
        york_rated,
        |log| {
            log.twist("score.assigned", 3, |entry| {
                entry.subject_prev = Some(ledger_core::values::Sequence::new(1))
            });
        },
        "subject_history_broken",
        ("score.assigned", 3),
    ),
    lie(
        "a recorded time before the last",
        york_rated,
        |log| {
            at(log.entry("score.assigned", 3), instant("2024-01-01T00:00"));
        },
        "time_backwards",
        ("score.assigned", 3),
    ),
    lie(
        "a time after the recording",
        york_rated,
        |log| {
            let entry = log.entry("score.assigned", 3);
            entry.time = after(entry.recorded_time, MINUTE);
        },
        "time_ahead",
        ("score.assigned", 3),
    ),
    lie(
        "another spelling",
        york_rated,
        |log| log.space("score.assigned", 3),
        "not_an_entry",
        ("score.assigned", 3),
    ),
    lie(
        "a score of 5",
        york_rated,
        |log| log.set("score.assigned", 3, "score", json!(5)),
        "schema_unfit",
        ("score.assigned", 3),
    ),
    lie(
        "a field nobody knows",
        york_rated,
        |log| log.set("score.assigned", 3, "mood", json!("good")),
        "schema_unfit",
        ("score.assigned", 3),
    ),
    lie(
        "an entry of another ledger",
        york_rated,
        |log| log.entry("score.assigned", 3).source.push_str("/other"),
        "source_differs",
        ("score.assigned", 3),
    ),
    lie(
        "a command's id given again",
        york_rated,
        |log| {
            let id = log.entry("score.assigned", 1).id;
            log.entry("score.assigned", 3).id = id;
        },
        "command_id_reused",
        ("score.assigned", 3),
    ),
    lie(
        "a consequence of another command",
        york_triggered,
        |log| log.entry("assessment.triggered", 0).command_hash = Hash::of(b"another"),
        "command_split",
        ("assessment.triggered", 0),
    ),
    lie(
        "an entry put to another assessment",
        york_rated,
        |log| log.entry("score.assigned", 3).correlation = Some("0000000000000001".to_owned()),
        "assessment_differs",
        ("score.assigned", 3),
    ),
    lie(
        "another founder",
        york_rated,
        |log| log.set("log.founded", 0, "operator", json!("operator-2")),
        "command_hash_differs",
        ("log.founded", 0),
    ),
];

const ABOUT_PROOF: &[Lie] = &[
    lie(
        "an attestation of other histories",
        proved,
        |log| log.set("subjects.attested", 1, "root", json!("0".repeat(64))),
        "attestation_false",
        ("subjects.attested", 1),
    ),
    lie(
        "an attestation of fewer subjects",
        proved,
        |log| log.set("subjects.attested", 0, "subjects", json!(1)),
        "attestation_false",
        ("subjects.attested", 0),
    ),
    lie(
        "an attestation of more entries",
        proved,
        |log| log.set("subjects.attested", 0, "size", json!(4_000)),
        "attestation_false",
        ("subjects.attested", 0),
    ),
    lie(
        "an entry taken out before an attestation",
        proved,
        |log| {
            let at = log.find("concern.raised", 0);
            log.entries.remove(at);
            // The forger numbers what follows anew, and knows that the size is the entry's own position.
            let size = log.get("subjects.attested", 1, "size").as_u64().expect("a number");
            log.set("subjects.attested", 1, "size", json!(size - 1));
        },
        "attestation_false",
        ("concern.raised", 0),
    ),
    recounted(
        "an attestation by someone who may not",
        proved,
        |log| log.entry("subjects.attested", 0).auth_id = "analyst-1".to_owned(),
        "role_missing",
        ("subjects.attested", 0),
    ),
    lie(
        "an attestation by the ledger itself before it was due",
        proved,
        |log| {
            let entry = log.entry("subjects.attested", 0);
            (entry.auth_type, entry.auth_id) = (AuthType::System, "system".to_owned());
        },
        "author_unfit",
        ("subjects.attested", 0),
    ),
    lie(
        "a key of another name",
        proved,
        |log| {
            let other = SigningKey::new("other.example", Algorithm::Ed25519, &[1; 32]).expect("a key");
            log.set("key.introduced", 0, "key", json!(other.verifier()));
        },
        "key_unfit",
        ("key.introduced", 0),
    ),
    lie(
        "a key introduced twice",
        proved,
        |log| log.set("key.introduced", 1, "key", json!(key(1))),
        "key_known",
        ("key.introduced", 1),
    ),
    lie(
        "another key retired than the one replaced",
        proved,
        |log| log.set("key.retired", 0, "key", json!(key(3))),
        "event_differs",
        ("key.retired", 0),
    ),
    lie(
        "a key that stays beside its successor",
        proved,
        |log| {
            let at = log.find("key.retired", 0);
            log.entries.remove(at);
        },
        "consequence_missing",
        ("key.introduced", 1),
    ),
    recounted(
        "a key introduced by someone who may not",
        proved,
        |log| log.entry("key.introduced", 0).auth_id = "analyst-1".to_owned(),
        "role_missing",
        ("key.introduced", 0),
    ),
    lie(
        "a witness that nobody added",
        proved,
        |log| {
            log.set(
                "witness.removed",
                0,
                "key",
                json!("witness.example+553fe6a9+BIqHX/8es4RRV3rNWv7kBUVlaN18ieCQhjoFV7x69J8X"),
            )
        },
        "witness_unknown",
        ("witness.removed", 0),
    ),
];

const ABOUT_PEOPLE: &[Lie] = &[
    recounted(
        "a publisher who scored",
        york_rated,
        |log| {
            for (event, nth) in [("score.assigned", 2), ("rating.published", 0)] {
                log.entry(event, nth).auth_id = "everything-1".to_owned();
            }
        },
        "duties_not_separate",
        ("rating.published", 0),
    ),
    recounted(
        "a moderator who scored",
        moderated,
        |log| {
            for (event, nth) in [("score.assigned", 0), ("score.moderated", 0)] {
                log.entry(event, nth).auth_id = "everything-1".to_owned();
            }
        },
        "duties_not_separate",
        ("score.moderated", 0),
    ),
    recounted(
        "a panel member who scored",
        moderated,
        |log| log.set("score.moderated", 0, "panel", json!(["assessor-1"])),
        "duties_not_separate",
        ("score.moderated", 0),
    ),
    recounted(
        "a challenge decided by who scored",
        decided,
        |log| {
            for (event, nth) in [("score.assigned", 0), ("accuracy.decided", 0), ("score.changed", 0)] {
                log.entry(event, nth).auth_id = "everything-1".to_owned();
            }
        },
        "duties_not_separate",
        ("accuracy.decided", 0),
    ),
    recounted(
        "a review decided by who scored",
        york_reviewed,
        |log| {
            for (event, nth) in [("score.assigned", 2), ("review.decided", 0), ("score.changed", 0)] {
                log.entry(event, nth).auth_id = "everything-1".to_owned();
            }
        },
        "duties_not_separate",
        ("review.decided", 0),
    ),
    recounted(
        "an actor who was revoked",
        york_after_a_pause,
        |log| {
            log.set("actor.revoked", 0, "actor", json!("assessor-1"));
            log.entry("actor.revoked", 0).subject = "actor/assessor-1".to_owned();
        },
        "actor_revoked",
        ("assessment.opened", 0),
    ),
    recounted(
        "a role that was never given",
        york_rated,
        |log| log.entry("score.assigned", 2).auth_id = "auditor-1".to_owned(),
        "role_missing",
        ("score.assigned", 2),
    ),
    recounted(
        "a role that was taken away",
        york_rated,
        |log| {
            let enrolled =
                log.entries.iter().position(|entry| entry.subject == "actor/publisher-1").expect("one");
            log.entries[enrolled].data = br#"{"roles":["auditor"]}"#.to_vec();
        },
        "role_missing",
        ("rating.published", 0),
    ),
    recounted(
        "an actor nobody enrolled",
        york_rated,
        |log| log.entry("score.assigned", 2).auth_id = "nobody-1".to_owned(),
        "actor_unknown",
        ("score.assigned", 2),
    ),
    recounted(
        "an actor in the ledger's own name",
        york_triggered,
        |log| {
            let entry = log.entry("assessment.triggered", 0);
            (entry.auth_type, entry.auth_id) = (AuthType::Unknown, "analyst-1".to_owned());
        },
        "author_unfit",
        ("assessment.triggered", 0),
    ),
    recounted(
        "the ledger in an actor's place",
        york_rated,
        |log| {
            let entry = log.entry("score.assigned", 2);
            (entry.auth_type, entry.auth_id) = (AuthType::System, "system".to_owned());
        },
        "author_unfit",
        ("score.assigned", 2),
    ),
    lie(
        "a confirmation for another organisation",
        york_findings,
        |log| log.set("accuracy.confirmed", 0, "organisation", json!("authority/E09000002")),
        "event_differs",
        ("accuracy.confirmed", 0),
    ),
];

const ABOUT_SCORES: &[Lie] = &[
    lie(
        "a category changed afterwards, and nothing else",
        york_rated,
        |log| log.set("evidence.submitted", 0, "category", json!("feedback-from-partners")),
        "command_hash_differs",
        ("evidence.submitted", 0),
    ),
    lie(
        "evidence of another subject that was not shared",
        system_rated,
        |log| {
            for nth in 0..2 {
                log.set("evidence.shared", nth, "subject", json!(YORK));
            }
        },
        "evidence_not_shared",
        ("score.assigned", 1),
    ),
    lie(
        "evidence withdrawn before",
        withdrawn_before_scoring,
        |log| {
            let cited = log.name("evidence.submitted", 0);
            log.set("evidence.withdrawn", 0, "evidence", cited);
        },
        "evidence_withdrawn",
        ("score.assigned", 0),
    ),
    lie(
        "evidence whose document was erased",
        withdrawn_before_scoring,
        |log| {
            let (cited, documents) =
                (log.name("evidence.submitted", 0), log.get("evidence.submitted", 0, "documents"));
            log.set("document.erased", 0, "cited_by", cited);
            log.set("document.erased", 0, "commitment", documents[0]["commitment"].clone());
        },
        "evidence_erased",
        ("score.assigned", 0),
    ),
    lie(
        "a document cited after it was erased",
        withdrawn_before_scoring,
        |log| {
            let documents = log.get("evidence.submitted", 1, "documents");
            log.set("score.assigned", 0, "rationale", documents[0].clone());
        },
        "document_missing",
        ("score.assigned", 0),
    ),
    lie(
        "a provider's rating alone",
        york_rated,
        |log| {
            let result = json!({"kind":"provider-rating","provider":"provider/1-101","rating":"good"});
            log.set("evidence.submitted", 0, "result", result);
        },
        "evidence_only_provider_ratings",
        ("score.assigned", 0),
    ),
    lie(
        "evidence about something else",
        york_rated,
        |log| log.set("evidence.submitted", 0, "statements", json!(["safeguarding"])),
        "evidence_unrelated",
        ("score.assigned", 0),
    ),
    lie(
        "a citation of what is no evidence",
        york_rated,
        |log| log.set("score.assigned", 2, "evidence", json!(["0000000000000003"])),
        "entry_unfit",
        ("score.assigned", 2),
    ),
    lie(
        "a citation of what comes later",
        york_rated,
        |log| {
            let later = log.name("draft.shared", 0);
            log.set("score.assigned", 2, "evidence", json!([later]));
        },
        "entry_unknown",
        ("score.assigned", 2),
    ),
    lie(
        "a score given twice",
        york_rated,
        |log| {
            let statement = log.get("score.assigned", 1, "statement");
            log.set("score.assigned", 2, "statement", statement);
        },
        "already_scored",
        ("score.assigned", 2),
    ),
    lie(
        "a method nobody approved",
        york_after_a_pause,
        |log| log.set("methodology.approved", 0, "framework", json!("provider/2024-12")),
        "methodology_not_approved",
        ("assessment.opened", 0),
    ),
    lie(
        "a paused programme",
        york_after_a_pause,
        |log| log.set("programme.paused", 0, "kind", json!("local-authority")),
        "programme_paused",
        ("assessment.opened", 0),
    ),
    lie(
        "a correction of what did not stand",
        corrected,
        |log| log.set("correction.recorded", 0, "was", json!(4)),
        "was_differs",
        ("correction.recorded", 0),
    ),
];

const ABOUT_DRAFTS: &[Lie] = &[
    recounted(
        "findings before the window closed",
        window_over,
        |log| {
            let soon = after(log.entry("draft.shared", 0).recorded_time, 2 * DAY);
            at(log.entry("findings.published", 0), soon);
        },
        "window_open",
        ("findings.published", 0),
    ),
    recounted(
        "a confirmation that was not given",
        york_findings,
        |log| log.set("accuracy.confirmed", 0, "organisation", json!("authority/E09000002")),
        "window_open",
        ("findings.published", 0),
    ),
    recounted(
        "a bank holiday that came later",
        york_rated,
        |log| {
            let mut holidays = log.get("holiday.proclaimed", 0, "holidays");
            holidays.as_array_mut().expect("a list").push(json!({"date":"2025-07-07","name":"A holiday"}));
            log.set("holiday.proclaimed", 0, "holidays", holidays);
        },
        "window_miscounted",
        ("draft.shared", 0),
    ),
    recounted(
        "a window cut short",
        york_rated,
        |log| log.set("draft.shared", 0, "closes", json!("2025-07-02")),
        "window_miscounted",
        ("draft.shared", 0),
    ),
    recounted(
        "a comment after the window",
        challenged,
        |log| {
            let late = after(log.entry("draft.shared", 0).recorded_time, 60 * DAY);
            at(log.entry("accuracy.challenged", 0), late);
        },
        "challenge_late",
        ("accuracy.challenged", 0),
    ),
    recounted(
        "a challenge left undecided",
        published_after_challenge,
        |log| {
            let draft = log.name("draft.shared", 0);
            let entry = log.entry("accuracy.decided", 0);
            entry.event_type = "ledger.accuracy.confirmed.v1".to_owned();
            entry.data =
                serde_jcs::to_vec(&json!({"draft":draft,"organisation":"board/E54000029"})).expect("JCS");
        },
        "challenges_undecided",
        ("findings.published", 0),
    ),
    recounted(
        "a score no panel saw",
        shared,
        |log| {
            let (statement, entry) =
                (log.get("score.assigned", 0, "statement"), log.name("score.moderated", 0));
            log.set("score.moderated", 1, "statement", statement);
            log.set("score.moderated", 1, "moderates", entry);
        },
        "draft_unmoderated",
        ("draft.shared", 0),
    ),
    recounted(
        "a statement nobody scored",
        shared,
        |log| {
            let statements = json!(["equity-in-access", "learning-culture", "safeguarding"]);
            log.set("assessment.opened", 0, "statements", statements);
        },
        "draft_incomplete",
        ("draft.shared", 0),
    ),
    lie(
        "a draft that one of them never got",
        shared,
        |log| log.set("draft.shared", 0, "recipients", json!(["board/E54000029"])),
        "event_differs",
        ("draft.shared", 0),
    ),
    recounted(
        "a score moved after the draft",
        published_after_challenge,
        |log| {
            log.set("score.changed", 0, "cause", json!("reconsidered"));
            log.set("score.changed", 0, "decision", Value::Null);
        },
        "scores_moved",
        ("findings.published", 0),
    ),
];

const ABOUT_RESULTS: &[Lie] = &[
    recounted(
        "another percentage",
        york_rated,
        |log| log.set("rating.published", 0, "percent", json!(65)),
        "result_differs",
        ("rating.published", 0),
    ),
    recounted(
        "another rating",
        york_rated,
        |log| log.set("rating.published", 0, "rating", json!("outstanding")),
        "result_differs",
        ("rating.published", 0),
    ),
    recounted(
        "a score raised before the publication",
        york_rated,
        |log| log.set("score.assigned", 1, "score", json!(4)),
        "result_differs",
        ("rating.published", 0),
    ),
    recounted(
        "another rounding",
        york_rated,
        |log| {
            let nth = (0..5)
                .find(|nth| log.get("framework.adopted", *nth, "framework")["id"] == "local-authority/2025");
            let mut framework = log.get("framework.adopted", nth.expect("adopted"), "framework");
            framework["rounding"] = json!("half-up");
            log.set("framework.adopted", nth.expect("adopted"), "framework", framework);
            // 23 of 36 are 63.9 and round alike: another score makes it 61.1.
            log.set("score.assigned", 0, "score", json!(2));
            log.set("rating.published", 0, "percent", json!(62));
            log.set("rating.published", 0, "rating", json!("requires-improvement"));
        },
        "result_differs",
        ("rating.published", 0),
    ),
    recounted(
        "a score left out of a publication",
        york_rated,
        |log| {
            let mut scores = log.get("rating.published", 0, "scores");
            scores.as_array_mut().expect("a list").pop();
            log.set("rating.published", 0, "scores", scores);
        },
        "event_differs",
        ("rating.published", 0),
    ),
    recounted(
        "findings from another draft",
        york_rated,
        |log| {
            let other = log.name("evidence.submitted", 0);
            log.set("findings.published", 0, "draft", other);
        },
        "findings_missing",
        ("rating.published", 0),
    ),
    lie(
        "a rating nobody authorised",
        york_rated,
        |log| log.set("ratings.authorised", 1, "kind", json!("region")),
        "ratings_not_authorised",
        ("rating.published", 0),
    ),
    lie(
        "a priority that is not addressed",
        york_rated,
        |log| {
            let entry = log.entry("ratings.authorised", 0);
            entry.event_type = "ledger.priorities.published.v1".to_owned();
            entry.data = br#"{"kind":"local-authority","priorities":["dental-access"]}"#.to_vec();
        },
        "priority_not_addressed",
        ("findings.published", 0),
    ),
];

const ABOUT_CONSEQUENCES: &[Lie] = &[
    lie(
        "another count in a trigger",
        york_triggered,
        |log| {
            log.set(
                "assessment.triggered",
                0,
                "arithmetic",
                json!({"measure":"published-scores-of-1","found":3,"threshold":1}),
            );
        },
        "trigger_unjustified",
        ("assessment.triggered", 0),
    ),
    lie(
        "another cause of a trigger",
        york_triggered,
        |log| log.set("assessment.triggered", 0, "causes", json!(["0000000000000005"])),
        "trigger_unjustified",
        ("assessment.triggered", 0),
    ),
    lie(
        "a later day for a trigger",
        york_triggered,
        |log| log.set("assessment.triggered", 0, "due", json!("2025-09-01")),
        "trigger_unjustified",
        ("assessment.triggered", 0),
    ),
    lie(
        "a trigger kept quiet",
        york_triggered,
        |log| {
            log.entries.pop();
        },
        "consequence_missing",
        ("rating.published", 0),
    ),
    lie(
        "a trigger without a cause",
        concern_raised,
        |log| log.set("concern.raised", 0, "severity", json!("low")),
        "consequence_unfounded",
        ("assessment.triggered", 0),
    ),
    lie(
        "a request that is answered by nothing",
        asked,
        |log| log.set("evidence.submitted", 0, "answers", Value::Null),
        "consequence_unfounded",
        ("evidence.request-closed", 0),
    ),
];
