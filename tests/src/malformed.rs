//! Lines that are no command: refused by how they are read, before any rule. One row for each kind of fault.

/// A malformed line.
#[derive(Debug)]
pub struct Malformed {
    /// Its kind.
    pub code: &'static str,
    /// What is wrong, for people.
    pub meaning: &'static str,
    /// The line, or what of it differs from a well-formed one.
    pub line: Line,
    /// What the message says.
    pub says: &'static str,
}

/// A line as bytes, or the part of a well-formed `score.assign` to replace and what to put there.
#[derive(Debug)]
pub enum Line {
    /// The whole line.
    Bytes(&'static [u8]),
    /// A part of [`WELL_FORMED`] and its replacement.
    Part(&'static str, &'static str),
}

/// A line that is a command.
pub const WELL_FORMED: &str = r#"{"id":"018c2464-1d80-7000-8000-000000000001","actor":"assessor-1","type":"score.assign","subject":"ics/E54000029","time":"2023-12-01T09:00:00.000000Z","recordedtime":"2023-12-01T10:00:00.000000Z","expected_subject_version":{"ics/E54000029":1},"data":{"assessment":"0000000000000030","statement":"safeguarding","score":3,"evidence":["0000000000000031"],"rationale":{"commitment":"0000000000000000000000000000000000000000000000000000000000000000","bytes":1,"media_type":"text/plain"}}}"#;

impl Malformed {
    /// The line's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        match self.line {
            Line::Bytes(bytes) => bytes.to_vec(),
            Line::Part(part, replacement) => {
                assert!(WELL_FORMED.contains(part), "{part} is no part of a well-formed line");
                WELL_FORMED.replacen(part, replacement, 1).into_bytes()
            }
        }
    }

    /// The example as people read it.
    pub fn example(&self) -> String {
        match self.line {
            Line::Bytes(bytes) => bytes.escape_ascii().to_string(),
            Line::Part(_, replacement) => replacement.to_owned(),
        }
    }
}

const fn row(code: &'static str, meaning: &'static str, line: Line, says: &'static str) -> Malformed {
    Malformed { code, meaning, line, says }
}

/// Every kind of fault.
pub const MALFORMED: &[Malformed] = &[
    row("utf8", "The line is not UTF-8", Line::Bytes(b"{\"id\":\"\xff\"}"), "malformed UTF-8 at byte 7"),
    row("json", "The line is not JSON", Line::Bytes(b"{\"id\":"), "EOF"),
    row("trailing", "Something follows the object", Line::Part("}}}", "}}} {}"), "trailing"),
    row("surrogate", "A lone surrogate", Line::Part("\"assessor-1\"", r#""\ud800""#), "hex escape"),
    row("duplicate_key", "A key occurs twice", Line::Part("\"score\":3", r#""score":3,"score":4"#), "the key 'score' occurs twice"),
    row("fraction", "A number with a fraction", Line::Part("\"score\":3", r#""score":2.5"#), "2.5 is not a whole number"),
    row("number_size", "A number beyond 2^53 - 1", Line::Part("\"score\":3", r#""score":9007199254740992"#), "beyond 2^53"),
    row("unknown_field", "A field that the command does not have", Line::Part("\"score\":3", r#""score":3,"note":"x""#), "unknown field `note`"),
    row("missing_field", "A field that the command needs", Line::Part("\"score\":3,", ""), "missing field `score`"),
    row("field_type", "A field of another type", Line::Part("\"score\":3", r#""score":"3""#), "invalid type"),
    row("command", "A command that does not exist", Line::Part("score.assign", "score.improve"), "'score.improve' is not a command"),
    row("command_id", "A command id that is no UUIDv7", Line::Part("018c2464-1d80-7000", "018c2464-1d80-4000"), "is not a command id"),
    row("score", "A score other than 1, 2, 3 or 4", Line::Part("\"score\":3", r#""score":5"#), "5 is not a score"),
    row("score_zero", "A score of nothing", Line::Part("\"score\":3", r#""score":0"#), "0 is not a score"),
    row("time", "A time that is spelled otherwise or does not exist", Line::Part("2023-12-01T09:00:00.000000Z", "2023-02-29T09:00:00.000000Z"), "is not a time"),
    row("code", "An id with other characters", Line::Part("\"safeguarding\"", "\"Safe guarding\""), "is not spelled as a quality statement"),
    row("actor", "An actor id with other characters", Line::Part("\"assessor-1\"", "\"Assessor 1\""), "is not spelled as an actor id"),
    row("subject", "A subject of no known kind", Line::Part("\"ics/E54000029\",\"time\"", "\"person/1\",\"time\""), "is not a subject"),
    row("citation", "A citation that is neither a sequence nor an event id", Line::Part("\"0000000000000031\"", "\"31\""), "names no entry"),
    row("hash", "A commitment that is no hash", Line::Part("\"0000000000000000000000000000000000000000000000000000000000000000\"", "\"00\""), "is not a hash"),
    row("media_type", "A media type of another form", Line::Part("text/plain", "text"), "is not spelled as a media type"),
    row("version", "An expected version that is no count", Line::Part("{\"ics/E54000029\":1}", "{\"ics/E54000029\":-1}"), "invalid value"),
    row("date", "A date that does not exist", Line::Bytes(br#"{"id":"018c2464-1d80-7000-8000-000000000001","actor":"assessor-1","type":"accuracy.extend","subject":"ics/E54000029","data":{"draft":"0000000000000030","closes":"2025-02-29","reason":{"commitment":"0000000000000000000000000000000000000000000000000000000000000000","bytes":1,"media_type":"text/plain"}}}"#), "'2025-02-29' is not a date"),
    row("percent", "A percentage above 100", Line::Bytes(br#"{"id":"018c2464-1d80-7000-8000-000000000001","actor":"publisher-1","type":"rating.publish","subject":"ics/E54000029","data":{"assessment":"0000000000000030","percent":101}}"#), "101 is not a percentage"),
    row("choice", "A word that is none of the choices", Line::Bytes(br#"{"id":"018c2464-1d80-7000-8000-000000000001","actor":"publisher-1","type":"rating.publish","subject":"ics/E54000029","data":{"assessment":"0000000000000030","rating":"splendid"}}"#), "unknown variant `splendid`"),
    row("address", "An address that is no http address", Line::Bytes(br#"{"id":"018c2464-1d80-7000-8000-000000000001","actor":"registrar-1","type":"priorities.publish","subject":"national","data":{"kind":"ics","source":"ftp://example.org"}}"#), "is not spelled as an address"),
    row("name", "A name with a control character", Line::Bytes(br#"{"id":"018c2464-1d80-7000-8000-000000000001","actor":"registrar-1","type":"area.register","subject":"ics/E54000029","data":{"name":"North\nEast"}}"#), "is not spelled as a name"),
];
