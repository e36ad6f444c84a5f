//! What ships with the product as data, as the commands that record it: frameworks, bank holidays, the risk
//! policy, areas and their succession, and the published results that the demonstration transcribes.
//!
//! The files are in `schemas/` for anyone to read; here they are part of the program, so that it needs no file at
//! run time. Left out: ids, actors and times, which whoever submits the commands gives.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::assessment::civil::{Date, Holiday, PartialDate, Period};
use crate::assessment::codes::{AreaKind, Name, Subject, Url};
use crate::assessment::command::{Command, ObserveIndicator, SucceedArea};
use crate::assessment::event::{
    AreaRegistered, ContextRecorded, ContextVariable, FrameworkAdopted, HolidayProclaimed, IndicatorDefined,
    Organisation, OrganisationKind, Phase, PrintedScore, RiskPolicyAdopted, ThematicReviewOpened,
};
use crate::assessment::framework::{Framework, Percent, Rating};
use crate::assessment::indicator::Better;
use crate::values::Malformed;

/// A framework as shipped: its definition, and what it assumes beyond its published source, in words.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShippedFramework {
    /// The definition.
    pub framework: Framework,
    /// Assumptions; empty if the source says it all.
    pub assumptions: Vec<String>,
}

const FRAMEWORKS: [&str; 5] = [
    include_str!("../../schemas/frameworks/ics-2023-interim.json"),
    include_str!("../../schemas/frameworks/local-authority-2023.json"),
    include_str!("../../schemas/frameworks/local-authority-2025.json"),
    include_str!("../../schemas/frameworks/provider-2023.json"),
    include_str!("../../schemas/frameworks/provider-2024-12.json"),
];
const HOLIDAYS: &str = include_str!("../../schemas/calendar/bank_holidays.csv");
const RISK_POLICY: &str = include_str!("../../schemas/policies/risk-2026.json");
const REGIONS: &str = include_str!("../../schemas/areas/regions.csv");
const AUTHORITIES: &str = include_str!("../../schemas/areas/local_authorities.csv");
const SYSTEMS_2022: &str = include_str!("../../schemas/areas/icss.csv");
const SYSTEMS_2026: &str = include_str!("../../schemas/areas/icbs_2026.csv");
const RESULTS: &str = include_str!("../../schemas/results/published_results.csv");

const FIGURE_20_ROWS: &str = include_str!("../../schemas/indicators/ae_12h_june2023.csv");
const REVIEWS: [&str; 3] = [
    include_str!("../../schemas/reviews/ics-equity-in-access-2023.json"),
    include_str!("../../schemas/reviews/authority-desk-review-2023.json"),
    include_str!("../../schemas/reviews/ics-plans-2024.json"),
];

/// The indicator of figure 20.
const FIGURE_20: &str = "admissions-over-12h";
/// The code of England in the Office for National Statistics' register.
const ENGLAND: &str = "E92000001";

fn malformed(error: impl std::fmt::Display) -> Malformed {
    Malformed(format!("shipped data: {error}"))
}

fn rows<T: serde::de::DeserializeOwned>(csv: &str) -> Result<Vec<T>, Malformed> {
    csv::Reader::from_reader(csv.as_bytes()).deserialize().collect::<Result<_, _>>().map_err(malformed)
}

/// The five frameworks.
pub fn frameworks() -> Result<Vec<ShippedFramework>, Malformed> {
    FRAMEWORKS.iter().map(|json| serde_json::from_str(json).map_err(malformed)).collect()
}

/// The command that adopts a shipped framework without its assumptions' document.
pub fn adopt(shipped: &ShippedFramework) -> Command {
    Command::AdoptFramework(FrameworkAdopted { framework: shipped.framework.clone(), assumptions: None })
}

/// The command that proclaims the bank holidays of England, 2022 to 2028.
pub fn holidays() -> Result<Command, Malformed> {
    #[derive(Deserialize)]
    struct Row {
        date: Date,
        title: Name,
    }
    let rows: Vec<Row> = rows(HOLIDAYS)?;
    let last_year = rows.iter().map(|row| row.date.year()).max().unwrap_or_default();
    let holidays = rows.into_iter().map(|row| Holiday { date: row.date, name: row.title }).collect();
    let source = Some("https://www.gov.uk/bank-holidays".parse()?);
    Ok(Command::ProclaimHoliday(HolidayProclaimed { holidays, removed: Vec::new(), last_year, source }))
}

