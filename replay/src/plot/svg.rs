//! Elements of a drawing: SVG 1.1 as text, in whole tenths of a millimetre.
//!
//! Every text says its own place, size and anchor, so that a reader of the file can check what lies over what. There
//! are no scripts, no styles and no references to anything outside. Left out: what is drawn.

use std::fmt::{Display, Write};

/// Colours that people with any colour vision tell apart: the palette of Masataka Okabe and Kei Ito, "Color Universal
/// Design" (2002, 2008), without its yellow, which is too light for lines.
pub(super) mod colour {
    pub const BLACK: &str = "#000000";
    pub const ORANGE: &str = "#e69f00";
    pub const SKY_BLUE: &str = "#56b4e9";
    pub const BLUISH_GREEN: &str = "#009e73";
    pub const BLUE: &str = "#0072b2";
    pub const VERMILION: &str = "#d55e00";
    pub const REDDISH_PURPLE: &str = "#cc79a7";
    /// What frames and guides: no meaning of its own.
    pub const GREY: &str = "#767676";
    pub const WHITE: &str = "#ffffff";
}

/// Where a text stands to its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A line of text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'t> {
    pub x: i64,
    /// Its base line.
    pub y: i64,
    /// Height of its letters: 35 are ten points.
    pub size: i64,
    pub anchor: Anchor,
    pub bold: bool,
    pub words: &'t str,
}

/// A shape that marks a place, told apart without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Circle,
    Square,
    Diamond,
    Up,
    Down,
    Right,
    Cross,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stroke {
    pub colour: &'static str,
    pub width: i64,
    /// Lengths of dashes and gaps; a whole line while empty.
    pub dashes: &'static str,
}

/// Text as it stands in XML: what would be read as markup is escaped, and what XML cannot hold is left out.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' => out.push(' '),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {}
            letter => out.push(letter),
        }
    }
    out
}

/// How wide a text is at most, in the widest of the fonts named: six tenths of its height for each letter.
pub(super) fn width(words: &str, size: i64) -> i64 {
    i64::try_from(words.chars().count()).unwrap_or(i64::MAX / 1_000) * size * 6 / 10
}

/// A text shortened to a width, with an ellipsis where something was left out.
pub(super) fn fitted(words: &str, size: i64, room: i64) -> String {
    if width(words, size) <= room {
        return words.to_owned();
    }
    let letters = usize::try_from((room * 10 / (size * 6) - 1).max(0)).unwrap_or(0);
    let kept: String = words.chars().take(letters).collect();
    format!("{}…", kept.trim_end())
}

/// A drawing in the making.
#[derive(Debug, Default)]
pub(super) struct Svg {
    body: String,
}

impl Svg {
    /// An element without content.
    pub fn element(&mut self, name: &str, attributes: &[(&str, &dyn Display)]) {
        self.open(name, attributes);
        self.body.truncate(self.body.len() - 2);
        self.body.push_str("/>\n");
    }

    /// The beginning of an element.
    pub fn open(&mut self, name: &str, attributes: &[(&str, &dyn Display)]) {
        let _ = write!(self.body, "<{name}");
        for (attribute, value) in attributes {
            let _ = write!(self.body, " {attribute}=\"{}\"", escaped(&value.to_string()));
        }
        self.body.push_str(">\n");
    }

    /// Its end.
    pub fn close(&mut self, name: &str) {
        let _ = writeln!(self.body, "</{name}>");
    }

    /// A name for what is drawn in the element that was opened last, for those who hear the drawing.
    pub fn named(&mut self, title: &str) {
        let _ = writeln!(self.body, "<title>{}</title>", escaped(title));
    }

    pub fn rect(&mut self, (x, y): (i64, i64), (width, height): (i64, i64), fill: &str, stroke: &str) {
        self.element(
            "rect",
            &[
                ("x", &x),
                ("y", &y),
                ("width", &width.max(0)),
                ("height", &height.max(0)),
                ("fill", &fill),
                ("stroke", &stroke),
                ("stroke-width", &3),
            ],
        );
    }

    pub fn line(&mut self, (x1, y1): (i64, i64), (x2, y2): (i64, i64), stroke: Stroke) {
        self.path(&format!("M{x1} {y1}L{x2} {y2}"), stroke);
    }

    pub fn path(&mut self, d: &str, stroke: Stroke) {
        let mut attributes: Vec<(&str, &dyn Display)> =
            vec![("d", &d), ("fill", &"none"), ("stroke", &stroke.colour), ("stroke-width", &stroke.width)];
        if !stroke.dashes.is_empty() {
            attributes.push(("stroke-dasharray", &stroke.dashes));
        }
        self.element("path", &attributes);
    }

    pub fn text(&mut self, text: Text) {
        let anchor = match text.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let weight = if text.bold { " font-weight=\"bold\"" } else { "" };
        let _ = writeln!(
            self.body,
            "<text x=\"{}\" y=\"{}\" font-size=\"{}\" text-anchor=\"{anchor}\"{weight}>{}</text>",
            text.x,
            text.y,
            text.size,
            escaped(text.words)
        );
    }

    /// A shape around a place, `r` from its middle to its edge; hollow or filled.
    pub fn shape(&mut self, shape: Shape, (x, y): (i64, i64), r: i64, colour: &'static str, filled: bool) {
        let fill = if filled { colour } else { colour::WHITE };
        let d = match shape {
            Shape::Circle => {
                self.element(
                    "circle",
                    &[
                        ("cx", &x),
                        ("cy", &y),
                        ("r", &r),
                        ("fill", &fill),
                        ("stroke", &colour),
                        ("stroke-width", &5),
                    ],
                );
                return;
            }
            Shape::Square => {
                let s = r * 9 / 10;
                format!("M{} {}h{}v{}h-{}z", x - s, y - s, 2 * s, 2 * s, 2 * s)
            }
            Shape::Diamond => {
                format!(
                    "M{x} {}L{} {y}L{x} {}L{} {y}z",
                    y - r * 5 / 4,
                    x + r * 5 / 4,
                    y + r * 5 / 4,
                    x - r * 5 / 4
                )
            }
            Shape::Up => format!("M{x} {}L{} {}H{}z", y - r * 6 / 5, x + r * 6 / 5, y + r, x - r * 6 / 5),
            Shape::Down => format!("M{x} {}L{} {}H{}z", y + r * 6 / 5, x + r * 6 / 5, y - r, x - r * 6 / 5),
            Shape::Right => {
                format!("M{} {y}L{} {}V{}z", x + r * 6 / 5, x - r, y + r * 6 / 5, y - r * 6 / 5)
            }
            Shape::Cross => {
                let d = format!("M{0} {1}L{2} {3}M{0} {3}L{2} {1}", x - r, y - r, x + r, y + r);
                return self.path(&d, Stroke { colour, width: 9, dashes: "" });
            }
        };
        self.element("path", &[("d", &d), ("fill", &fill), ("stroke", &colour), ("stroke-width", &5)]);
    }

    /// The body so far.
    pub fn into_body(self) -> String {
        self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(escaped("a<b> & \"c\" 'd'\u{0}\u{7}"), "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
    }

    #[test]
    fn a_text_is_cut_to_its_room() {
        assert_eq!(fitted("Example Vale", 10, 72), "Example Vale");
        assert_eq!(fitted("Example Vale", 10, 60), "Example V…");
        assert!(width(&fitted("Example Vale", 10, 60), 10) <= 60);
    }
}
