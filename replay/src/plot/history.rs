//! One subject over time: theme scores and overall as known at one moment, and what happened, on the axis of valid
//! time.
//!
//! Bands of the method lie behind the lines; below, each kind of event has a lane. A label that finds no room is left
//! out and its mark stays; every mark has a title that says it whole.

use ledger_core::assessment::codes::{AreaKind, FrameworkId, ThemeId};
use ledger_core::assessment::framework::{Band, Framework, Percent};

use super::axis::Axis;
use super::svg::{Shape, Stroke, colour, fitted, width};
use super::{Imprint, MARGIN, PAGE, Sheet};
use crate::register::Status;
use crate::timeline::{Mark, MarkKind, RatingPoint, Timeline};

/// The plot, from left to right and from the top to its base. From half a percent below the lowest percentage there
/// can be, 25, to half a percent above 100: twelve units for each.
const LEFT: i64 = 430;
const RIGHT: i64 = 2_000;
const TOP: i64 = 378;
const BASE: i64 = 1_290;
const HALF_PERCENT: i64 = 6;
/// Lanes: where the first begins, and how high each is.
const LANES: i64 = 1_362;
const LANE: i64 = 70;
/// Where the names of lines begin.
const ENDS: i64 = RIGHT + 70;
/// Between the base lines of labels at the ends of lines.
const LABELS_APART: i64 = 46;
/// Letters of labels, and of those beside marks.
const SMALL: i64 = 28;
const SMALLER: i64 = 26;

/// How the lines of themes are told apart: shape, dashes, colour.
const STYLES: [(Shape, &str, &str); 5] = [
    (Shape::Square, "40 14", colour::BLUE),
    (Shape::Diamond, "10 12", colour::VERMILION),
    (Shape::Up, "50 14 10 14", colour::BLUISH_GREEN),
    (Shape::Down, "24 10", colour::REDDISH_PURPLE),
    (Shape::Right, "30 10 6 10 6 10", colour::ORANGE),
];

/// What lanes there are.
const LANE_NAMES: [&str; 5] = ["results", "corrections", "reviews", "withdrawals", "triggers"];

/// A line through the percentages of a theme, or of the overall rating.
struct Series {
    name: String,
    shape: Shape,
    stroke: Stroke,
    /// How far it is moved up, so that lines that coincide are both seen.
    raised: i64,
    levels: Vec<Level>,
}

/// Where a line runs from a day on.
#[derive(Clone)]
struct Level {
    x: i64,
    /// None where there is nothing to draw.
    y: Option<i64>,
    method: Option<FrameworkId>,
    /// Without a percentage: in the middle of its band.
    guessed: bool,
    words: String,
}

/// Draws a subject's timeline up to a day. The same timeline gives the same bytes.
pub fn history(timeline: &Timeline, imprint: &Imprint) -> String {
    let points = timeline.points(imprint.as_of);
    let marks = timeline.marks(imprint.as_of);
    let method = points.iter().rev().find_map(|point| point.framework.as_ref());
    let framework = method.and_then(|id| timeline.register.framework(id));
    let first = points.iter().map(|point| point.from).chain(marks.iter().map(|mark| mark.day)).min();
    let axis = Axis::new(first.unwrap_or(imprint.as_of), imprint.as_of, (LEFT, RIGHT));
    let mut sheet = begin(timeline, &points, imprint);
    bands(&mut sheet, framework);
    dates(&mut sheet, axis, &marks);
    let ends = axis.x(imprint.as_of);
    let series = all_series(&points, framework, axis);
    // Overall lies below, since it is the thickest; of the shapes it is the last.
    series.iter().rev().for_each(|line| draw_line(&mut sheet, line, ends));
    series.iter().for_each(|line| draw_shapes(&mut sheet, line));
    name_lines(&mut sheet, &series, ends);
    // Where no line reaches the last day, what is said then stands in its place.
    if !points.last().is_some_and(is_shown) {
        let said = points.last().map_or("not yet assessed".to_owned(), |point| point.then.words());
        sheet.write(ENDS, TOP + 30, SMALL, true, &fitted(&said, SMALL, PAGE.0 - MARGIN / 2 - ENDS));
    }
    lanes(&mut sheet, &marks, &points, axis);
    key(&mut sheet);
    sheet.finish(&notes(timeline, &points), imprint)
}