/// The command that adopts our risk policy.
pub fn risk_policy() -> Result<Command, Malformed> {
    let policy = serde_json::from_str(RISK_POLICY).map_err(malformed)?;
    Ok(Command::AdoptRiskPolicy(RiskPolicyAdopted { policy }))
}

#[derive(Deserialize)]
struct AuthorityRow {
    ons_code: String,
    name: Name,
    statistical_region: String,
}

#[derive(Deserialize)]
struct System2022Row {
    ods_code: String,
    ons_code: String,
    name: Name,
    region: String,
    upper_tier_la_names: String,
    ons_code_successor_apr2026: String,
}

#[derive(Deserialize)]
struct System2026Row {
    ons_code: String,
    name: Name,
    region: String,
}

/// The commands that make the areas known: England, both lists of regions, 153 authorities, 42 systems of 2022,
/// the new ones of 2026, and who succeeds whom. In an order in which each finds what it names.
pub fn areas() -> Result<Vec<(Subject, Command)>, Malformed> {
    #[derive(Deserialize)]
    struct RegionRow {
        code: String,
        name: Name,
    }
    let england = Subject::area(AreaKind::England, ENGLAND)?;
    let mut commands = vec![(england.clone(), register("England".parse()?, None, None, vec![]))];
    for row in rows::<RegionRow>(REGIONS)? {
        let subject = Subject::area(AreaKind::Region, &row.code)?;
        commands.push((subject, register(row.name, None, None, vec![england.clone()])));
    }
    let authorities: Vec<AuthorityRow> = rows(AUTHORITIES)?;
    let mut codes = BTreeMap::new();
    for row in authorities {
        codes.insert(row.name.to_string(), row.ons_code.clone());
        let subject = Subject::area(AreaKind::LocalAuthority, &row.ons_code)?;
        let region = region("statistical", &row.statistical_region)?;
        commands.push((subject, register(row.name, None, None, vec![region])));
    }
    let old: Vec<System2022Row> = rows(SYSTEMS_2022)?;
    let last_day: Date = "2026-03-31".parse()?;
    for row in &old {
        commands.push(system_of_2022(row, &codes, last_day)?);
    }
    for row in rows::<System2026Row>(SYSTEMS_2026)? {
        if !old.iter().any(|known| known.ons_code == row.ons_code) {
            let subject = Subject::area(AreaKind::Ics, &row.ons_code)?;
            let within = vec![region("nhs", &row.region)?];
            commands.push((subject, register(row.name, Some("2026-04-01".parse()?), None, within)));
        }
    }
    for row in old.iter().filter(|row| row.ons_code_successor_apr2026 != row.ons_code) {
        let successors = row.ons_code_successor_apr2026.split('|');
        let successors =
            successors.map(|code| Subject::area(AreaKind::Ics, code)).collect::<Result<_, _>>()?;
        let succeed = SucceedArea { successors, effective_from: last_day.next() };
        commands.push((Subject::area(AreaKind::Ics, &row.ons_code)?, Command::SucceedArea(succeed)));
    }
    Ok(commands)
}

fn region(list: &str, name: &str) -> Result<Subject, Malformed> {
    Subject::area(AreaKind::Region, &format!("{list}-{}", name.to_lowercase().replace(' ', "-")))
}

fn register(name: Name, from: Option<Date>, to: Option<Date>, within: Vec<Subject>) -> Command {
    Command::RegisterArea(AreaRegistered {
        name,
        effective_from: from,
        effective_to: to,
        ods: None,
        within,
        organisations: Vec::new(),
        source: None,
    })
}

/// A system of 2022 with its board, its partnership and its authorities.
fn system_of_2022(
    row: &System2022Row,
    codes: &BTreeMap<String, String>,
    last_day: Date,
) -> Result<(Subject, Command), Malformed> {
    let mut organisations = Vec::new();
    for name in row.upper_tier_la_names.split("; ") {
        let code = codes.get(name).ok_or_else(|| malformed(format!("no authority is named {name}")))?;
        organisations.push(Organisation {
            id: format!("authority/{code}").parse()?,
            kind: OrganisationKind::Authority,
            name: name.parse()?,
        });
    }
    let succeeded = row.ons_code_successor_apr2026 != row.ons_code;
    let registered = AreaRegistered {
        name: row.name.clone(),
        effective_from: Some("2022-07-01".parse()?),
        effective_to: succeeded.then_some(last_day),
        ods: Some(row.ods_code.to_lowercase().parse()?),
        within: vec![region("nhs", &row.region)?],
        organisations,
        source: None,
    };
    Ok((Subject::area(AreaKind::Ics, &row.ons_code)?, Command::RegisterArea(registered)))
}

