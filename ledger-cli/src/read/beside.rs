//! Two ratings of one subject beside each other, as `diff` and `what-if` print them.

use replay::{RatingAnswer, ThemeView};

use super::code;
use crate::output::{Table, or_dash};

/// Said only of areas that have ended.
const SUCCEEDED: &str = "succeeded by";

/// What is said of each as a whole, and what differs.
pub fn overall(sides: [&str; 2], first: &RatingAnswer, second: &RatingAnswer) -> Table {
    let mut table = Table::new(&["", sides[0], sides[1], ""]);
    let result = |answer: &RatingAnswer| or_dash(answer.result.as_ref().map(|result| result.sequence));
    for (what, first, second) in [
        ("status", code(&first.status), code(&second.status)),
        ("rating", or_dash(first.rating), or_dash(second.rating)),
        ("percent", or_dash(first.percent), or_dash(second.percent)),
        ("basis", or_dash(first.basis), or_dash(second.basis)),
        ("method", or_dash(first.framework.as_ref()), or_dash(second.framework.as_ref())),
        ("result", result(first), result(second)),
        ("but", caveats(first), caveats(second)),
        (SUCCEEDED, successors(first), successors(second)),
    ] {
        let differs = if first == second { "" } else { "changed" };
        if what != SUCCEEDED || first != second || first != "-" {
            table.row([what.to_owned(), first, second, differs.to_owned()]);
        }
    }
    table
}

fn successors(answer: &RatingAnswer) -> String {
    let names: Vec<String> =
        answer.successors.iter().map(|successor| successor.subject.to_string()).collect();
    or_dash((!names.is_empty()).then(|| names.join(", ")))
}

fn caveats(answer: &RatingAnswer) -> String {
    let words: Vec<&str> = answer.caveats.iter().map(|caveat| caveat.words()).collect();
    or_dash((!words.is_empty()).then(|| words.join("; ")))
}

/// A theme's sum, percentage and rating, as far as there are scores.
pub fn theme_cell(theme: Option<&ThemeView>) -> String {
    or_dash(theme.map(|theme| match (theme.percent, theme.rating) {
        (Some(percent), Some(rating)) => format!("{}/{}, {percent} %, {rating}", theme.sum, theme.maximum),
        _ => format!("{}/{}", theme.sum, theme.maximum),
    }))
}
