//! The names that entries may hold: ids, codes, names of organisations, and addresses of public sources.
//!
//! Entries carry no free text (`FORMAT.md`, personal data): every string in an event is one of these types or a
//! date. Each type accepts one spelling; its message says which. Left out: whether a code exists, which is a
//! rule and belongs to `decide`.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, format_smolstr};

use crate::values::{Hash, Malformed, described_as_text, read_text, spelled_as_text};

/// Declares a string type with one check and one JSON form.
macro_rules! code_type {
    ($(#[$doc:meta])* $type:ident, $check:expr, $pattern:expr, $description:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(SmolStr);

        impl $type {
            /// The code as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $type {
            type Err = Malformed;

            fn from_str(text: &str) -> Result<Self, Malformed> {
                if $check(text) {
                    return Ok(Self(text.into()));
                }
                Err(Malformed(format!("'{text}' is not spelled as {}", $description)))
            }
        }

        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                read_text(deserializer)
            }
        }

        described_as_text!($type, stringify!($type), $pattern, $description);
    };
}

const SLUG: &str = "^[a-z0-9][a-z0-9-]{0,79}$";
const PATH: &str = "^[a-z0-9][a-z0-9-]{0,39}/[A-Za-z0-9][A-Za-z0-9.-]{0,79}$";

fn is_slug(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (1..=80).contains(&text.len())
        && text.bytes().all(|b| plain(b) || b == b'-')
        && text.bytes().next().is_some_and(plain)
}

fn is_path(text: &str) -> bool {
    let Some((kind, code)) = text.split_once('/') else { return false };
    is_slug(kind)
        && kind.len() <= 40
        && (1..=80).contains(&code.len())
        && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
        && code.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
}

fn is_name(text: &str) -> bool {
    (1..=200).contains(&text.len()) && !text.chars().any(char::is_control) && text.trim() == text
}

fn is_url(text: &str) -> bool {
    let scheme = text.starts_with("https://") || text.starts_with("http://");
    scheme && (12..=500).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

fn is_origin(text: &str) -> bool {
    (3..=100).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"./-".contains(&b))
        && text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
}

fn is_media_type(text: &str) -> bool {
    let token = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+.-".contains(&b))
    };
    text.len() <= 100 && text.split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub))
}

code_type!(
    /// A pseudonymous handle of a person or program that acts.
    ActorId, is_slug, SLUG, "an actor id: lower-case letters, digits and hyphens, such as assessor-7"
);
code_type!(
    /// A quality statement of a framework.
    StatementId, is_slug, SLUG, "a quality statement: lower-case letters, digits and hyphens, such as equity-in-access"
);
code_type!(
    /// An evidence category.
    CategoryId, is_slug, SLUG, "an evidence category: lower-case letters, digits and hyphens, such as processes"
);
code_type!(
    /// A theme, or a provider's key question.
    ThemeId, is_slug, SLUG, "a theme: lower-case letters, digits and hyphens, such as leadership"
);
code_type!(
    /// A purpose, reporting topic or statutory duty that evidence and commentary can be tagged with.
    TagId, is_slug, SLUG, "a tag: lower-case letters, digits and hyphens, such as place-level-working"
);
code_type!(
    /// A priority set by the Secretary of State.
    PriorityId, is_slug, SLUG, "a priority: lower-case letters, digits and hyphens"
);
code_type!(
    /// An item of a result: a strength, an area for improvement, and so on.
    ItemId, is_slug, SLUG, "an item id: lower-case letters, digits and hyphens"
);
code_type!(
    /// Any other short code: a purpose, a legal basis, a collection action, a breached regulation.
    Code, is_slug, SLUG, "a code: lower-case letters, digits and hyphens"
);
code_type!(
    /// A version of a framework, such as `ics/2023-interim`.
    FrameworkId, is_path, PATH, "a framework id: KIND/VERSION, such as ics/2023-interim"
);
code_type!(
    /// An organisation of an area, such as `board/E54000055`.
    OrganisationId, is_path, PATH, "an organisation id: KIND/CODE, such as board/E54000055"
);
code_type!(
    /// A version of the risk policy, such as `risk/2026`.
    PolicyId, is_path, PATH, "a policy id: NAME/VERSION, such as risk/2026"
);
code_type!(
    /// The name of an organisation, area, public framework or holiday. Never of a person.
    Name, is_name, "^[^\\p{Cc}]{1,200}$", "a name: 1 to 200 bytes without control characters or outer spaces"
);
code_type!(
    /// The address of a public source.
    Url, is_url, "^https?://[!-~]{4,492}$", "an address: http:// or https://, at most 500 ASCII characters, no spaces"
);
code_type!(
    /// The name of a ledger, unique and fixed for ever: a host name and path that its keeper controls.
    Origin, is_origin, "^[A-Za-z0-9][A-Za-z0-9./-]{2,99}$", "an origin: 3 to 100 letters, digits, dots, hyphens and slashes, such as ledger.example/ratings"
);
code_type!(
    /// The media type of a document, such as `text/plain`.
    MediaType, is_media_type, "^[a-z0-9+.-]+/[a-z0-9+.-]+$", "a media type: TYPE/SUBTYPE in lower case"
);

/// The kinds of area that have histories. Only the first three are assessed; the others carry data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AreaKind {
    /// Integrated care system.
    Ics,
    /// Local authority with adult social care duties.
    LocalAuthority,
    /// Registered provider.
    Provider,
    /// A place within a system.
    Place,
    /// A region of either list.
    Region,
    /// The whole country.
    England,
}