/// A thematic review as shipped.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShippedReview {
    /// Its subject.
    pub theme: Subject,
    /// How it is opened.
    pub review: ThematicReviewOpened,
    /// Assumptions beyond its published source.
    pub assumptions: Vec<String>,
}

/// The three thematic reviews.
pub fn reviews() -> Result<Vec<ShippedReview>, Malformed> {
    REVIEWS.iter().map(|json| serde_json::from_str(json).map_err(malformed)).collect()
}

/// The commands that record what is known of each area's context: population and deprivation of the systems of 2022,
/// population of the authorities, which have no deprivation figure and get none from another level.
pub fn contexts() -> Result<Vec<(Subject, Command)>, Malformed> {
    #[derive(Deserialize)]
    struct SystemRow {
        ons_code: String,
        population: String,
        deprivation_share: String,
    }
    #[derive(Deserialize)]
    struct AuthorityRow {
        ons_code: String,
        population_mid2020: String,
    }
    let mut commands = Vec::new();
    for row in rows::<SystemRow>(SYSTEMS_2022)? {
        let subject = Subject::area(AreaKind::Ics, &row.ons_code)?;
        let values = [("population", row.population), ("deprivation-share", row.deprivation_share)];
        // The figures are of mid-2020, before the systems existed in law; they count from their first day.
        commands.extend(context(&values, "2022-07-01")?.map(|command| (subject, command)));
    }
    for row in rows::<AuthorityRow>(AUTHORITIES)? {
        let subject = Subject::area(AreaKind::LocalAuthority, &row.ons_code)?;
        let values = [("population", row.population_mid2020)];
        commands.extend(context(&values, "2020-06-30")?.map(|command| (subject, command)));
    }
    Ok(commands)
}

/// The command that records the values that are known; none if none is.
fn context(values: &[(&str, String)], from: &str) -> Result<Option<Command>, Malformed> {
    let mut variables = Vec::new();
    for (variable, value) in values.iter().filter(|(_, value)| !value.is_empty()) {
        variables.push(ContextVariable { variable: variable.parse()?, value: value.parse()? });
    }
    let recorded = ContextRecorded { effective_from: Some(from.parse()?), variables, source: None };
    Ok((!recorded.variables.is_empty()).then_some(Command::RecordContext(recorded)))
}

/// Figure 20 of State of Care 2022/23: the share of emergency admissions that waited over 12 hours, June 2023, by
/// region of the NHS and for England. The definition, and a figure for each area.
pub fn figure_20() -> Result<(Command, Vec<(Subject, Command)>), Malformed> {
    #[derive(Deserialize)]
    struct Row {
        region: String,
        over_12h_from_decision_to_admit: u64,
        emergency_admissions_via_ae: u64,
    }
    let source: Url = "https://www.cqc.org.uk/publications/major-report/state-care/2022-2023".parse()?;
    let definition = IndicatorDefined {
        id: FIGURE_20.parse()?,
        version: 1,
        name: "Emergency admissions via A&E that waited over 12 hours from decision to admit".parse()?,
        better: Better::Lower,
        unit: "percent".parse()?,
        numerator: Some("over-12h-from-decision-to-admit".parse()?),
        denominator: Some("emergency-admissions-via-ae".parse()?),
        sector: "hospital".parse()?,
        purposes: vec!["outcomes".parse()?],
        statements: vec!["safe-systems-pathways-and-transitions".parse()?, "equity-in-access".parse()?],
        benchmark: None,
        minimum_base: None,
        source: Some(source.clone()),
    };
    let period = Period { from: "2023-06-01".parse()?, to: "2023-06-30".parse()? };
    let mut figures = Vec::new();
    for row in rows::<Row>(FIGURE_20_ROWS)? {
        let subject = match row.region.as_str() {
            "England" => Subject::area(AreaKind::England, ENGLAND)?,
            name => region("nhs", name)?,
        };
        let observed = ObserveIndicator {
            indicator: FIGURE_20.parse()?,
            period,
            value: None,
            numerator: Some(row.over_12h_from_decision_to_admit),
            denominator: Some(row.emergency_admissions_via_ae),
            base: None,
            comparability: None,
            survey: None,
            source: Some(source.clone()),
        };
        figures.push((subject, Command::ObserveIndicator(observed)));
    }
    Ok((Command::DefineIndicator(definition), figures))
}

