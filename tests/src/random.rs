//! Random histories: commands on a small world, biased to plausible ones, all from one printed seed.

use std::collections::BTreeMap;

use ledger_core::assessment::Rejection;
use ledger_core::log::{Algorithm, SigningKey};
use serde_json::{Value, json};

use crate::run::{name_of, prepared, statements};
use crate::time::{MINUTE, after};
use crate::world::{Envelope, Outcome, World, missing_document};

/// Numbers from a seed (SplitMix64).
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `sides`.
    pub fn below(&mut self, sides: u64) -> u64 {
        self.roll() % sides
    }

    /// Whether something happens that does so `times` out of a hundred.
    pub fn percent(&mut self, times: u64) -> bool {
        self.below(100) < times
    }

    /// One of them.
    pub fn pick<'t, T: ?Sized>(&mut self, among: &[&'t T]) -> &'t T {
        among[usize::try_from(self.below(among.len() as u64)).unwrap_or(0)]
    }
}

const SYSTEM: &str = "ics/E54000029";
const YORK: &str = "local-authority/E06000014";
const HOME: &str = "provider/1-102";

/// A history as it is made: the lines given so far, and what is known of their outcomes.
#[derive(Debug)]
pub struct History {
    /// The ledger it is made on.
    pub world: World,
    /// Every line given, with the time it was given at.
    pub lines: Vec<Vec<u8>>,
    /// What became of each, shortly.
    pub outcomes: Vec<String>,
    /// How many lines of each command were recorded.
    pub recorded: BTreeMap<String, usize>,
    dice: Dice,
    proof_dice: Dice,
    /// Sequences by subject and event name.
    known: BTreeMap<(String, String), Vec<String>>,
    pool: Vec<String>,
}

impl History {
    /// A history that begins in the country of the tables.
    pub fn new(seed: u64) -> Self {
        let mut world = prepared("the country");
        world.set_time(after(world.now(), MINUTE));
        let pool = statements("ics/2023-interim");
        let mut history = History {
            world,
            lines: Vec::new(),
            outcomes: Vec::new(),
            recorded: BTreeMap::new(),
            dice: Dice(seed),
            proof_dice: Dice(!seed),
            known: BTreeMap::new(),
            pool,
        };
        for kind in ["ics", "local-authority", "provider"] {
            history.give("registrar-1", "ratings.authorise", "national", json!({"kind":kind}));
        }
        history
    }

    /// Gives `count` more commands, and now and then a whole assessment.
    pub fn go_on(&mut self, count: usize) {
        for _ in 0..count {
            let step = if self.dice.percent(20) { 60 * 24 * self.dice.below(4) } else { 1 };
            let later = i64::try_from(step).unwrap_or(1) * MINUTE;
            self.world.set_time(after(self.world.now(), later));
            match self.dice.percent(4) {
                true => self.assess(),
                false => self.any_command(),
            }
            if self.proof_dice.percent(6) {
                self.prove();
            }
        }
    }

    /// Gives a command and notes what it led to.
    pub fn give(&mut self, actor: &str, command: &str, subject: &str, data: Value) -> Option<Rejection> {
        let line = self.world.line(actor, command, subject, data, &Envelope::default());
        let line = line.to_string().into_bytes();
        let outcome = self.world.submit(&line);
        self.lines.push(line);
        self.outcomes.push(shortly(&outcome));
        match outcome {
            Outcome::Recorded(receipt) => {
                *self.recorded.entry(command.to_owned()).or_default() += 1;
                for entry in receipt.entries {
                    let key = (entry.subject.to_string(), name_of(entry.event_type));
                    self.known.entry(key).or_default().push(entry.sequence.to_string());
                }
                None
            }
            Outcome::Rejected(rejection) => Some(rejection),
            other => {
                panic!("{command} {}: {other:?}", String::from_utf8_lossy(self.lines.last().expect("one")))
            }
        }
    }

    /// An entry of this subject that records this event, mostly a late one; sometimes any entry at all.
    fn cite(&mut self, subject: &str, event: &str) -> String {
        let known = self.known.get(&(subject.to_owned(), event.to_owned())).cloned().unwrap_or_default();
        if known.is_empty() || self.dice.percent(3) {
            return format!("{:016}", self.dice.below(self.world.head().length.0 + 2));
        }
        let late = if self.dice.percent(70) { known.len().min(2) } else { known.len() };
        let back = usize::try_from(self.dice.below(late as u64)).unwrap_or(0);
        known[known.len() - 1 - back].clone()
    }

