//! NHS England's monthly A&E table: 22 columns, one row for an organisation and month, and a row of totals.
//!
//! A figure is a pair of sums over columns. Where a cell is suppressed (`*`) the figure is observed as suppressed,
//! with its source and no value; where one is blank the row is passed over. Booked attendances count as attendances
//! (our own reading). Sums by region are kept while the file is read: a few numbers for each region and month.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use ledger_core::assessment::Command;
use ledger_core::assessment::civil::{Date, Period};
use ledger_core::assessment::codes::{AreaKind, Code, Subject, Url};
use ledger_core::assessment::command::ObserveIndicator;
use ledger_core::assessment::event::IndicatorDefined;
use ledger_core::assessment::indicator::Better;
use ledger_core::shipped;

use super::figure::{data, define};
use super::sink::Sink;
use super::{Columns, source};
use crate::args::{AeMeasure, ImportArgs};
use crate::exit::Failure;

/// An indicator and the columns it is the quotient of.
struct Measure {
    indicator: Code,
    numerator: Vec<usize>,
    denominator: Vec<usize>,
}

/// A number of people, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    Number(u64),
    Suppressed,
    Blank,
    Unreadable,
}

impl Count {
    fn of(cell: &str) -> Self {
        match cell {
            "" => Count::Blank,
            "*" => Count::Suppressed,
            // Some months are printed with thousands set apart.
            number => number.replace(',', "").parse().map_or(Count::Unreadable, Count::Number),
        }
    }

    /// The sum of two; what spoils one spoils both, the worst first.
    fn plus(self, other: Count) -> Self {
        use Count::{Blank, Number, Suppressed, Unreadable};
        match (self, other) {
            (Number(a), Number(b)) => a.checked_add(b).map_or(Unreadable, Number),
            (Unreadable, _) | (_, Unreadable) => Unreadable,
            (Blank, _) | (_, Blank) => Blank,
            (Suppressed, _) | (_, Suppressed) => Suppressed,
        }
    }
}

/// The columns of the table that are read.
struct Table {
    columns: Columns,
    period: usize,
    code: usize,
    parent: usize,
    measures: Vec<Measure>,
}

/// Imports the table.
pub fn table(sink: &mut Sink<'_>, args: &ImportArgs) -> Result<(), Failure> {
    sink.reads(args);
    let source = source(args)?;
    let map = args.map.as_deref().map(mapping).transpose()?;
    let mut table = open(sink, args)?;
    let mut sums: BTreeMap<(Subject, Period, usize), (u64, Count, Count)> = BTreeMap::new();
    let mut months: HashMap<String, Option<Period>> = HashMap::new();
    while let Some(line) = table.columns.next()? {
        sink.rows += 1;
        let code = table.columns.cell(table.code).into_owned();
        let printed = table.columns.cell(table.period).into_owned();
        if printed.eq_ignore_ascii_case("total") || code.eq_ignore_ascii_case("total") {
            sink.totals += 1;
            continue;
        }
        if months.len() > 10_000 {
            months.clear(); // A table has one month or a few; anything else is remembered no further.
        }
        let Some(period) = *months.entry(printed.clone()).or_insert_with(|| month(&printed)) else {
            sink.skip(line, "period not understood", &printed);
            continue;
        };
        let (subject, what) = if args.by_region {
            let parent = table.columns.cell(table.parent).into_owned();
            (region(&parent), parent)
        } else {
            (area(map.as_ref(), &code), code)
        };
        let Some(subject) = subject.filter(|subject| sink.is_registered(subject)) else {
            sink.skip(line, "not registered", &what);
            continue;
        };
        for (at, measure) in table.measures.iter().enumerate() {
            let sum = |columns: &[usize]| {
                columns
                    .iter()
                    .map(|at| Count::of(&table.columns.cell(*at)))
                    .fold(Count::Number(0), Count::plus)
            };
            let (numerator, denominator) = (sum(&measure.numerator), sum(&measure.denominator));
            if args.by_region {
                let zero = (line, Count::Number(0), Count::Number(0));
                let kept = sums.entry((subject.clone(), period, at)).or_insert(zero);
                (kept.1, kept.2) = (kept.1.plus(numerator), kept.2.plus(denominator));
            } else {
                observe(
                    sink,
                    (line, &what),
                    subject.clone(),
                    measure,
                    period,
                    (numerator, denominator),
                    source,
                )?;
            }
        }
    }
    for ((subject, period, at), (line, numerator, denominator)) in sums {
        let what = subject.to_string();
        observe(sink, (line, &what), subject, &table.measures[at], period, (numerator, denominator), source)?;
    }
    Ok(())
}

