//! `export`, `restore`, `repair`, `backup`: keeping a ledger beyond the life of a disk.

use std::path::PathBuf;

use clap::Args;
use ledger_core::values::Length;

/// `ledger export`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "The stream can be checked with standard tools: line 1 says the head, every other line is an \
entry's exact bytes, and the last line has the BLAKE3 of everything before it.\n\n\
WARNING: an export with --documents holds their content and the secrets they are encrypted under. Whoever has it can \
read them, also after they are erased here. Keep it as you keep the key store.\n\n\
Examples:\n  ledger export -o ledger.export\n  ledger export | zstd > ledger.export.zst\n  \
ledger export --documents -o secret.export\n  sed -n '2p' ledger.export | tr -d '\\n' | b3sum\n  ledger export --tiles ./public"
)]
pub struct ExportArgs {
    /// Where to: a file, which is whole or as it was before, or - for standard output.
    #[arg(short, long, value_name = "FILE|-", default_value = "-")]
    pub output: PathBuf,
    /// With the documents that are not erased, and their secrets: handle such an export like the key store.
    #[arg(long)]
    pub documents: bool,
    /// Up to and including this entry.
    #[arg(long, value_name = "SEQUENCE")]
    pub until: Option<u64>,
    /// Instead: checkpoint, tiles and entry bundles (C2SP tlog-tiles) in this directory, for any static host to serve. One
    /// exported before is brought up to date.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["output", "documents", "until"])]
    pub tiles: Option<PathBuf>,
}

/// `ledger restore`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Every entry is checked before it is written: spelling, chain, subject versions, and the head that \
the export states. An interrupted restore is repeated with the same command.\n\
A restored ledger is only read: it may be the stale copy of one that went on elsewhere, and entries appended here would \
contradict that one. With --continue you say that no newer copy exists.\n\n\
Examples:\n  ledger restore ledger.export --data ./restored\n  zstdcat ledger.export.zst | ledger restore - --data \
./restored\n  ledger restore --continue --data ./restored"
)]
pub struct RestoreArgs {
    /// The export; - is standard input. Without one, --continue lets what was restored before go on.
    #[arg(required_unless_present = "goes_on", value_name = "FILE|-")]
    pub file: Option<PathBuf>,
    /// No newer copy exists anywhere: let the ledger go on from here.
    #[arg(long = "continue")]
    pub goes_on: bool,
    /// If the export is damaged after exactly this many good entries, keep those.
    #[arg(long, value_name = "LENGTH", requires = "file", value_parser = length)]
    pub accept_loss: Option<Length>,
}

/// `ledger repair`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "The log is rebuilt from the export and from what the damaged one still holds beyond it. The damaged \
log is kept as log.damaged-N, never deleted. If the recorded head says that more entries existed, nothing is changed \
until the loss is accepted by the exact new length; the ledger is then only read until `ledger restore --continue`. \
Entries of the last second before a crash may be missing from the recorded head.\n\n\
Examples:\n  ledger repair --from ledger.export\n  ledger repair --from ledger.export --accept-loss 351"
)]
pub struct RepairArgs {
    /// An export of this ledger; with documents, those missing or damaged are put back.
    #[arg(long, value_name = "EXPORT")]
    pub from: PathBuf,
    /// The ledger will have exactly this many entries, and what came after them is lost.
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    pub accept_loss: Option<Length>,
}

/// `ledger backup`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "DIR becomes a whole ledger directory, which is read like any other and appended to only after \
`ledger restore --continue`. An interrupted backup is repeated; an earlier one of the same ledger is brought up to \
date.\n\
The keys of the documents are left out, so that erasing a document here also takes it from the backup. With --keys they \
are copied elsewhere: documents erased after that can be read by whoever has the copy. To restore, copy the keys to \
DIR/documents/keys.\n\n\
Examples:\n  ledger backup /mnt/backup/ledger\n  ledger backup /mnt/backup/ledger --keys /mnt/safe/ledger-keys"
)]
pub struct BackupArgs {
    /// Where to: a new or empty directory, or an earlier backup of this ledger.
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// A directory for a copy of the keys.
    #[arg(long, value_name = "DIR")]
    pub keys: Option<PathBuf>,
}

fn length(text: &str) -> Result<Length, String> {
    let expected = |_| format!("'{text}' is no length: a number of entries expected, such as 351");
    text.parse().map(Length).map_err(expected)
}
