//! Reading sled: the page that holds one position, with every way in which that can go wrong.
//!
//! Never the next key: sled's iterators are no snapshots, and sealing replaces pages while others read.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::super::ReadError;
use super::super::page::{self, Header, Page, PageError};
use super::closing::SLED_THREADS;
use crate::values::Sequence;

/// The page with the entry `from`, and its first sequence. Any other finding is damage, unless sealing just
/// changed it.
pub(super) fn page_of(db: &::sled::Db, from: Sequence) -> Result<(u64, Page), ReadError> {
    match caught(|| find_page(db, from.get())) {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(Fault::Damage(what))) => Err(ReadError::Damaged { sequence: from, what }),
        Ok(Err(Fault::Sled(error))) => Err(ReadError::Io(error)),
        Err(panic) => Err(ReadError::Io(format!("sled panicked: {panic}"))),
    }
}

/// Why a page was not found.
pub(super) enum Fault {
    Damage(String),
    Sled(String),
}

impl From<::sled::Error> for Fault {
    fn from(error: ::sled::Error) -> Self {
        match error {
            ::sled::Error::Corruption { .. } => Fault::Damage(super::opening::spelled(&error)),
            other => Fault::Sled(other.to_string()),
        }
    }
}

impl From<PageError> for Fault {
    fn from(error: PageError) -> Self {
        Fault::Damage(error.to_string())
    }
}

pub(super) fn find_page(db: &::sled::Db, from: u64) -> Result<(u64, Page), Fault> {
    let damage = |what: &str| Err(Fault::Damage(what.to_owned()));
    let (first, part, value) = last_value(db, from)?;
    let part_0 = if part == 0 { Some(value) } else { db.get(page::key(first, 0))? };
    let Some(mut whole) = part_0 else {
        return damage("its page has no first part");
    };
    for part in 1..Header::parse(&whole)?.parts {
        match db.get(page::key(first, part))? {
            Some(value) => whole = [&whole[..], &value].concat().into(),
            None => return damage("its page lacks a part"),
        }
    }
    let page = page::decode(&whole)?;
    if from - first >= u64::from(page.header.count) {
        return damage("the page before it ends before it");
    }
    Ok((first, page))
}

/// The value with the greatest key that may be of the page with entry `from`, past blanks; first sequence and part.
fn last_value(db: &::sled::Db, from: u64) -> Result<(u64, u8, ::sled::IVec), Fault> {
    let damage = |what: &str| Err(Fault::Damage(what.to_owned()));
    let mut until = page::key(from, u8::MAX);
    // One step backwards is one look-up; nothing is carried to the next but where it begins.
    while let Some((found, value)) = db.range(..=until).next_back().transpose()? {
        let Some((first, part)) = page::parse_key(&found) else {
            return damage("a key is not a page's");
        };
        match (value.is_empty(), part, first.checked_sub(1)) {
            (false, ..) => return Ok((first, part, value)),
            (true, 0, None) => break,
            (true, 0, Some(before)) => until = page::key(before, u8::MAX),
            // Of the blanks behind a page the first is as good as the last: a page may begin where they do.
            (true, ..) => until = page::key(first, 0),
        }
    }
    damage("no page begins at or before it")
}

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Runs what may panic inside sled. Nothing of ours is left half changed: our own state changes after it.
pub(super) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    let before = CATCHING.replace(true);
    let done = catch_unwind(AssertUnwindSafe(run));
    CATCHING.set(before);
    done.map_err(|panic| message(&*panic))
}

/// Whether a panic of this thread would now be sled's, and caught: then an error says what it said, and a hook need not.
pub fn is_caught() -> bool {
    let thread = std::thread::current();
    CATCHING.get() || thread.name().is_some_and(|name| SLED_THREADS.contains(&name))
}

pub(super) fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_known_to_be_caught_where_it_is() {
        assert!(!is_caught());
        assert_eq!(caught(|| (caught(|| 1), is_caught())), Ok((Ok(1), true)));
        let said = caught(|| {
            if is_caught() {
                panic!("on purpose")
            }
        });
        assert_eq!(said, Err("on purpose".to_owned()));
        assert!(!is_caught());
    }
}