/// Hands on a figure, unless there is none.
fn observe(
    sink: &mut Sink<'_>,
    (line, what): (u64, &str),
    subject: Subject,
    measure: &Measure,
    period: Period,
    counts: (Count, Count),
    source: &Url,
) -> Result<(), Failure> {
    let figure = match (counts.0.plus(counts.1), counts) {
        (_, (Count::Number(numerator), Count::Number(denominator))) if numerator <= denominator => {
            if denominator == 0 {
                sink.skip(line, "nobody counted", what);
                return Ok(());
            }
            Some((numerator, denominator))
        }
        (Count::Suppressed, _) => None,
        (Count::Blank, _) => {
            sink.skip(line, "blank", what);
            return Ok(());
        }
        (Count::Number(_), _) => {
            sink.skip(line, "more counted than there were", what);
            return Ok(());
        }
        (Count::Unreadable, _) => {
            sink.skip(line, "not a number", what);
            return Ok(());
        }
    };
    let command = Command::ObserveIndicator(ObserveIndicator {
        indicator: measure.indicator.clone(),
        period,
        value: None,
        numerator: figure.map(|(numerator, _)| numerator),
        denominator: figure.map(|(_, denominator)| denominator),
        base: None,
        comparability: None,
        survey: None,
        source: Some(source.clone()),
    });
    sink.take(line, what, subject, command.name(), data(&command)?)
}

/// Opens the table, and defines what is measured unless it is defined.
fn open(sink: &mut Sink<'_>, args: &ImportArgs) -> Result<Table, Failure> {
    let columns = Columns::open(args)?;
    let each =
        |names: &[[&str; 2]]| names.iter().map(|names| columns.need(names)).collect::<Result<Vec<_>, _>>();
    let default = [AeMeasure::AdmissionsOver12h];
    let wanted: &[AeMeasure] = if args.measures.is_empty() { &default } else { &args.measures };
    let mut measures = Vec::new();
    for measure in wanted {
        let definition = definition(*measure)?;
        define(sink, &definition)?;
        let Command::DefineIndicator(event) = definition else { continue };
        let (numerator, denominator) = match measure {
            AeMeasure::AdmissionsOver12h => (each(&OVER_12H)?, each(&ADMISSIONS)?),
            AeMeasure::AttendancesOver4h => (each(&OVER_4H)?, each(&ATTENDANCES)?),
        };
        if !measures.iter().any(|known: &Measure| known.indicator == event.id) {
            measures.push(Measure { indicator: event.id, numerator, denominator });
        }
    }
    let (period, code) = (columns.need(&["Period"])?, columns.need(&["Org Code"])?);
    let parent = columns.need(&["Parent Org", "Parent Organisation"])?;
    Ok(Table { period, code, parent, columns, measures })
}

/// Columns by their names, spelled as published and as in some months.
const OVER_12H: [[&str; 2]; 1] = [[
    "Patients who have waited 12+ hs from DTA to admission",
    "Patients who have waited 12+ hrs from DTA to admission",
]];
const ADMISSIONS: [[&str; 2]; 3] = [
    ["Emergency admissions via A&E - Type 1", "Emergency admissions via A&E type 1"],
    ["Emergency admissions via A&E - Type 2", "Emergency admissions via A&E type 2"],
    ["Emergency admissions via A&E - Other A&E department", "Emergency admissions via A&E other"],
];
const OVER_4H: [[&str; 2]; 6] = [
    ["Attendances over 4hrs Type 1", "Attendances over 4 hours Type 1"],
    ["Attendances over 4hrs Type 2", "Attendances over 4 hours Type 2"],
    ["Attendances over 4hrs Other Department", "Attendances over 4hrs Other A&E Department"],
    [
        "Attendances over 4hrs Booked Appointments Type 1",
        "Attendances over 4 hours Booked Appointments Type 1",
    ],
    [
        "Attendances over 4hrs Booked Appointments Type 2",
        "Attendances over 4 hours Booked Appointments Type 2",
    ],
    [
        "Attendances over 4hrs Booked Appointments Other Department",
        "Attendances over 4hrs Booked Appointments Other A&E Department",
    ],
];
const ATTENDANCES: [[&str; 2]; 6] = [
    ["A&E attendances Type 1", "Attendances Type 1"],
    ["A&E attendances Type 2", "Attendances Type 2"],
    ["A&E attendances Other A&E Department", "A&E attendances Other Department"],
    ["A&E attendances Booked Appointments Type 1", "Attendances Booked Appointments Type 1"],
    ["A&E attendances Booked Appointments Type 2", "Attendances Booked Appointments Type 2"],
    [
        "A&E attendances Booked Appointments Other Department",
        "A&E attendances Booked Appointments Other A&E Department",
    ],
];

