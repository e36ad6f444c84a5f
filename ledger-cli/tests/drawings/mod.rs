//! Reads a drawing as a stranger would: with an XML parser that knows nothing of how it was made.

use roxmltree::{Document, Node};

const SVG: &str = "http://www.w3.org/2000/svg";
/// The attributes that are numbers.
const NUMBERS: [&str; 14] = [
    "x",
    "y",
    "x1",
    "y1",
    "x2",
    "y2",
    "cx",
    "cy",
    "r",
    "width",
    "height",
    "font-size",
    "stroke-width",
    "version",
];

/// A text with the rectangle that it fills.
struct Placed {
    words: String,
    left: i64,
    right: i64,
    top: i64,
    base: i64,
}

fn number(node: Node, name: &str) -> i64 {
    let text = node.attribute(name).unwrap_or_else(|| panic!("{name} of {node:?}"));
    text.parse().unwrap_or_else(|_| panic!("{name} of {node:?} is no whole number"))
}

/// Six tenths of the size for each letter: wider than the fonts named draw any but capitals.
fn placed(node: Node) -> Placed {
    let words = node.text().unwrap_or_default().to_owned();
    let (x, base, size) = (number(node, "x"), number(node, "y"), number(node, "font-size"));
    let wide = i64::try_from(words.chars().count()).expect("few") * size * 6 / 10;
    let left = match node.attribute("text-anchor") {
        Some("middle") => x - wide / 2,
        Some("end") => x - wide,
        _ => x,
    };
    Placed { words, left, right: left + wide, top: base - size * 8 / 10, base: base + size * 2 / 10 }
}

fn overlap(a: &Placed, b: &Placed) -> bool {
    a.left < b.right && b.left < a.right && a.top < b.base && b.top < a.base
}

/// Texts that lie over each other.
fn overlapping(texts: &[Placed]) -> Vec<(&str, &str)> {
    let pairs = texts.iter().enumerate().flat_map(|(at, a)| texts[at + 1..].iter().map(move |b| (a, b)));
    pairs.filter(|(a, b)| overlap(a, b)).map(|(a, b)| (&*a.words, &*b.words)).collect()
}

/// Checks what every drawing must be, and returns its texts: well-formed, on its page, with whole numbers, nothing
/// outside it and no script, a title and a description, and no text over another.
pub fn checked(drawing: &str) -> Vec<String> {
    let document = Document::parse(drawing).unwrap_or_else(|error| panic!("{error}: {drawing}"));
    let root = document.root_element();
    assert_eq!(root.tag_name().namespace(), Some(SVG));
    for name in ["title", "desc"] {
        let node = root.children().find(|node| node.has_tag_name((SVG, name)));
        assert!(node.and_then(|node| node.text()).is_some_and(|text| text.len() > 10), "no {name}");
    }
    let page: Vec<i64> =
        root.attribute("viewBox").expect("a page").split(' ').map(|n| n.parse().expect("a number")).collect();
    for node in root.descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        assert!(!matches!(name, "script" | "style" | "image" | "foreignObject" | "a"), "{name}");
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            assert!(
                !name.starts_with("on") && name != "href" && !value.contains('.') || name == "version",
                "{node:?}"
            );
            if NUMBERS.contains(&name) && node != root {
                number(node, name);
            }
        }
    }
    let texts: Vec<Placed> =
        root.descendants().filter(|node| node.has_tag_name((SVG, "text"))).map(placed).collect();
    for text in &texts {
        let inside = text.left >= 0 && text.right <= page[2] && text.top >= 0 && text.base <= page[3];
        assert!(inside && !text.words.is_empty(), "'{}' does not lie on the page", text.words);
    }
    assert_eq!(overlapping(&texts), [], "texts lie over each other");
    texts.into_iter().map(|text| text.words).collect()
}
