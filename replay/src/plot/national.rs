//! The country on a day: a bar for each region, with its counts beside it and how its percentages lie.
//!
//! A bar is the subjects that exist; what is white has no rating or score. Each part has a pattern besides its colour.

use ledger_core::assessment::codes::{AreaKind, FrameworkId};

use super::svg::{Stroke, colour, fitted};
use super::{Imprint, MARGIN, Sheet};
use crate::national::{Measure, National, NationalKind, NationalRow};

/// Names, bars, counts, percentages, from left to right.
const BARS: (i64, i64) = (700, 1_560);
const COUNTS: [i64; 7] = [1_660, 1_760, 1_860, 1_970, 2_080, 2_180, 2_290];
const PERCENTS: (i64, i64) = (2_380, 2_830);
/// Where the first block begins, how high a row is, and what stands above the rows of a block.
const TOP: i64 = 400;
const ROW: i64 = 50;
const ABOVE: i64 = 130;
const SMALL: i64 = 28;

/// Fills from the lowest rating or score to the highest: a colour, and a pattern over it.
const FILLS: [(&str, &str); 4] = [
    (colour::VERMILION, ""),
    (colour::ORANGE, "url(#hatched)"),
    (colour::SKY_BLUE, ""),
    (colour::BLUE, "url(#dotted)"),
];

/// The part of a bar that is scored under another method, which has a row of its own.
const OTHER: (&str, &str) = ("other method", "#dcdcdc");

/// Draws the country. The same answer gives the same bytes.
pub fn national(national: &National, imprint: &Imprint) -> String {
    let rows = |kind: &NationalKind| i64::try_from(kind.rows.len()).unwrap_or(0);
    let blocks: i64 = national.kinds.iter().map(|kind| ABOVE + ROW * rows(kind) + 40).sum();
    let subtitle = [
        format!("{}: each bar is the subjects that exist on the day; white: none", national.measure.words()),
        imprint.clocks(),
    ];
    let height = TOP + blocks + 320;
    let title = format!("The national picture on {}", national.as_of);
    let mut sheet = Sheet::new(title, &subtitle, description(national), imprint, height);
    patterns(&mut sheet);
    key(&mut sheet, &national.measure);
    let mut top = TOP;
    for kind in &national.kinds {
        block(&mut sheet, kind, top, &national.measure);
        top += ABOVE + ROW * rows(kind) + 40;
    }
    sheet.finish(&notes(national), imprint)
}

fn description(national: &National) -> String {
    let kinds = national.kinds.iter().map(|kind| {
        let rows = kind.rows.iter().map(|row| {
            let counts =
                row.counts().into_iter().zip(names(&national.measure)).map(|(n, name)| format!("{n} {name}"));
            format!("{}: {} of {}", label(kind, row), counts.collect::<Vec<_>>().join(", "), row.existing)
        });
        format!("{}. {}.", coverage(kind), rows.collect::<Vec<_>>().join("; "))
    });
    format!("{}. {}", national.measure.words(), kinds.collect::<Vec<_>>().join(" "))
}

/// What the parts of a bar are called, lowest first.
fn names(measure: &Measure) -> [&'static str; 4] {
    match measure {
        Measure::Statement(_) => ["score 1", "score 2", "score 3", "score 4"],
        Measure::Overall | Measure::Theme(_) => {
            ["inadequate", "requires improvement (r.i.)", "good", "outstanding"]
        }
    }
}

fn coverage(kind: &NationalKind) -> String {
    let mut said = format!("{}: {} of {} assessed", kind_name(kind.kind), kind.assessed, kind.existing);
    for (count, what) in [(kind.withdrawn, "withdrawn"), (kind.under_review, "under review")] {
        if count > 0 {
            said.push_str(&format!(", {count} {what}"));
        }
    }
    if kind.ended > 0 {
        said.push_str(&format!("; {} ended before and not counted", kind.ended));
    }
    said
}

