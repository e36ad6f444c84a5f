//! The peer: the same entries in a table of SQLite, indexed as its users would, by subject and recorded time.
//!
//! A question fetches the subject's rows up to the moment, and by their numbers the scores that its publications cite;
//! the same code decodes and folds them. Frameworks are kept decoded, as ours are. Made once and kept beside the ledger.

use std::path::Path;

use ledger_core::assessment::codes::Subject;
use ledger_core::assessment::{Event, Recorded};
use ledger_core::log::Outline;
use ledger_core::recorded_trusted;
use ledger_core::values::Sequence;
use replay::{KnownAt, Log, Projection, RatingAnswer, Register};
use rusqlite::{Connection, params};

use crate::questions::Question;

/// A database with every entry.
pub struct Sqlite {
    connection: Connection,
    national: Vec<Recorded>,
}

impl Sqlite {
    /// The database in `path`, filled from the log if it is new.
    pub fn of(log: &Log, path: &Path) -> Self {
        let new = !path.exists();
        let mut connection = Connection::open(path).expect("a database");
        if new {
            fill(&mut connection, log);
        }
        let mut sqlite = Sqlite { connection, national: Vec::new() };
        sqlite.national = sqlite.of_subject("national", i64::MAX, |_| true);
        sqlite
    }

    fn of_subject(&self, subject: &str, last: i64, wanted: impl Fn(&str) -> bool) -> Vec<Recorded> {
        let mut select = self
            .connection
            .prepare_cached(
                "SELECT type, bytes FROM entries WHERE subject = ?1 AND recorded <= \
                 (SELECT recorded FROM entries WHERE seq <= ?2 ORDER BY seq DESC LIMIT 1) AND seq <= ?2 ORDER BY seq",
            )
            .expect("a statement");
        let mut rows = select.query(params![subject, last]).expect("selected");
        let mut found = Vec::new();
        while let Some(row) = rows.next().expect("a row") {
            let kind = row.get_ref(0).expect("a type").as_str().expect("text");
            if wanted(kind) {
                let bytes = row.get_ref(1).expect("bytes").as_blob().expect("a blob");
                found.push(recorded_trusted(bytes).expect("an entry"));
            }
        }
        found
    }

    fn entry(&self, sequence: Sequence) -> Recorded {
        let mut select =
            self.connection.prepare_cached("SELECT bytes FROM entries WHERE seq = ?1").expect("a statement");
        let row = select.query_row([sequence.get() as i64], |row| {
            Ok(recorded_trusted(row.get_ref(0)?.as_blob()?).expect("an entry"))
        });
        row.expect("a row")
    }

    /// Answers one question.
    pub fn ask(&mut self, question: &Question) -> RatingAnswer {
        let last = match question.known_at {
            KnownAt::Sequence(last) => last.get() as i64,
            _ => i64::MAX,
        };
        let kept = |kind: &str| !kind.starts_with("ledger.score.") && is_wanted(kind);
        let mut entries = self.of_subject(question.subject.as_str(), last, kept);
        // What it follows and what follows it is named in the answer, with what stood.
        let mut others: Vec<Subject> = entries.iter().flat_map(others).collect();
        others.retain(|other| *other != question.subject);
        for other in others {
            entries.extend(self.of_subject(other.as_str(), last, kept));
        }
        let mut cited: Vec<Sequence> = Vec::new();
        for recorded in &entries {
            if let Event::RatingPublished(event) = &recorded.event {
                cited.extend(&event.scores);
            }
        }
        let mut next = 0;
        while let Some(sequence) = cited.get(next).copied() {
            next += 1;
            let recorded = self.entry(sequence);
            if let Event::ScoreModerated(event) = &recorded.event {
                cited.push(event.moderates);
            }
            entries.push(recorded);
        }
        entries.sort_by_key(|recorded| recorded.sequence);
        let mut register = Register::default();
        let national = self.national.iter().filter(|recorded| recorded.sequence.get() as i64 <= last);
        national.chain(&entries).for_each(|recorded| register.apply(recorded));
        register.rating(&question.subject, question.as_of)
    }
}

/// The areas that an event of succession names.
fn others(recorded: &Recorded) -> Vec<Subject> {
    match &recorded.event {
        Event::AreaSucceeded(event) => event.successors.iter().chain([&event.predecessor]).cloned().collect(),
        _ => Vec::new(),
    }
}

fn is_wanted(event_type: &str) -> bool {
    ledger_core::assessment::EventKind::of_type(event_type).is_some_and(Register::wants)
}

fn fill(connection: &mut Connection, log: &Log) {
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
             CREATE TABLE entries (seq INTEGER PRIMARY KEY, subject TEXT NOT NULL, recorded TEXT NOT NULL,
                                   type TEXT NOT NULL, bytes BLOB NOT NULL);",
        )
        .expect("a table");
    let transaction = connection.transaction().expect("a transaction");
    let mut insert = transaction
        .prepare("INSERT INTO entries (seq, subject, recorded, type, bytes) VALUES (?1, ?2, ?3, ?4, ?5)")
        .expect("a statement");
    for item in log.bytes_from(Sequence::new(0)) {
        let (sequence, bytes) = item.expect("an entry");
        let outline = Outline::of(&bytes).expect("plain");
        let place = sequence.get() as i64;
        let recorded = outline.recorded_at().expect("a time").to_string();
        let row = params![place, outline.subject, recorded, outline.event_type, &*bytes];
        insert.execute(row).expect("inserted");
    }
    drop(insert);
    transaction.commit().expect("committed");
    connection
        .execute_batch("CREATE INDEX by_subject ON entries (subject, recorded); ANALYZE;")
        .expect("an index");
}