fn begin(timeline: &Timeline, points: &[RatingPoint], imprint: &Imprint) -> Sheet {
    let subject = &timeline.subject;
    let name = timeline.register.area(subject).map_or(subject.to_string(), |area| area.name.to_string());
    let mut methods: Vec<&str> = Vec::new();
    for method in points.iter().filter_map(|point| point.framework.as_ref()) {
        if methods.last() != Some(&method.as_str()) {
            methods.push(method.as_str());
        }
    }
    let method = if methods.is_empty() { "none yet".to_owned() } else { methods.join(", then ") };
    let said: Vec<String> =
        points.iter().map(|point| format!("From {}: {}.", point.from, point.then.words())).collect();
    let said = if said.is_empty() { "Not yet assessed.".to_owned() } else { said.join(" ") };
    let subtitle = [
        format!("{subject}: overall and theme scores in percent of the maximum, by the day they count from"),
        format!("{}; method {method}", imprint.clocks()),
    ];
    let description = format!("Overall and theme scores over time. {said}");
    Sheet::new(format!("{name}: rating over time"), &subtitle, description, imprint, PAGE.1)
}

fn height_of(halves: i64) -> i64 {
    BASE - (halves - 49).clamp(0, 152) * HALF_PERCENT
}

fn height(percent: Percent) -> i64 {
    height_of(2 * i64::from(percent.get()))
}

/// The upper and lower edge of a band: between its first percentage and the one below.
fn edges(band: &Band) -> (i64, i64) {
    let below = 2 * i64::from(band.from_percent.get()) - 1;
    (height_of(2 * i64::from(band.to_percent.get()) + 1), height_of(below))
}

fn bands(sheet: &mut Sheet, framework: Option<&Framework>) {
    let bands = framework.map_or(&[][..], |framework| &framework.bands);
    for (at, band) in bands.iter().enumerate() {
        let (top, base) = edges(band);
        let fill = if at % 2 == 0 { "#ededed" } else { colour::WHITE };
        sheet.svg.rect((LEFT, top), (RIGHT - LEFT, base - top), fill, "none");
        let edge = Stroke { colour: colour::GREY, width: 2, dashes: "6 6" };
        sheet.svg.line((LEFT, top), (RIGHT, top), edge);
        name_band(sheet, band, (top, base));
    }
    sheet.svg.rect((LEFT, TOP), (RIGHT - LEFT, BASE - TOP), "none", colour::GREY);
}

/// The rating, a word a line, and its percentages; nothing where the band is too thin for them.
fn name_band(sheet: &mut Sheet, band: &Band, (top, base): (i64, i64)) {
    let words: Vec<&str> = band.rating.as_str().split('-').collect();
    let lines = i64::try_from(words.len()).unwrap_or(1) + 1;
    if base - top < 34 * lines {
        return;
    }
    let first = (top + base) / 2 - 8 - 17 * (lines - 2);
    let range = format!("{} to {} %", band.from_percent, band.to_percent);
    let texts = words.into_iter().map(|word| (word, true)).chain([(range.as_str(), false)]);
    for (at, (text, bold)) in (0_i64..).zip(texts) {
        sheet.ending_at(LEFT - 18, first + 34 * at, SMALL, bold, text);
    }
}

fn dates(sheet: &mut Sheet, axis: Axis, marks: &[Mark]) {
    let tick = Stroke { colour: colour::BLACK, width: 4, dashes: "" };
    for (day, name) in axis.named() {
        let x = axis.x(day);
        sheet.svg.line((x, BASE), (x, BASE + 14), tick);
        sheet.centred(x, BASE + 50, SMALL, false, &name);
    }
    let guide = Stroke { colour: colour::GREY, width: 2, dashes: "4 10" };
    let mut results: Vec<i64> =
        marks.iter().filter(|mark| mark.kind.lane() == 0).map(|mark| axis.x(mark.day)).collect();
    results.dedup();
    for x in results {
        sheet.svg.line((x, TOP), (x, BASE), guide);
    }
}