/// The indicator of a measure: that of figure 20, or ours.
fn definition(measure: AeMeasure) -> Result<Command, Failure> {
    let (figure_20, _) = shipped::figure_20()?;
    if measure == AeMeasure::AdmissionsOver12h {
        return Ok(figure_20);
    }
    Ok(Command::DefineIndicator(IndicatorDefined {
        id: "attendances-over-4h".parse()?,
        version: 1,
        name: "A&E attendances over 4 hours, booked appointments included".parse()?,
        better: Better::Lower,
        unit: "percent".parse()?,
        numerator: Some("attendances-over-4h".parse()?),
        denominator: Some("attendances".parse()?),
        sector: "hospital".parse()?,
        purposes: vec!["outcomes".parse()?],
        statements: vec!["safe-systems-pathways-and-transitions".parse()?],
        benchmark: None,
        minimum_base: None,
        source: Some(
            "https://www.england.nhs.uk/statistics/statistical-work-areas/ae-waiting-times-and-activity/"
                .parse()?,
        ),
    }))
}

/// The area of an organisation: as mapped, else the provider of its code.
fn area(map: Option<&HashMap<String, Subject>>, code: &str) -> Option<Subject> {
    let mapped = map.and_then(|map| map.get(code)).cloned();
    mapped.or_else(|| Subject::area(AreaKind::Provider, code).ok())
}

/// The region of the NHS that is printed as a parent, such as `NHS ENGLAND MIDLANDS`.
fn region(parent: &str) -> Option<Subject> {
    let words: Vec<String> = parent.split_whitespace().map(str::to_lowercase).collect();
    let name = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["nhs", "england", name @ ..] => name.join("-"),
        name => name.join("-"),
    };
    Subject::area(AreaKind::Region, &format!("nhs-{name}")).ok()
}

/// The month of `MSitAE-JUNE-2023`.
fn month(printed: &str) -> Option<Period> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let lower = printed.to_lowercase();
    let (before, year) = lower.rsplit_once('-')?;
    let name = before.rsplit('-').next()?;
    let number = MONTHS.iter().position(|month| *month == name)? as u32 + 1;
    let year: u32 = year.parse().ok().filter(|year| (1900..=9998).contains(year))?;
    let next = if number == 12 { (year + 1, 1) } else { (year, number + 1) };
    let from: Date = format!("{year:04}-{number:02}-01").parse().ok()?;
    let after: Date = format!("{:04}-{:02}-01", next.0, next.1).parse().ok()?;
    Some(Period { from, to: after.previous() })
}

/// Reads a mapping: organisation code, subject.
fn mapping(path: &Path) -> Result<HashMap<String, Subject>, Failure> {
    let file = std::fs::File::open(path).map_err(|error| Failure::unreadable(path, &error))?;
    let mut map = HashMap::new();
    for row in csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_reader(file).records() {
        let row = row.map_err(|error| Failure::Malformed(format!("{}: {error}", path.display())))?;
        let (code, subject) = (row.get(0).unwrap_or_default(), row.get(1).unwrap_or_default());
        let subject = subject.parse().map_err(|error| {
            Failure::Malformed(format!("{} maps {code} to no subject: {error}", path.display()))
        })?;
        map.insert(code.to_owned(), subject);
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_regions_as_printed() {
        let spelled = |text: &str| month(text).map(|period| format!("{}..{}", period.from, period.to));
        assert_eq!(spelled("MSitAE-JUNE-2023").as_deref(), Some("2023-06-01..2023-06-30"));
        assert_eq!(spelled("MSitAE-February-2024").as_deref(), Some("2024-02-01..2024-02-29"));
        assert_eq!(spelled("MSitAE-DECEMBER-2023").as_deref(), Some("2023-12-01..2023-12-31"));
        assert_eq!(spelled("June 2023"), None);
        let region = |text: &str| region(text).map(|subject| subject.to_string());
        assert_eq!(
            region("NHS ENGLAND NORTH EAST AND YORKSHIRE").as_deref(),
            Some("region/nhs-north-east-and-yorkshire")
        );
        assert_eq!(Count::of("1,204"), Count::Number(1204));
        assert_eq!(Count::of("*").plus(Count::Number(1)), Count::Suppressed);
        assert_eq!(Count::of("-"), Count::Unreadable);
    }
}