/// A row of the published results, as far as it was printed.
#[derive(Debug, Clone)]
pub struct PublishedResult {
    /// The authority.
    pub subject: Subject,
    /// Its name in the source.
    pub authority: String,
    /// Date as printed.
    pub date: Option<PartialDate>,
    /// Pilot or formal.
    pub phase: Phase,
    /// Scores as far as printed.
    pub scores: Vec<PrintedScore>,
    /// Percentage as printed.
    pub percent: Option<Percent>,
    /// Rating as printed.
    pub rating: Option<Rating>,
    /// The first address the source names.
    pub source: Url,
    /// The source as given, and what was copied from where and what conflicts.
    pub note: String,
}

/// The 88 published results, in the order of the file.
pub fn published_results() -> Result<Vec<PublishedResult>, Malformed> {
    let frameworks = frameworks()?;
    let framework = frameworks.iter().find(|shipped| shipped.framework.id.as_str() == "local-authority/2025");
    let framework = &framework.ok_or_else(|| malformed("local-authority/2025 is missing"))?.framework;
    let mut reader = csv::Reader::from_reader(RESULTS.as_bytes());
    let records = reader.records().map(|record| published(&record.map_err(malformed)?, framework));
    records.collect()
}

/// Columns: code, name, date, kind, nine scores in the framework's order, percentage, rating, source, note.
fn published(record: &csv::StringRecord, framework: &Framework) -> Result<PublishedResult, Malformed> {
    let column = |at: usize| record.get(at).unwrap_or("");
    let mut scores = Vec::new();
    for (at, statement) in framework.statements().enumerate() {
        if !column(4 + at).is_empty() {
            scores.push(PrintedScore { statement: statement.id.clone(), score: column(4 + at).parse()? });
        }
    }
    let rating = column(14).to_lowercase().replace(' ', "-");
    let source = column(15);
    let first = source.split_whitespace().next().unwrap_or("");
    let present = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Ok(PublishedResult {
        subject: Subject::area(AreaKind::LocalAuthority, column(0))?,
        authority: column(1).to_owned(),
        date: present(column(2)).map(|date| date.parse()).transpose()?,
        phase: if column(3) == "pilot" { Phase::Pilot } else { Phase::Formal },
        scores,
        percent: present(column(13)).map(|percent| percent.parse()).transpose()?,
        rating: present(&rating).map(|rating| rating.parse()).transpose()?,
        source: first.parse()?,
        note: format!("Source: {source}\n{}", column(16)).trim().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_shipped_can_be_read() {
        let frameworks = frameworks().expect("frameworks");
        let counts: Vec<(usize, usize)> =
            frameworks.iter().map(|f| (f.framework.themes.len(), f.framework.statements().count())).collect();
        assert_eq!(counts, [(3, 17), (4, 9), (4, 9), (5, 34), (5, 34)]);
        for shipped in &frameworks {
            assert_eq!(shipped.framework.incoherence(), None, "{}", shipped.framework.id);
        }
        let areas = areas().expect("areas");
        let count = |kind: AreaKind, register: bool| {
            let of_kind = |(subject, command): &&(Subject, Command)| {
                subject.area_kind() == Some(kind) && matches!(command, Command::RegisterArea(_)) == register
            };
            areas.iter().filter(of_kind).count()
        };
        assert_eq!(count(AreaKind::Ics, true), 42 + 7);
        assert_eq!(count(AreaKind::Ics, false), 13);
        assert_eq!(count(AreaKind::LocalAuthority, true), 153);
        assert_eq!(count(AreaKind::Region, true), 7 + 9);
        holidays().expect("holidays");
        risk_policy().expect("policy");
        assert_eq!(contexts().expect("contexts").len(), 42 + 153);
        assert_eq!(
            reviews().expect("reviews").iter().map(|r| r.review.questions.len()).collect::<Vec<_>>(),
            [4, 2, 6]
        );
        assert_eq!(figure_20().expect("figure 20").1.len(), 8);
        let results = published_results().expect("results");
        assert_eq!(results.len(), 88);
        assert_eq!(results.iter().filter(|r| r.scores.len() == 9).count(), 69);
        assert_eq!(results.iter().filter(|r| r.percent.is_some()).count(), 20);
        assert_eq!(results.iter().filter(|r| r.rating.is_none()).count(), 2);
        assert_eq!(results.iter().filter(|r| r.date.is_none()).count(), 3);
    }
}