fn kind_name(kind: AreaKind) -> &'static str {
    match kind {
        AreaKind::Ics => "Integrated care systems",
        AreaKind::LocalAuthority => "Local authorities",
        AreaKind::Provider => "Providers",
        AreaKind::Place => "Places",
        AreaKind::Region => "Regions",
        AreaKind::England => "England",
    }
}

/// The name of a row, with the version of its framework where there are several.
fn label(kind: &NationalKind, row: &NationalRow) -> String {
    let several = kind.rows.iter().any(|row| row.otherwise > 0);
    match row.methods.keys().next().filter(|_| several) {
        Some(method) => format!("{} · {}", row.name, version(method)),
        None => row.name.clone(),
    }
}

/// What tells frameworks of one kind apart.
fn version(framework: &FrameworkId) -> &str {
    framework.as_str().split_once('/').map_or(framework.as_str(), |(_, version)| version)
}

fn patterns(sheet: &mut Sheet) {
    sheet.svg.open("defs", &[]);
    let size: [(&str, &dyn std::fmt::Display); 3] =
        [("patternUnits", &"userSpaceOnUse"), ("width", &16), ("height", &16)];
    sheet.svg.open("pattern", &[&[("id", &"hatched" as &dyn std::fmt::Display)], &size[..]].concat());
    sheet.svg.line((0, 16), (16, 0), Stroke { colour: colour::BLACK, width: 3, dashes: "" });
    sheet.svg.close("pattern");
    sheet.svg.open("pattern", &[&[("id", &"dotted" as &dyn std::fmt::Display)], &size[..]].concat());
    sheet.svg.rect((5, 5), (5, 5), colour::WHITE, "none");
    sheet.svg.close("pattern");
    sheet.svg.close("defs");
}

fn part(sheet: &mut Sheet, at: (i64, i64), size: (i64, i64), (fill, pattern): (&str, &str)) {
    sheet.svg.rect(at, size, fill, colour::BLACK);
    if !pattern.is_empty() {
        sheet.svg.rect(at, size, pattern, "none");
    }
}

fn key(sheet: &mut Sheet, measure: &Measure) {
    let mut x = MARGIN;
    for (name, fill) in names(measure).into_iter().zip(FILLS) {
        part(sheet, (x, 320), (44, 30), fill);
        sheet.write(x + 58, 345, SMALL, false, name);
        x += 58 + super::svg::width(name, SMALL) + 50;
    }
    let mut others = vec![("none", colour::WHITE)];
    if *measure != Measure::Overall {
        others.insert(0, (OTHER.0, OTHER.1));
    }
    for (name, fill) in others {
        part(sheet, (x, 320), (44, 30), (fill, ""));
        sheet.write(x + 58, 345, SMALL, false, name);
        x += 58 + super::svg::width(name, SMALL) + 50;
    }
}

fn block(sheet: &mut Sheet, kind: &NationalKind, top: i64, measure: &Measure) {
    sheet.write(MARGIN, top + 50, 38, true, &fitted(&coverage(kind), 38, PERCENTS.0 - MARGIN));
    let short = match measure {
        Measure::Statement(_) => ["1", "2", "3", "4", "other", "none", "of"],
        Measure::Theme(_) => ["inad.", "r.i.", "good", "outst.", "other", "none", "of"],
        Measure::Overall => ["inad.", "r.i.", "good", "outst.", "", "none", "of"],
    };
    for (x, name) in COUNTS.into_iter().zip(short).filter(|(_, name)| !name.is_empty()) {
        sheet.ending_at(x, top + ABOVE - 26, SMALL, true, name);
    }
    let has_percents = kind.rows.iter().any(|row| row.percents.is_some());
    if has_percents {
        percent_axis(sheet, top, ROW * i64::try_from(kind.rows.len()).unwrap_or(0));
    }
    for (row, at) in kind.rows.iter().zip(0_i64..) {
        let y = top + ABOVE + ROW * at;
        let country = row.region.is_none() && row.name == "England";
        sheet.write(MARGIN, y + 30, 30, country, &fitted(&label(kind, row), 30, BARS.0 - MARGIN - 20));
        draw_bar(sheet, row, y);
        let [first, second, third, fourth] = row.counts();
        let counts = [first, second, third, fourth, row.otherwise, row.none(), row.existing];
        for ((x, name), count) in COUNTS.into_iter().zip(short).zip(counts) {
            if !name.is_empty() {
                sheet.ending_at(x, y + 30, 30, country, &count.to_string());
            }
        }
        draw_spread(sheet, row, y + 19);
    }
}