impl AreaKind {
    /// Every kind, in the order they are listed for people.
    pub const ALL: [AreaKind; 6] = [
        AreaKind::Ics,
        AreaKind::LocalAuthority,
        AreaKind::Provider,
        AreaKind::Place,
        AreaKind::Region,
        AreaKind::England,
    ];

    /// The kind as it begins a subject's name.
    pub fn as_str(self) -> &'static str {
        match self {
            AreaKind::Ics => "ics",
            AreaKind::LocalAuthority => "local-authority",
            AreaKind::Provider => "provider",
            AreaKind::Place => "place",
            AreaKind::Region => "region",
            AreaKind::England => "england",
        }
    }

    /// Whether areas of this kind are assessed.
    pub fn is_assessed(self) -> bool {
        matches!(self, AreaKind::Ics | AreaKind::LocalAuthority | AreaKind::Provider)
    }
}

impl fmt::Display for AreaKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for AreaKind {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        AreaKind::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
            Malformed(format!(
                "'{text}' is not a kind of area: ics, local-authority, provider, place, region or england expected"
            ))
        })
    }
}

/// Whose history an entry belongs to: `ledger`, `national`, `attestation`, `actor/ID`, `theme/ID`, or an area
/// such as `ics/E54000055`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(SmolStr);

impl Subject {
    /// The ledger's own history: founding, keys, witnesses.
    pub fn ledger() -> Self {
        Subject(SmolStr::new_static("ledger"))
    }

    /// The programme's history: frameworks, priorities, holidays, policies.
    pub fn national() -> Self {
        Subject(SmolStr::new_static("national"))
    }

    /// The history of what the ledger attested of all others.
    pub fn attestation() -> Self {
        Subject(SmolStr::new_static("attestation"))
    }

    /// The history of an actor.
    pub fn actor(id: &ActorId) -> Self {
        Subject(format_smolstr!("actor/{id}"))
    }

    /// The history of the area of this kind with this code.
    pub fn area(kind: AreaKind, code: &str) -> Result<Self, Malformed> {
        format!("{kind}/{code}").parse()
    }

    /// The subject's name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The kind of area, none if the subject is not an area.
    pub fn area_kind(&self) -> Option<AreaKind> {
        self.0.split_once('/').and_then(|(kind, _)| kind.parse().ok())
    }

    /// What follows the kind: the area's code or the actor's id; empty for `ledger` and `national`.
    pub fn code(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, code)| code)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Subject {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let known = match text.split_once('/') {
            None => matches!(text, "ledger" | "national" | "attestation"),
            Some(("actor" | "theme", id)) => is_slug(id),
            Some((kind, _)) => kind.parse::<AreaKind>().is_ok() && is_path(text),
        };
        if known {
            return Ok(Subject(text.into()));
        }
        Err(Malformed(format!(
            "'{text}' is not a subject: KIND/CODE expected, such as ics/E54000055 or local-authority/E06000024"
        )))
    }
}

const SUBJECT: &str = "^(ledger|national|attestation|(actor|theme)/[a-z0-9][a-z0-9-]{0,79}|(ics|local-authority|provider|place|region|england)/[A-Za-z0-9][A-Za-z0-9.-]{0,79})$";
spelled_as_text!(Subject, "Subject", SUBJECT, "Whose history the entry belongs to");

/// A document of the vault, as entries cite it: never its content.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// BLAKE3 keyed hash of the content under a salt that only the vault holds.
    pub commitment: Hash,
    /// Length of the content.
    pub bytes: u64,
    /// What the content is.
    pub media_type: MediaType,
}

/// The documents named in JSON whose keys are sorted and which has no white space, in order: found by the spelling
/// of a [`Document`], without decoding. Text cannot imitate it, since a quote inside text is escaped.
pub fn documents(json: &str) -> impl Iterator<Item = Hash> {
    const BEFORE: &str = "\"commitment\":\"";
    const AFTER: &str = "\",\"media_type\":\"";
    memchr::memmem::find_iter(json.as_bytes(), BEFORE).filter_map(move |at| {
        let (hash, after) = json[at + BEFORE.len()..].split_at_checked(64)?;
        hash.parse().ok().filter(|_| after.starts_with(AFTER))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_have_one_spelling() {
        for text in
            ["ledger", "national", "ics/E54000055", "actor/a7f3", "provider/1-101", "theme/equity-2023"]
        {
            assert_eq!(text.parse::<Subject>().map(|s| s.to_string()).as_deref(), Ok(text));
        }
        for text in
            ["", "ics", "ics/", "ICS/E54000055", "ics/E5 4", "ledger/1", "person/x", "ics/../x", "actor/A"]
        {
            assert!(text.parse::<Subject>().is_err(), "{text}");
        }
    }

    #[test]
    fn names_and_addresses_hold_no_control_characters() {
        assert!("Bath and North East Somerset, Swindon and Wiltshire".parse::<Name>().is_ok());
        for text in ["", " x", "x\n", &"x".repeat(201)] {
            assert!(text.parse::<Name>().is_err());
        }
        assert!("https://www.cqc.org.uk/care-services".parse::<Url>().is_ok());
        for text in ["ftp://x.example/abc", "https://x y.example", "https://"] {
            assert!(text.parse::<Url>().is_err());
        }
    }
}
