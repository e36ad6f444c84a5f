//! Drawings for people: one page each, legible in print, without colour, and to a screen reader.
//!
//! A drawing is a document: it names its ledger, its head, both clocks and the ledger's marks, since a saved file loses
//! everything around it. Equal answers give equal bytes; coordinates are whole numbers. Meaning is never in colour
//! alone: lines have dashes and shapes, and are named where they end. [`history()`] draws one subject over time,
//! [`national()`] the country on a day. Left out: what is drawn (`timeline.rs`, `national.rs`).

mod axis;
mod history;
mod national;
mod svg;

pub use history::history;
pub use national::national;

use ledger_core::assessment::civil::Date;
use ledger_core::log::Head;

use crate::clocks::KnownAt;
use crate::log::Log;
use svg::{Anchor, Stroke, Svg, Text, colour, escaped, fitted, width};

/// What every drawing says about where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imprint {
    /// The ledger.
    pub origin: String,
    /// The marks of the ledger.
    pub notices: Vec<&'static str>,
    /// The head as known then.
    pub head: Head,
    /// The day asked about.
    pub as_of: Date,
    /// As known when.
    pub known_at: KnownAt,
}

impl Imprint {
    /// The imprint of an answer from this ledger.
    pub fn of(log: &Log, head: Head, as_of: Date, known_at: KnownAt) -> Self {
        let origin = format!("https://{}", log.founded().origin);
        Imprint { origin, notices: log.notices(), head, as_of, known_at }
    }

    fn clocks(&self) -> String {
        match self.known_at {
            KnownAt::Now => format!("as of {}, as known now", self.as_of),
            at => format!("as of {}, as known at {at}", self.as_of),
        }
    }
}

/// A4 on its side, in tenths of a millimetre.
const PAGE: (i64, i64) = (2_970, 2_100);
/// What printers leave white.
const MARGIN: i64 = 120;

/// A page with title, marks and imprint.
struct Sheet {
    svg: Svg,
    title: String,
    /// What the drawing says, in sentences, for those who hear it.
    description: String,
    height: i64,
}

impl Sheet {
    /// A page that begins with a title and lines under it. Higher than A4 only if there is too much to draw.
    fn new(title: String, subtitle: &[String], description: String, imprint: &Imprint, height: i64) -> Self {
        let mut sheet = Sheet { svg: Svg::default(), title, description, height: height.max(PAGE.1) };
        sheet.svg.rect((0, 0), (PAGE.0, sheet.height), colour::WHITE, "none");
        let marks = imprint.notices.join(" · ");
        let room = PAGE.0 - 2 * MARGIN;
        let taken = if marks.is_empty() { 0 } else { width(&marks, 40) + 100 };
        let title = fitted(&sheet.title, 60, room - taken);
        sheet.write(MARGIN, 150, 60, true, &title);
        if !marks.is_empty() {
            let wide = width(&marks, 40) + 40;
            sheet.svg.rect((PAGE.0 - MARGIN - wide, 92), (wide, 76), colour::WHITE, colour::BLACK);
            sheet.centred(PAGE.0 - MARGIN - wide / 2, 145, 40, true, &marks);
        }
        for (line, y) in subtitle.iter().zip((215..).step_by(50)) {
            sheet.write(MARGIN, y, 36, false, &fitted(line, 36, room));
        }
        sheet
    }

    fn write(&mut self, x: i64, y: i64, size: i64, bold: bool, words: &str) {
        self.svg.text(Text { x, y, size, anchor: Anchor::Start, bold, words });
    }

    fn centred(&mut self, x: i64, y: i64, size: i64, bold: bool, words: &str) {
        self.svg.text(Text { x, y, size, anchor: Anchor::Middle, bold, words });
    }

    fn ending_at(&mut self, x: i64, y: i64, size: i64, bold: bool, words: &str) {
        self.svg.text(Text { x, y, size, anchor: Anchor::End, bold, words });
    }

    /// The page with its imprint, and `notes` above that.
    fn finish(mut self, notes: &[String], imprint: &Imprint) -> String {
        let room = PAGE.0 - 2 * MARGIN;
        let source = format!("{} · {}", imprint.origin, imprint.clocks());
        let head = format!("head {}", imprint.head);
        let lines: Vec<&String> = notes.iter().chain([&source, &head]).collect();
        let above = i64::try_from(lines.len()).unwrap_or(0) * 38;
        let first = self.height - MARGIN - above;
        let guide = Stroke { colour: colour::GREY, width: 3, dashes: "" };
        self.svg.line((MARGIN, first), (PAGE.0 - MARGIN, first), guide);
        for (line, y) in lines.into_iter().zip((first + 38..).step_by(38)) {
            self.write(MARGIN, y, 28, false, &fitted(line, 28, room));
        }
        let (wide, high) = (PAGE.0 / 10, self.height / 10);
        let marks: String = imprint.notices.iter().map(|mark| format!("{mark}. ")).collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"{wide}mm\" height=\"{high}mm\" \
             viewBox=\"0 0 {} {}\" font-family=\"Arial, Helvetica, 'DejaVu Sans', sans-serif\" role=\"img\" \
             aria-labelledby=\"title desc\">\n\
             <title id=\"title\">{}</title>\n<desc id=\"desc\">{}</desc>\n{}</svg>\n",
            PAGE.0,
            self.height,
            escaped(&self.title),
            escaped(&format!("{marks}{} {source}; {head}.", self.description)),
            self.svg.into_body()
        )
    }
}
