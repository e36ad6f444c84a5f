//! `checkpoint` and `proof`: the newest checkpoint as it is given away, and proofs from the tree under it.

use ledger_core::log::TreeHash;
use ledger_core::log::tree::leaf_hash;
use ledger_core::values::{Length, Sequence};
use serde_json::{Value, json};

use super::Reader;
use super::keys::checkpoint;
use crate::args::{CheckpointArgs, Global, Proof};
use crate::exit::Failure;
use crate::output::{Out, Table, mark, thousands};
use crate::witness::cosign;

/// Runs `ledger checkpoint`. People get the note too, since it is what they keep.
pub fn newest(global: &Global, args: &CheckpointArgs) -> Result<(), Failure> {
    let reader = Reader::open(global)?;
    let (newest, tree) = checkpoint(global, &reader)?;
    let (newest, asked) = match args.cosign {
        true => cosign::ask_witnesses(global, &reader, newest, &tree)?,
        false => (newest, Vec::new()),
    };
    let size = newest.checkpoint.size;
    let unsigned = reader.log.head().length.0 - size.0;
    let mut out = Out::stdout();
    mark(&mut out, reader.log.founded(), true)?;
    if reader.json {
        let signed: Vec<Value> = newest
            .note
            .signatures
            .iter()
            .map(|by| json!({ "name": by.name, "id": by.id.map(|byte| format!("{byte:02x}")).concat() }))
            .collect();
        let mut said = json!({
            "checkpoint": newest.to_string(), "origin": newest.checkpoint.origin, "size": size.0,
            "root": newest.checkpoint.root.to_base64(), "signatures": signed, "unsigned": unsigned,
        });
        if args.cosign {
            said["witnesses"] = cosign::json(&asked).into();
        }
        out.json(&said)?;
    } else {
        if args.cosign {
            eprint!("{}", cosign::table(&asked));
        }
        out.raw(newest.to_string().as_bytes())?;
    }
    if unsigned > 0 {
        eprintln!("{} entries after it are not signed: see `ledger key show`", thousands(unsigned));
    }
    out.flush()?;
    if args.cosign { cosign::enough(&asked, args.quorum) } else { Ok(()) }
}

/// Runs `ledger proof`.
pub fn proof(global: &Global, proof: &Proof) -> Result<(), Failure> {
    let reader = Reader::open(global)?;
    let (newest, tree) = checkpoint(global, &reader)?;
    let of = |size: Option<Length>| size.unwrap_or(newest.checkpoint.size);
    match *proof {
        Proof::Inclusion { sequence, size } => {
            let size = of(size);
            let hashes = tree.inclusion(sequence, size)?;
            let leaf = leaf(&reader, sequence)?;
            let said = json!({ "sequence": sequence, "leaf": leaf.to_base64() });
            print(&reader, said, (size, tree.root_at(size)?), &hashes)
        }
        Proof::Consistency { old, size } => {
            let size = of(size);
            let hashes = tree.consistency(old, size)?;
            let said = json!({ "old": old.0, "old_root": tree.root_at(old)?.to_base64() });
            print(&reader, said, (size, tree.root_at(size)?), &hashes)
        }
    }
}

/// The hash of an entry as a leaf of the tree.
fn leaf(reader: &Reader, sequence: Sequence) -> Result<TreeHash, Failure> {
    let read = reader.log.store().read(sequence, 1)?;
    let entry = read.first().ok_or_else(|| Failure::Usage(format!("there is no entry {sequence}")))?;
    Ok(leaf_hash(entry))
}

fn print(
    reader: &Reader,
    mut said: Value,
    (size, root): (Length, TreeHash),
    hashes: &[TreeHash],
) -> Result<(), Failure> {
    let hashes: Vec<String> = hashes.iter().map(TreeHash::to_base64).collect();
    said["size"] = json!(size.0);
    said["root"] = json!(root.to_base64());
    let mut out = reader.out()?;
    if reader.json {
        said["proof"] = json!(hashes);
        out.json(&said)?;
        return out.flush();
    }
    let mut table = Table::pairs();
    for (name, value) in said.as_object().into_iter().flatten() {
        table.pair(&name.replace('_', " "), value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    }
    for (at, hash) in hashes.iter().enumerate() {
        table.pair(&format!("hash {}", at + 1), hash);
    }
    out.table(&table)?;
    out.flush()
}