/// The themes, and overall last.
fn all_series(points: &[RatingPoint], framework: Option<&Framework>, axis: Axis) -> Vec<Series> {
    let mut ids: Vec<&ThemeId> = Vec::new();
    for theme in points.iter().rev().flat_map(|point| &point.themes) {
        if !ids.contains(&&theme.id) {
            ids.push(&theme.id);
        }
    }
    let themes = ids.iter().zip(STYLES.iter().cycle()).enumerate();
    let mut series: Vec<Series> = themes
        .map(|(at, (id, (shape, dashes, colour)))| Series {
            name: theme_name(framework, id),
            shape: *shape,
            stroke: Stroke { colour, width: 7, dashes },
            raised: 4 * (i64::try_from(at).unwrap_or(0) % 5 - 2),
            levels: points.iter().map(|point| theme_level(point, id, axis)).collect(),
        })
        .filter(|series| series.levels.iter().any(|level| level.y.is_some()))
        .collect();
    series.push(Series {
        name: "overall".to_owned(),
        shape: Shape::Circle,
        stroke: Stroke { colour: colour::BLACK, width: 12, dashes: "" },
        raised: 0,
        levels: points.iter().map(|point| overall_level(point, framework, axis)).collect(),
    });
    series
}

fn theme_name(framework: Option<&Framework>, id: &ThemeId) -> String {
    let named = framework.and_then(|framework| framework.themes.iter().find(|theme| theme.id == *id));
    named.map_or(id.to_string(), |theme| theme.name.to_string())
}

/// Whether a result is in force there.
fn is_shown(point: &RatingPoint) -> bool {
    point.then.status == Status::InForce
}

fn theme_level(point: &RatingPoint, id: &ThemeId, axis: Axis) -> Level {
    let theme = point.themes.iter().find(|theme| theme.id == *id && is_shown(point));
    let percent = theme.and_then(|theme| theme.percent);
    Level {
        x: axis.x(point.from),
        y: percent.map(height),
        method: point.framework.clone(),
        guessed: false,
        words: percent.map_or(String::new(), |percent| format!("{percent} %")),
    }
}

fn overall_level(point: &RatingPoint, framework: Option<&Framework>, axis: Axis) -> Level {
    let bands = framework.map_or(&[][..], |framework| &framework.bands);
    let band = bands.iter().find(|band| Some(band.rating) == point.then.rating).map(edges);
    let middle = band.map(|(top, base)| (top + base) / 2);
    let percent = point.then.percent.or(point.then.printed);
    let shown = is_shown(point);
    Level {
        x: axis.x(point.from),
        y: percent.map(height).or(middle).filter(|_| shown),
        method: point.framework.clone(),
        guessed: point.then.percent.is_none(),
        words: point.then.words(),
    }
}

impl Series {
    /// The levels that are drawn, with their heights and whether each is joined to the one before: no gap lies
    /// between, and both are under one method.
    fn drawn(&self) -> impl Iterator<Item = (usize, &Level, i64, Option<i64>)> {
        let mut before: Option<(i64, &Level)> = None;
        self.levels.iter().enumerate().filter_map(move |(at, level)| {
            let joined = before.filter(|(_, before)| before.method == level.method);
            let joined = joined.filter(|(_, before)| !before.guessed && !level.guessed).map(|(y, _)| y);
            before = level.y.map(|y| (y - self.raised, level));
            before.map(|(y, level)| (at, level, y, joined))
        })
    }
}

/// A line in steps: along each level to the next.
fn draw_line(sheet: &mut Sheet, series: &Series, ends: i64) {
    for (at, level, y, joined) in series.drawn() {
        let until = series.levels.get(at + 1).map_or(ends, |next| next.x);
        let dashes = if level.guessed { "14 14" } else { series.stroke.dashes };
        let begin = joined.map_or(format!("M{} {y}", level.x), |from| format!("M{} {from}V{y}", level.x));
        sheet.svg.path(&format!("{begin}H{until}"), Stroke { dashes, ..series.stroke });
    }
}