    fn some_statements(&mut self) -> Vec<String> {
        // Mostly among three that every framework has, so that commands meet each other.
        let common =
            ["safeguarding", "safe-systems-pathways-and-transitions", "partnerships-and-communities"];
        let count = 1 + self.dice.below(2);
        let some = (0..count).map(|_| match self.dice.percent(90) {
            true => self.dice.pick(&common).to_owned(),
            false => self.pool[usize::try_from(self.dice.below(self.pool.len() as u64)).unwrap_or(0)].clone(),
        });
        let mut some: Vec<String> = some.collect();
        some.dedup();
        some
    }

    fn document(&mut self) -> Value {
        let name = format!("d{}", self.dice.below(6));
        if self.dice.percent(97) { self.world.document(&name) } else { missing_document("never stored") }
    }

    /// The framework in force for a subject now.
    fn framework(&self, subject: &str) -> &'static str {
        let today = self.world.now().to_string();
        match subject {
            SYSTEM => "ics/2023-interim",
            YORK if today.as_str() < "2025-06-30" => "local-authority/2023",
            YORK => "local-authority/2025",
            _ if today.as_str() < "2024-12-02" => "provider/2023",
            _ => "provider/2024-12",
        }
    }

    fn any_command(&mut self) {
        let subject = self.dice.pick(&[SYSTEM, SYSTEM, YORK, HOME]);
        let data = self.statement_data(subject);
        let (usual, command, data) = data;
        let stray = ["operator-1", "everything-1", "board-1", "york-1", "auditor-1", "reviewer-1"];
        let actor = if self.dice.percent(92) { usual } else { self.dice.pick(&stray) };
        let national = ["programme.", "holiday.", "priorities.", "methodology."];
        let on = if national.iter().any(|start| command.starts_with(start)) { "national" } else { subject };
        self.give(actor, command, on, data);
    }

    /// A command about keys, witnesses and attestations. Its dice are its own, so that the rest of the history is what
    /// it would be without.
    fn prove(&mut self) {
        let dice = &mut self.proof_dice;
        let seed = [u8::try_from(dice.below(4)).unwrap_or(0); 32];
        let key = |name: &str, algorithm| {
            let key = SigningKey::new(name, algorithm, &seed).expect("a key");
            json!(key.verifier())
        };
        let witness = || key("witness.example", Algorithm::Cosignature);
        let (usual, command, on, data) = match dice.below(6) {
            0 => {
                let own = key("ledger.example/rules", Algorithm::Ed25519);
                ("operator-1", "key.rotate", "ledger", json!({"key":own}))
            }
            1 | 2 => {
                let url = dice.pick(&["https://witness.example", "https://witness.example/2"]);
                ("operator-1", "witness.add", "ledger", json!({"key":witness(),"url":url}))
            }
            3 => ("operator-1", "witness.remove", "ledger", json!({"key":witness()})),
            _ => ("auditor-1", "subjects.attest", "attestation", json!({})),
        };
        let actor = if dice.percent(92) { usual } else { "assessor-1" };
        self.give(actor, command, on, data);
    }

    /// A command on the subject, by whoever usually gives it.
    fn statement_data(&mut self, subject: &'static str) -> (&'static str, &'static str, Value) {
        let some = self.some_statements();
        let one = some[0].clone();
        let framework = self.framework(subject);
        let by_category = framework.ends_with("2023");
        let category = self.dice.pick(&["processes", "feedback-from-partners"]);
        let scored = by_category.then_some(category);
        let score = 1 + self.dice.below(4);
        let document = self.document();
        let assessment = self.cite(subject, "assessment.opened");
        let evidence = self.cite(subject, "evidence.submitted");
        let partner = match subject {
            SYSTEM => self.dice.pick(&["board-1", "partnership-1"]),
            _ => "york-1",
        };
        let organisation = match partner {
            "board-1" => "board/E54000029",
            "partnership-1" => "partnership/E54000029",
            _ => "authority/E06000014",
        };
        let assessor = self.dice.pick(&["assessor-1", "assessor-2", "everything-1"]);
        let kind = subject.split('/').next().unwrap_or("");
        match self.dice.below(30) {
            0..=2 => {
                let phase = self.dice.pick(&["baseline", "baseline", "formal"]);
                (
                    assessor,
                    "assessment.open",
                    json!({"framework":framework,"phase":phase,"cause":"schedule","statements":some}),
                )
            }
            3..=6 => {
                let documents = if self.dice.percent(50) { json!([document]) } else { json!([]) };
                (
                    assessor,
                    "evidence.submit",
                    json!({"statements":some,"category":category,"wave":"held","site":"off-site","source":"staff","documents":documents}),
                )
            }
            7..=10 => (
                assessor,
                "score.assign",
                json!({"assessment":assessment,"statement":one,"category":scored,"score":score,"evidence":[evidence]}),
            ),
            11 => (
                assessor,
                "score.change",
                json!({"assessment":assessment,"statement":one,"category":scored,"score":score,"evidence":[evidence]}),
            ),
            12..=13 => (
                "moderator-1",
                "score.moderate",
                json!({"assessment":assessment,"statement":one,"category":scored,"score":score}),
            ),
            14 => (assessor, "draft.share", json!({"assessment":assessment})),
            15 => {
                let draft = self.cite(subject, "draft.shared");
                (
                    partner,
                    "accuracy.challenge",
                    json!({"draft":draft,"ground":"omission","statement":one,"comment":document}),
                )
            }
            16 => (partner, "accuracy.confirm", json!({"draft":self.cite(subject, "draft.shared")})),
            17 => {
                let challenge = self.cite(subject, "accuracy.challenged");
                match self.dice.percent(50) {
                    true => (
                        "decider-1",
                        "accuracy.decide",
                        json!({"challenge":challenge,"outcome":"rejected","reason":document}),
                    ),
                    false => (
                        "decider-1",
                        "accuracy.decide",
                        json!({"challenge":challenge,"outcome":"score-changed","rescore":{"statement":one,"category":scored,"score":score},"reason":document}),
                    ),
                }
            }
            18 => ("publisher-1", "findings.publish", json!({"assessment":assessment,"narrative":document})),
            19 => ("publisher-1", "rating.publish", json!({"assessment":assessment})),
            20 => (
                partner,
                "review.request",
                json!({"publication":self.cite(subject, "rating.published"),"grounds":document}),
            ),
            21 => {
                let review = self.cite(subject, "review.requested");
                (
                    "reviewer-1",
                    "review.decide",
                    json!({"review":review,"outcome":"scores-changed","rescores":[{"statement":one,"category":scored,"score":score,"evidence":[evidence]}],"reason":document}),
                )
            }
            22 => (
                "publisher-1",
                "rating.withdraw",
                json!({"publication":self.cite(subject, "rating.published"),"cause":"error","reason":document}),
            ),
            23 => (
                "analyst-1",
                "rating.transcribe",
                json!({"kind":"result","framework":framework,"phase":"formal","scores":[{"statement":one,"score":score}],"source":"https://www.cqc.org.uk/example"}),
            ),
            24 => {
                let transcription = self.cite(subject, "rating.transcribed");
                (
                    "analyst-1",
                    "correction.record",
                    json!({"corrects":transcription,"field":"score","statement":one,"was":1 + self.dice.below(4),"now":score}),
                )
            }
            25 => (
                assessor,
                "evidence.request",
                json!({"statement":one,"category":category,"organisation":organisation,"due":"2026-01-01"}),
            ),
            26 => {
                let severity = self.dice.pick(&["immediate", "high"]);
                (
                    "analyst-1",
                    "concern.raise",
                    json!({"severity":severity,"statements":some,"source":"people","account":document}),
                )
            }
            27 => (
                assessor,
                "trigger.discharge",
                json!({"trigger":self.cite(subject, "assessment.triggered"),"reason":document}),
            ),
            28 => match self.dice.below(4) {
                0 => (assessor, "evidence.withdraw", json!({"evidence":evidence,"reason":document})),
                1 => (
                    "operator-1",
                    "document.erase",
                    json!({"commitment":document["commitment"],"cited_by":evidence,"legal_basis":"uk-gdpr-article-17"}),
                ),
                2 => (
                    assessor,
                    "evidence.share",
                    json!({"evidence":evidence,"subject":self.dice.pick(&[SYSTEM, YORK]),"purpose":"assessment"}),
                ),
                _ => (
                    "registrar-1",
                    "correction.record",
                    json!({"corrects":evidence,"field":"category","was":"processes","now":"feedback-from-partners"}),
                ),
            },
            _ => match self.dice.below(4) {
                0 => ("registrar-1", "programme.pause", json!({"kind":kind})),
                1 | 2 => ("registrar-1", "programme.resume", json!({"kind":kind})),
                _ => (
                    assessor,
                    "assessment.close",
                    json!({"assessment":assessment,"outcome":"discontinued","reason":document}),
                ),
            },
        }
    }

    /// A whole assessment, as far as the rules let it come.
    fn assess(&mut self) {
        let subject = self.dice.pick(&[SYSTEM, YORK, HOME]);
        let framework = self.framework(subject);
        let scope = if self.dice.percent(40) { statements(framework) } else { self.some_statements() };
        let category = framework.ends_with("2023").then_some("processes");
        let open = json!({"framework":framework,"phase":"baseline","cause":"schedule","statements":scope});
        if self.give("assessor-1", "assessment.open", subject, open).is_some() {
            return;
        }
        let last = |history: &Self, event: &str| {
            let known = history.known.get(&(subject.to_owned(), event.to_owned()));
            known.and_then(|known| known.last().cloned()).unwrap_or_default()
        };
        let assessment = last(self, "assessment.opened");
        let evidence = json!({"statements":scope,"category":"processes","wave":"held","site":"off-site","source":"staff"});
        self.give("assessor-1", "evidence.submit", subject, evidence);
        let evidence = last(self, "evidence.submitted");
        for statement in &scope {
            let score = 1 + self.dice.below(4);
            let data = json!({"assessment":assessment,"statement":statement,"category":category,"score":score,"evidence":[evidence]});
            self.give("assessor-1", "score.assign", subject, data);
            let data =
                json!({"assessment":assessment,"statement":statement,"category":category,"score":score});
            self.give("moderator-1", "score.moderate", subject, data);
        }
        self.give("assessor-1", "draft.share", subject, json!({"assessment":assessment}));
        if self.dice.percent(60) {
            self.challenge(subject, &last(self, "draft.shared"), &scope[0], category);
        }
        self.world.set_time(after(self.world.now(), 20 * 24 * 60 * MINUTE));
        let narrative = self.world.document("narrative");
        self.give(
            "publisher-1",
            "findings.publish",
            subject,
            json!({"assessment":assessment,"narrative":narrative}),
        );
        let rejected = self.give("publisher-1", "rating.publish", subject, json!({"assessment":assessment}));
        if let Some(Rejection::ResultDiffers { computed, .. }) = rejected {
            self.give("publisher-1", "rating.publish", subject, stated(&assessment, &computed));
        }
        if self.dice.percent(50) {
            self.review(subject, &scope[0], category, &evidence);
        }
        if self.dice.percent(70) {
            self.give(
                "publisher-1",
                "assessment.close",
                subject,
                json!({"assessment":assessment,"outcome":"published"}),
            );
        }
    }
}

