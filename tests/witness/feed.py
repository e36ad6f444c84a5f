"""A log and its client by another author (aics-tlog, aics-witness), which have our witness cosign them.

Usage: feed.py URL VERIFIER_KEY. Signs as log.example/1 with the secret key of 32 bytes 01. Prints a line for each step:
what was asked, and how it ended. Ends with status 1 if a cosignature does not verify.
"""

import sys

from aics_tlog import Checkpoint, MerkleTree, parse_note, parse_vkey, sign_checkpoint, verify_checkpoint
from aics_tlog.note import vkey_from_ed25519
from aics_witness.feeder import FeederError, WitnessClient, merge_cosignatures
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ORIGIN = "log.example/1"
KEY = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)


def history(own: bytes) -> MerkleTree:
    """300 entries, the first 100 as every history has them."""
    return MerkleTree(b"entry %d" % at + (own if at >= 100 else b"") for at in range(300))


def signed(tree: MerkleTree, size: int) -> bytes:
    checkpoint = Checkpoint(origin=ORIGIN, size=size, root=tree.root(size))
    return sign_checkpoint(checkpoint, KEY, ORIGIN).to_bytes()


def main() -> None:
    url, witness = sys.argv[1], parse_vkey(sys.argv[2])
    log = vkey_from_ed25519(ORIGIN, KEY.public_key())
    one, two = history(b" one"), history(b" two")
    steps = [(one, size) for size in (0, 1, 2, 50, 63, 64, 65, 100)]
    steps += [(two, 100), (one, 101), (one, 256), (one, 256), (two, 256), (two, 300), (one, 200), (one, 299)]
    for tree, size in steps:
        asked = f"{'one' if tree is one else 'two'} {size}"
        note = signed(tree, size)
        try:
            with WitnessClient(url, witness, max_attempts=1) as client:
                lines = client.submit(note, tree.consistency_proof)
        except FeederError as error:
            print(asked, type(error).__name__, getattr(error, "status", ""))
            continue
        merged = parse_note(merge_cosignatures(note, lines))
        result = verify_checkpoint(merged, log, [witness], 1, expected_origin=ORIGIN, max_age_seconds=60)
        print(asked, "cosigned" if result.ok else result.error)
        if not result.ok:
            sys.exit(1)


main()
