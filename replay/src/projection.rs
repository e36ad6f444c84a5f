//! Projections: what the whole country amounts to, folded from the log.
//!
//! A projection is `apply` over events and nothing else, so rebuilding it equals following the log. It says which
//! kinds of event change it; others are not even decoded. It is plain data in ordered maps: equal histories give equal
//! bytes on every machine, and the hash of those bytes - the state hash - says in one line whether two replays agree.
//! Left out: reading (`log.rs`), and what concerns one subject only, which `scope.rs` reads for itself.

use ledger_core::assessment::{EventKind, Recorded};
use ledger_core::log::Head;
use ledger_core::store::{Snapshots, content_hash};
use ledger_core::values::Hash;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Something folded from the log.
pub trait Projection: Default + Serialize + DeserializeOwned {
    /// Its name: of its snapshot, and on the command line.
    const NAME: &'static str;
    /// The version of its shape and of what it makes of an event; raised when either changes.
    const VERSION: u32;

    /// Whether events of this kind change it.
    fn wants(kind: EventKind) -> bool;

    /// Takes the next event, in order of sequence. Events of kinds it does not want change nothing.
    fn apply(&mut self, recorded: &Recorded);

    /// BLAKE3 of its name, its version and its content. Cost: spelling and hashing the whole of it.
    fn state_hash(&self) -> Hash {
        content_hash(&(Self::NAME, Self::VERSION, self))
    }
}

/// Declares that two projections are folded in one pass.
macro_rules! together {
    ($($part:ident $at:tt),+) => {
        impl<$($part: Projection),+> Fold for ($($part,)+) {
            fn wants(kind: EventKind) -> bool {
                $($part::wants(kind))||+
            }

            fn apply(&mut self, recorded: &Recorded) {
                $(self.$at.apply(recorded);)+
            }

            fn load(snapshots: &Snapshots, fits: &dyn Fn(Head) -> bool) -> Option<(Head, Self)> {
                let parts = ($(snapshots.load::<$part>($part::NAME, $part::VERSION, fits)?,)+);
                let head = parts.0.0;
                let together = true $(&& parts.$at.0 == head)+;
                together.then(|| (head, ($(parts.$at.1,)+)))
            }

            fn save(&self, snapshots: &Snapshots, head: Head) -> std::io::Result<()> {
                $(snapshots.save($part::NAME, $part::VERSION, head, &self.$at)?;)+
                Ok(())
            }
        }
    };
}

/// What one pass over the log can feed: a tuple of projections.
pub trait Fold: Default {
    /// Whether any of them wants events of this kind.
    fn wants(kind: EventKind) -> bool;

    /// Hands the next event to each.
    fn apply(&mut self, recorded: &Recorded);

    /// What their snapshots hold, if all are of one head that fits.
    fn load(snapshots: &Snapshots, fits: &dyn Fn(Head) -> bool) -> Option<(Head, Self)>;

    /// Keeps a snapshot of each.
    fn save(&self, snapshots: &Snapshots, head: Head) -> std::io::Result<()>;
}

together!(A 0);
together!(A 0, B 1);
together!(A 0, B 1, C 2);
together!(A 0, B 1, C 2, D 3);
together!(A 0, B 1, C 2, D 3, E 4, F 5);
