"""Has packages by other authors check our log, and makes logs of theirs for ours to check.

Usage: log.py check DIR --key KEY [--witness KEY]...   what `ledger export --tiles` wrote
       log.py proofs DIR < LINES                        `ledger proof ... --json`, against those tiles
       log.py make DIR NAME COUNT...                    a log by tlog-scales, grown by each count in turn

Prints JSON, or the first thing that does not hold with exit status 1. `tlog_scales` reads the layout of
tlog-tiles, verifies signatures (with `cryptography`) and proofs, and lays out the same entries anew;
`tamperlog` has a second Merkle tree of RFC 6962.
"""

import base64
import hashlib
import json
import sys
import tempfile
from pathlib import Path

from tamperlog import merkle
from tlog_scales import backend, reader, signing, tiles, tlog, writer


def need(holds, what):
    if not holds:
        sys.exit(what)


def b64(data):
    return base64.b64encode(data).decode()


def files(directory):
    """Every file of tiles and bundles, by its path."""
    found = (path for path in (directory / "tile").rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in found}


def laid_out(entries, origin):
    """The files that tlog-scales makes of these entries."""
    with tempfile.TemporaryDirectory() as scratch:
        log = writer.TilesWriter.create(Path(scratch) / "log", origin)
        for entry in entries:
            log.add_leaf(entry)
        log.commit([signing.DummySigner()])
        return files(Path(scratch) / "log")


def opened(directory):
    log = reader.TilesReader(backend.LocalBackend(Path(directory)))
    return log, log.get_checkpoint()


def check(directory, keys):
    log, checkpoint = opened(directory)
    text = (Path(directory) / "checkpoint").read_text()
    need(checkpoint.serialize() == text, "the checkpoint is spelled otherwise")
    for key in keys:
        checkpoint.verify(signing.Vkey.from_string(key))
    entries = [log.get_entry(at) for at in range(checkpoint.size)]
    leaves = [tiles.leaf_hash(entry) for entry in entries]
    need(merkle.merkle_root(leaves) == checkpoint.root_hash, "the entries have another root")
    need(log.calculate_root_hash() == checkpoint.root_hash, "the hash tiles have another root")
    ours, theirs = files(Path(directory)), laid_out(entries, checkpoint.origin)
    for path, data in theirs.items():
        need(ours.get(path) == data, f"{path} is absent or not as tlog-scales lays it out")
    for path in ours.keys() - theirs.keys():
        whole, part, _ = path.rpartition(".p/")
        # A partial tile of an older checkpoint: the beginning of what stands there now.
        now = [data for name, data in theirs.items() if name == whole or name.startswith(whole + ".p/")]
        need(part and now and now[0].startswith(ours[path]), f"{path} belongs to no tree")
    for at in range(0, checkpoint.size, 1 + checkpoint.size // 50):
        both_verify(log, leaves, at, checkpoint)
    digest = hashlib.sha256(b"".join(entry + b"\n" for entry in entries)).hexdigest()
    return {"origin": checkpoint.origin, "size": checkpoint.size, "root": b64(checkpoint.root_hash),
            "signatures": len(checkpoint.signatures), "files": len(ours), "entries": digest}  # fmt: skip


def both_verify(log, leaves, at, checkpoint):
    """Proofs that one makes from our tiles, the other verifies."""
    size, root = checkpoint.size, checkpoint.root_hash
    merkle.verify_inclusion(at, size, leaves[at], log.get_inclusion_proof(at, size).node_hashes, root)
    old = merkle.merkle_root(leaves[: at + 1])
    merkle.verify_consistency(at + 1, old, size, root, log.get_consistency_proof(at + 1, size).node_hashes)


def proofs(directory, lines):
    log, checkpoint = opened(directory)
    count = 0
    for said in map(json.loads, lines):
        size, root = said["size"], base64.b64decode(said["root"], validate=True)
        hashes = [base64.b64decode(one, validate=True) for one in said["proof"]]
        need(size <= checkpoint.size and root == log.mth(0, size), f"the tiles have another root at {size}")
        if "sequence" in said:
            at = int(said["sequence"])
            leaf = tiles.leaf_hash(log.get_entry(at))
            need(said["leaf"] == b64(leaf), f"entry {at} is another leaf")
            tlog.InclusionProof(at, size, hashes).check(leaf, root)
            merkle.verify_inclusion(at, size, leaf, hashes, root)
        else:
            old, old_root = said["old"], base64.b64decode(said["old_root"], validate=True)
            need(old_root == log.mth(0, old), f"the tiles have another root at {old}")
            tlog.ConsistencyProof(old, size, hashes).check(old_root, root)
            merkle.verify_consistency(old, old_root, size, root, hashes)
        count += 1
    return {"verified": count}


def make(directory, name, counts):
    log = writer.TilesWriter.create(Path(directory), name)
    signer = signing.PlainEd25519Signer(name, hashlib.sha256(name.encode()).digest())
    checkpoints = []
    for count in counts:
        for _ in range(count):
            at = log.size + len(log.pending)
            log.add_leaf(b"entry %d of a log that is not ours" % at * (1 + at % 3))
        log.commit([signer])
        checkpoints.append((Path(directory) / "checkpoint").read_text())
    size, inclusion, consistency = log.size, {}, {}
    for at in range(0, size, 1 + size // 100):
        inclusion[at] = [b64(one) for one in log.reader.get_inclusion_proof(at, size).node_hashes]
        consistency[at + 1] = [b64(one) for one in log.reader.get_consistency_proof(at + 1, size).node_hashes]
    key = signer.vkey.serialize()
    return {"key": key, "checkpoints": checkpoints, "inclusion": inclusion, "consistency": consistency}


def main(command, directory, *rest):
    if command == "check":
        names, keys = rest[::2], rest[1::2]
        need(set(names) <= {"--key", "--witness"} and "--key" in names, __doc__)
        return check(directory, keys)
    if command == "proofs":
        return proofs(directory, sys.stdin)
    need(command == "make", __doc__)
    return make(directory, rest[0], map(int, rest[1:]))


if __name__ == "__main__":
    need(len(sys.argv) > 2, __doc__)
    print(json.dumps(main(*sys.argv[1:])))