impl History {
    /// A review of the latest result, and its decision.
    fn review(&mut self, subject: &str, statement: &str, category: Option<&str>, evidence: &str) {
        let words = self.world.document("d2");
        let partner = if subject == SYSTEM { "partnership-1" } else { "york-1" };
        let asked = json!({"publication":self.cite(subject, "rating.published"),"grounds":words});
        self.give(partner, "review.request", subject, asked);
        let rescore = json!({"statement":statement,"category":category,"score":4,"evidence":[evidence]});
        let review = self.cite(subject, "review.requested");
        let data = json!({"review":review,"outcome":"scores-changed","rescores":[rescore],"reason":words});
        self.give("reviewer-1", "review.decide", subject, data);
    }

    /// A partner's comment on a draft, and what is decided about it.
    fn challenge(&mut self, subject: &str, draft: &str, statement: &str, category: Option<&str>) {
        let (comment, reason) = (self.world.document("d0"), self.world.document("d1"));
        let partner = if subject == SYSTEM { "board-1" } else { "york-1" };
        let comment = json!({"draft":draft,"ground":"typographical","statement":statement,"comment":comment});
        if self.give(partner, "accuracy.challenge", subject, comment).is_some() {
            return;
        }
        let challenge = self.cite(subject, "accuracy.challenged");
        let rescore = json!({"statement":statement,"category":category,"score":1 + self.dice.below(4)});
        let data = match self.dice.percent(70) {
            true => {
                json!({"challenge":challenge,"outcome":"score-changed","rescore":rescore,"reason":reason})
            }
            false => json!({"challenge":challenge,"outcome":"text-changed","reason":reason}),
        };
        self.give("decider-1", "accuracy.decide", subject, data);
    }
}

/// The publication that states what was computed: `64 %, good`.
pub fn stated(assessment: &str, computed: &str) -> Value {
    let (percent, rating) = computed.split_once(", ").unwrap_or_default();
    let percent = percent.strip_suffix(" %").and_then(|percent| percent.parse::<u64>().ok());
    let rating = (rating != "no rating").then_some(rating);
    json!({"assessment":assessment,"percent":percent,"rating":rating})
}

/// An outcome in a line, the same wherever it is come to.
pub fn shortly(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Recorded(receipt) => format!("{receipt:?}"),
        Outcome::Rejected(rejection) => format!("{}: {rejection}", rejection.code()),
        other => format!("{other:?}"),
    }
}