/// A shape wherever a line begins or turns.
fn draw_shapes(sheet: &mut Sheet, series: &Series) {
    for (_, level, y, joined) in series.drawn() {
        if joined != Some(y) {
            sheet.svg.open("g", &[]);
            sheet.svg.named(&format!("{}: {}", series.name, level.words));
            sheet.svg.shape(series.shape, (level.x, y), 13, series.stroke.colour, !level.guessed);
            sheet.svg.close("g");
        }
    }
}

/// What stands at the end of a line: of a name that is too long the beginning, and always what is said.
fn end_label(name: &str, words: &str) -> String {
    let room = PAGE.0 - MARGIN / 2 - ENDS - width(words, SMALL) - width(": ", SMALL);
    format!("{}: {words}", fitted(name, SMALL, room.max(0)))
}

/// Names each line where it ends, with room between the names.
fn name_lines(sheet: &mut Sheet, series: &[Series], ends: i64) {
    let last = |series: &Series| {
        let level = series.levels.last()?;
        Some((level.y? - series.raised, end_label(&series.name, &level.words), !level.guessed))
    };
    let mut labels: Vec<(i64, String, bool, &Series)> = series
        .iter()
        .filter_map(|series| last(series).map(|(y, words, filled)| (y, words, filled, series)))
        .collect();
    labels.sort_by_key(|(y, name, ..)| (*y, name.clone()));
    let mut lowest = TOP - LABELS_APART;
    let mut places = Vec::new();
    for (y, ..) in &labels {
        lowest = (lowest + LABELS_APART).max(*y);
        places.push(lowest);
    }
    // What was pushed below the base moves all of them up.
    let mut highest = BASE + LABELS_APART;
    for place in places.iter_mut().rev() {
        highest = (highest - LABELS_APART).min(*place);
        *place = highest;
    }
    let leader = Stroke { colour: colour::GREY, width: 3, dashes: "" };
    let x = ENDS - 26;
    for ((y, name, filled, series), place) in labels.into_iter().zip(places) {
        sheet.svg.line((ends, y), (x - 16, place), leader);
        sheet.svg.shape(series.shape, (x, place), 13, series.stroke.colour, filled);
        sheet.write(x + 26, place + 10, SMALL, series.shape == Shape::Circle, &name);
    }
}

impl MarkKind {
    /// The lane it lies in.
    fn lane(self) -> i64 {
        match self {
            MarkKind::Published | MarkKind::Transcribed => 0,
            MarkKind::Corrected => 1,
            MarkKind::ReviewRequested | MarkKind::ReviewDecided => 2,
            MarkKind::Withdrawn => 3,
            MarkKind::Triggered | MarkKind::Discharged => 4,
        }
    }

    /// Its shape, and whether that is filled.
    fn shape(self) -> (Shape, bool) {
        match self {
            MarkKind::Published => (Shape::Circle, true),
            MarkKind::Transcribed => (Shape::Circle, false),
            MarkKind::Corrected => (Shape::Diamond, true),
            MarkKind::ReviewRequested => (Shape::Right, false),
            MarkKind::ReviewDecided => (Shape::Right, true),
            MarkKind::Withdrawn => (Shape::Cross, true),
            MarkKind::Triggered => (Shape::Up, true),
            MarkKind::Discharged => (Shape::Up, false),
        }
    }

    fn words(self) -> &'static str {
        match self {
            MarkKind::Published => "published here",
            MarkKind::Transcribed => "transcribed",
            MarkKind::Corrected => "correction",
            MarkKind::ReviewRequested => "review asked",
            MarkKind::ReviewDecided => "decided",
            MarkKind::Withdrawn => "withdrawn",
            MarkKind::Triggered => "trigger",
            MarkKind::Discharged => "discharged",
        }
    }

    const ALL: [MarkKind; 8] = [
        MarkKind::Published,
        MarkKind::Transcribed,
        MarkKind::Corrected,
        MarkKind::ReviewRequested,
        MarkKind::ReviewDecided,
        MarkKind::Withdrawn,
        MarkKind::Triggered,
        MarkKind::Discharged,
    ];
}

