//! An invented thematic review over the example's areas: what is found, and what is not.

use serde_json::json;

use super::example::AREA;
use super::stage::{Stage, tell};
use crate::exit::Failure;
use crate::output::Out;
use crate::wanted::Needs;

/// The review's id.
pub const REVIEW: &str = "example-access-2027";
const MOOR: &str = "ics/EXAMPLE04";
const FELL: &str = "ics/EXAMPLE05";

/// Two more areas, the review, three findings of nine, and its report.
pub fn run(stage: &mut Stage, out: &mut Out) -> Result<(), Failure> {
    stage.day("2027-09-27")?;
    for (area, name) in [(MOOR, "Example Moor"), (FELL, "Example Fell")] {
        let registered = json!({ "name": name, "effective_from": "2022-07-01" });
        stage.on("registrar-1", "area.register", area, Needs::Nothing, &registered)?;
    }
    let theme = format!("theme/{REVIEW}");
    let scale = json!(["not-evident", "emerging", "evident"]);
    let review = json!({
        "title": "EXAMPLE. Access by telephone", "kind": "ics", "effective_from": "2027-09-01",
        "questions": [
            { "id": "plan", "name": "A plan is in place", "levels": scale },
            { "id": "people", "name": "People shaped it", "levels": scale },
            { "id": "effect", "name": "Its effect is measured", "levels": scale },
        ],
    });
    stage.on("analyst-1", "thematic-review.open", &theme, Needs::Nothing, &review)?;
    stage.day("2027-09-28")?;
    for (area, question, level) in
        [(AREA, "plan", "evident"), (AREA, "people", "emerging"), (MOOR, "plan", "not-evident")]
    {
        let finding = json!({ "subject": area, "question": question, "level": level });
        stage.on("analyst-1", "finding.record", &theme, Needs::Nothing, &finding)?;
    }
    stage.day("2027-09-29")?;
    let report = json!({ "rests_on": "desk-review", "report": { "text": "EXAMPLE. The report." } });
    let report = stage.on("publisher-1", "thematic-report.publish", &theme, Needs::Nothing, &report)?;
    tell(
        out,
        "2027-09-29",
        &format!("thematic review {REVIEW} of three areas: 3 of 9 cells found; report {report}"),
    )
}