/// Where a percentage stands: from 25, the lowest there can be, to 100.
fn percent_at(percent: i64) -> i64 {
    PERCENTS.0 + (percent - 25) * (PERCENTS.1 - PERCENTS.0) / 75
}

fn percent_axis(sheet: &mut Sheet, top: i64, rows: i64) {
    for percent in [25, 50, 75, 100] {
        let x = percent_at(percent);
        let guide = Stroke { colour: colour::GREY, width: 2, dashes: "4 8" };
        sheet.svg.line((x, top + ABOVE - 10), (x, top + ABOVE + rows), guide);
        sheet.centred(x, top + ABOVE - 26, SMALL, false, &format!("{percent} %"));
    }
    sheet.centred((PERCENTS.0 + PERCENTS.1) / 2, top + ABOVE - 66, SMALL, true, "lowest, median, highest");
}

fn draw_bar(sheet: &mut Sheet, row: &NationalRow, y: i64) {
    let total = i64::try_from(row.existing.max(1)).unwrap_or(1);
    let at = |count: usize| BARS.0 + i64::try_from(count).unwrap_or(0) * (BARS.1 - BARS.0) / total;
    sheet.svg.rect((BARS.0, y), (BARS.1 - BARS.0, 38), colour::WHITE, colour::BLACK);
    let parts = row.counts().into_iter().zip(FILLS).chain([(row.otherwise, (OTHER.1, ""))]);
    let mut before = 0;
    for (count, fill) in parts.filter(|(count, _)| *count > 0) {
        part(sheet, (at(before), y), (at(before + count) - at(before), 38), fill);
        before += count;
    }
}

fn draw_spread(sheet: &mut Sheet, row: &NationalRow, y: i64) {
    let Some(spread) = row.percents else { return };
    let [lowest, median, highest] =
        [spread.lowest, spread.median, spread.highest].map(|percent| percent_at(i64::from(percent.get())));
    let stroke = Stroke { colour: colour::BLACK, width: 6, dashes: "" };
    sheet.svg.line((lowest, y), (highest, y), stroke);
    for x in [lowest, highest] {
        sheet.svg.line((x, y - 11), (x, y + 11), stroke);
    }
    sheet.svg.shape(super::svg::Shape::Diamond, (median, y), 12, colour::BLACK, false);
}

fn notes(national: &National) -> Vec<String> {
    let mut notes = vec![
        "Only areas that exist on the day are counted. A successor inherits no rating; until it has a result of its \
         own it has none."
            .to_owned(),
    ];
    let methods: std::collections::BTreeSet<&str> = national
        .kinds
        .iter()
        .flat_map(|kind| &kind.rows)
        .flat_map(|row| row.methods.keys().map(|method| method.as_str()))
        .collect();
    let methods: Vec<&str> = methods.into_iter().collect();
    if !methods.is_empty() {
        let together = match national.measure {
            Measure::Overall => {
                "Overall ratings are counted together whatever their method; scores never are"
            }
            Measure::Theme(_) | Measure::Statement(_) => {
                "Scores of several methods are never in one row; what follows · is the version"
            }
        };
        notes.push(format!("Methods: {}. {together}.", methods.join(", ")));
    }
    if national.kinds.iter().any(|kind| kind.kind == AreaKind::Ics && kind.assessed > 0) {
        notes.push("Percentages of integrated care systems follow a method of our own choice.".to_owned());
    }
    notes
}