fn lanes(sheet: &mut Sheet, marks: &[Mark], points: &[RatingPoint], axis: Axis) {
    let guide = Stroke { colour: colour::GREY, width: 2, dashes: "" };
    for (lane, name) in (0_i64..).zip(LANE_NAMES) {
        let y = LANES + LANE / 2 + LANE * lane;
        sheet.svg.line((LEFT, y), (RIGHT, y), guide);
        sheet.ending_at(LEFT - 18, y + 10, SMALL, true, name);
        let own: Vec<&Mark> = marks.iter().filter(|mark| mark.kind.lane() == lane).collect();
        let mut free = LEFT;
        for (at, mark) in own.iter().enumerate() {
            let x = axis.x(mark.day);
            let next = own.get(at + 1).map_or(PAGE.0 - MARGIN, |next| axis.x(next.day) - 20);
            let tried = labels(mark, points);
            free = draw_mark(sheet, mark, &tried, (x, y), (free, next));
        }
    }
}

/// Draws a mark, and beside it the first of the labels tried that lies in the room left. Returns where that ends.
fn draw_mark(
    sheet: &mut Sheet,
    mark: &Mark,
    tried: &[String],
    (x, y): (i64, i64),
    (free, next): (i64, i64),
) -> i64 {
    let (shape, filled) = mark.kind.shape();
    sheet.svg.open("g", &[]);
    let recorded = mark.recorded_time.to_string()[..10].to_owned();
    let said = format!(
        "{} {}: {} (entry {}, recorded {recorded})",
        mark.day,
        mark.kind.words(),
        mark.summary,
        mark.sequence
    );
    sheet.svg.named(&said);
    sheet.svg.shape(shape, (x, y), 14, colour::BLACK, filled);
    sheet.svg.close("g");
    let begin = x + 26;
    let fits = |words: &&String| begin >= free && begin + width(words, SMALLER) <= next;
    let Some(words) = tried.iter().find(fits) else { return free.max(x + 26) };
    let end = begin + width(words, SMALLER);
    // The guide of the lane does not run through words.
    sheet.svg.rect((begin - 4, y - 24), (end.min(RIGHT) - begin + 8, 48), colour::WHITE, "none");
    sheet.write(begin, y + 9, SMALLER, false, words);
    end + 20
}

/// What may stand beside a mark, the longest first: `2026-03-17 good, 64 %`, `2026-03-17 64 %`, `2026-03-17`. Beside a
/// result stands what is said since.
fn labels(mark: &Mark, points: &[RatingPoint]) -> Vec<String> {
    let day = mark.day.to_string();
    let said = points.iter().find(|point| point.from == mark.day).map(|point| point.then);
    let words = match said.filter(|_| mark.kind.lane() == 0) {
        Some(then) => {
            let percent = then.percent.or(then.printed).map(|percent| format!("{percent} %"));
            std::iter::once(then.words()).chain(percent).collect()
        }
        None => {
            let first = mark.summary.split([',', ':']).next().unwrap_or_default();
            vec![first.to_owned(), first.split(" on ").next().unwrap_or_default().to_owned()]
        }
    };
    words.into_iter().map(|words| format!("{day} {words}")).chain([day.clone()]).collect()
}

/// What the shapes mean, in one line.
fn key(sheet: &mut Sheet) {
    let y = LANES + 5 * LANE + 42;
    let mut x = MARGIN + 16;
    for kind in MarkKind::ALL {
        let (shape, filled) = kind.shape();
        sheet.svg.shape(shape, (x, y - 10), 14, colour::BLACK, filled);
        sheet.write(x + 26, y, SMALL, false, kind.words());
        x += 26 + width(kind.words(), SMALL) + 50;
    }
}

fn notes(timeline: &Timeline, points: &[RatingPoint]) -> Vec<String> {
    let mut notes = vec![
        "Lines that coincide are drawn apart by less than one percent. Dotted: no percentage can be computed; as \
         printed, else the middle of the band."
            .to_owned(),
        "A correction is marked on the first day of what it corrects; \
         `ledger history --ratings` says when each change was recorded."
            .to_owned(),
    ];
    if points.windows(2).any(|pair| pair[0].framework != pair[1].framework) {
        notes.push("Where the method changes, or no result is in force, lines are not joined.".to_owned());
    }
    if timeline.subject.area_kind() == Some(AreaKind::Ics) {
        notes.push("Percentages of integrated care systems follow a method of our own choice.".to_owned());
    }
    notes
}
