"""Verifies a certificate of a rating without the ledger and without any of its code.

Written from schemas/FORMAT.md alone; the numbers printed are those of its list "What is checked". Needs
Python 3.11, `cryptography` for Ed25519, and `blake3` if the certificate has documents. Of the result it
compares what FORMAT.md says that other programs may rely on.

Usage: certificate.py FILE --key VERIFIER_KEY [--witness VERIFIER_KEY]... [--quorum N]

Exit status: 0 if everything holds; 1 if something does not, which is named; 2 if everything holds but the
rating was not recomputed, because it takes more of the rules than FORMAT.md states.
"""

import argparse
import base64
import calendar
import datetime
import hashlib
import json
import re
import sys
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Refused(Exception):
    """The first thing that does not hold."""


class NotRecomputed(Exception):
    """What the rating depends on beyond what FORMAT.md states."""


def need(holds, what):
    if not holds:
        raise Refused(what)


# Spelling: a value is written in one way only, so that any changed byte is another value or none.


def spelled(value):
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        text = "{" + ",".join(f"{spelled(key)}:{spelled(value[key])}" for key in keys) + "}"
    elif isinstance(value, list):
        text = "[" + ",".join(map(spelled, value)) + "]"
    else:
        whole = isinstance(value, (str, bool)) or isinstance(value, int) and abs(value) < 2**53
        need(whole, f"{value} is spelled: no text, truth or whole number below 2^53")
        text = json.dumps(value, ensure_ascii=False)
    need(text not in ("{}", "[]"), "something empty is spelled")
    return text


def read(line, what):
    try:
        value = json.loads(line.decode())
        same = isinstance(value, dict) and spelled(value).encode() == line
    except (ValueError, RecursionError) as error:
        raise Refused(f"{what} is not JSON in UTF-8: {error}") from None
    need(same, f"{what} is not an object in its one spelling")
    return value


def unbase64(text, what):
    try:
        data = base64.b64decode(text, validate=True)
        need(base64.b64encode(data).decode() == text, f"{what} is not Base64 in its one spelling")
    except (ValueError, TypeError):
        raise Refused(f"{what} is not Base64") from None
    return data


def fields(value, what, **kinds):
    """That an object has just these fields, each of a type or pattern. `_` ends one that may be left out."""
    need(isinstance(value, dict), f"{what} is not an object")
    for name, kind in kinds.items():
        found = value.get(name.rstrip("_"))
        by_pattern = isinstance(kind, str) and isinstance(found, str)
        fits = re.fullmatch(kind, found) if by_pattern else type(found) is kind
        left_out = found is None and name.endswith("_")
        need(fits or left_out, f"{what} lacks `{name}` or has an unfit one: {found}")
    unknown = value.keys() - {name.rstrip("_") for name in kinds}
    need(not unknown, f"{what} has the unknown {sorted(unknown)}")


DATE, SEQ, HEX = r"[0-9]{4}-[0-9]{2}-[0-9]{2}", r"[0-9]{16}", r"[0-9a-f]{64}"
TIME = DATE + r"T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"
HEADER = {
    "as_of": DATE, "attestation": SEQ, "documents": bool, "format": "ledger-certificate/1", "known_at": SEQ,
    "origin": r"[^\s+]+", "subject": str,
}  # fmt: skip
LEAF = {"index": int, "proof_": list, "sequence": SEQ, "subject": str, "version": int}
DOCUMENT = {"commitment": HEX, "content_": str, "secret": HEX}
ENTRY = {
    "specversion": r"1\.0", "id": r"[0-9a-f-]{36}(\.[0-9]+)?", "source": r"https://\S+", "subject": str,
    "type": r"ledger\.[a-z.-]+\.v[0-9]+", "datacontenttype": "application/json", "data": dict,
    "time": TIME, "recordedtime": TIME, "sequence": SEQ, "subjectversion": int, "subjectprev_": SEQ,
    "prev": HEX, "commandhash": HEX, "authtype": "app_user|service_account|system|unknown", "authid": str,
    "correlationid_": SEQ, "causationid_": str,
}  # fmt: skip


def lines_of(data):  # [1]
    """The parts of a certificate, in their order and nothing else."""
    need(data.endswith(b"\n"), "the last line has no line feed")
    *lines, last = data[:-1].split(b"\n")
    digest = hashlib.sha256(b"".join(line + b"\n" for line in lines)).hexdigest()
    end = {"end": {"lines": len(lines), "sha256": digest}}
    need(read(last, "the last line") == end, "the end does not fit the lines before it")
    said = [read(line, f"line {number}") for number, line in enumerate(lines, 1)]
    at = 2
    while at < len(said) and said[at].keys() & {"stream", "absent"}:
        at += 1
    entries = at
    while at < len(said) and "authid" in said[at]:
        need(at + 1 < len(said), "an entry has no proof")
        fields(said[at + 1], f"line {at + 2}", proof=list)
        fields(said[at], f"line {at + 1}", **ENTRY)
        need(len(lines[at]) <= 16_384, f"line {at + 1} is longer than an entry may be")
        at += 2
    documents = said[at:-1]
    need(entries >= 2 and at < len(said), "the certificate has not all its parts")
    fields(said[0], "the header", **HEADER)
    fields(said[1], "line 2", checkpoint=str)
    fields(said[-1], f"line {len(said)}", result=dict)
    for line in said[2:entries]:
        need(len(line) == 1, f"{str(line)[:80]} stands out of place")
    for line in documents:
        fields(line, f"{str(line)[:80]}, which stands after the entries,", document=dict)
        fields(line["document"], "a document", **DOCUMENT)
    proved = [(said[n], lines[n], said[n + 1]["proof"]) for n in range(entries, at, 2)]
    shown = [line["document"] for line in documents]
    return said[0], said[1]["checkpoint"], said[2:entries], proved, shown, said[-1]["result"]


# The tree of RFC 6962, and signed notes.


def leaf_hash(data):
    return hashlib.sha256(b"\0" + data).digest()


def included(leaf, index, size, proof, root, what):
    need(0 <= index < size, f"{what} is number {index} of {size}")
    found, node, last = leaf, index, size - 1
    for text in proof:
        sibling = unbase64(text, f"a hash in the proof of {what}")
        need(len(sibling) == 32 and last > 0, f"the proof of {what} has a hash too many or of another length")
        right = node % 2 or node == last
        while right and node % 2 == 0 and node:
            node, last = node // 2, last // 2
        found = hashlib.sha256(b"\1" + (sibling + found if right else found + sibling)).digest()
        node, last = node // 2, last // 2
    need(last == 0 and found == root, f"the proof of {what} does not lead to the root")


class Key:
    """A verifier key: NAME+ID+BASE64(algorithm || public key)."""

    def __init__(self, text, algorithm):
        self.name, id_, key = (text.split("+", 2) + ["", ""])[:3]
        key = unbase64(key, f"the verifier key {text}")
        self.id = hashlib.sha256(self.name.encode() + b"\n" + key).digest()[:4]
        fits = self.name and self.id.hex() == id_ and len(key) == 33 and key[0] == algorithm
        need(fits, f"{text} is not a verifier key of algorithm {algorithm}")
        self.public, self.is_witness = key[1:], algorithm == 4

    def signed(self, text, signatures):
        """Whether it signed a text. A signature that names it and is not by it is refused."""
        signature = signatures.get((self.name, self.id))
        if signature is None:
            return False
        message = text.encode()
        if self.is_witness:
            time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            message = b"cosignature/v1\ntime %d\n" % time + message
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise Refused(f"the signature that names {self.name} is not by that key") from None
        return True


def note(text):
    """The text of a signed note, and its signatures by name and key id."""
    body, _, lines = text.rpartition("\n\n")
    printable = not re.search(r"[\x00-\x09\x0b-\x1f]", text) and len(text.encode()) <= 65_536
    need(body and lines.endswith("\n") and printable, "the checkpoint is no signed note")
    signatures = {}
    for line in lines[:-1].split("\n"):
        parts = re.fullmatch("\u2014 ([^\\s+]+) (\\S+)", line)
        need(parts, "the checkpoint has a line that is no signature")
        data = unbase64(parts[2], "a signature of the checkpoint")
        by = (parts[1], data[:4])
        need(len(data) > 4 and by not in signatures, "the checkpoint is signed twice by one key")
        signatures[by] = data[4:]
    need(len(signatures) <= 64, "the checkpoint has more than 64 signatures")
    return body + "\n", signatures


def inside(value):
    """A value and everything in it, at any depth, without keys."""
    yield value
    if isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from inside(inner)


def is_of(entry, *names):
    return entry["type"] in [f"ledger.{name}.v1" for name in names]


class Certificate:
    """The checks, in their order."""

    def __init__(self, data, key, witnesses, quorum):
        self.header, checkpoint, self.lines, self.proved, self.shown, self.result = lines_of(data)
        self.subject, self.known_at = self.header["subject"], self.header["known_at"]
        say(1, "lines, count and hash as the end says")
        self.signed(*note(checkpoint), key, witnesses, quorum)
        self.in_tree()
        self.attested()
        self.called_for()
        self.enrolled()
        self.documents()
        self.current_key()

    def signed(self, text, signatures, key, witnesses, quorum):  # [2]
        self.text, self.signatures = text, signatures
        lines = text.split("\n")
        right = len(lines) == 4 and re.fullmatch("0|[1-9][0-9]{0,15}", lines[1])
        need(right and lines[0] == self.header["origin"], "the checkpoint is not one of the header's origin")
        self.size, self.root = int(lines[1]), unbase64(lines[2], "the root")
        need(key.signed(text, signatures), f"the checkpoint is not signed by {key.name}+{key.id.hex()}")
        cosigned = sum(witness.signed(text, signatures) for witness in witnesses)
        need(cosigned >= quorum, f"{cosigned} of the given witnesses cosigned, {quorum} are asked for")
        need(self.size > int(self.header["attestation"]), "the checkpoint is older than the attestation")
        cosigned = f"{cosigned} of {len(witnesses)} witnesses"
        say(2, f"checkpoint of {self.size} entries of {lines[0]}, signed; cosigned by {cosigned}")

    def in_tree(self):  # [3] [4]
        self.entries, source = {}, f"https://{self.header['origin']}"
        last, clock = "", ""
        for entry, _, _ in self.proved:
            number = entry["sequence"]
            need(last < number, f"entry {number} does not ascend")
            need(entry["source"] == source, f"entry {number} is of {entry['source']}, not of {source}")
            placed = ("subjectprev" in entry) == (entry["subjectversion"] > 1)
            forwards = clock <= entry["recordedtime"] >= entry["time"]
            need(placed and forwards, f"entry {number} is out of its place in a history or in time")
            last, clock, self.entries[number] = number, entry["recordedtime"], entry
        say(3, f"{len(self.entries)} entries, each as it is to be spelled")
        for entry, data, proof in self.proved:
            number = entry["sequence"]
            included(leaf_hash(data), int(number), self.size, proof, self.root, f"entry {number}")
        say(4, "each is in the tree of the checkpoint")

    def here(self, number):
        need(number in self.entries, f"entry {number}, which is called for, is missing")
        return self.entries[number]

    def history(self, subject):
        last = self.header["attestation"]
        before = [entry for number, entry in self.entries.items() if number < last]
        return [entry for entry in before if entry["subject"] == subject]

    def attested(self):  # [5] [6] [7]
        number = self.header["attestation"]
        entry = self.here(number)
        right = entry["subject"] == "attestation" and is_of(entry, "subjects.attested")
        right = right and entry["data"]["size"] == int(number)
        need(right, f"entry {number} does not attest what is before it")
        self.attestation = entry["data"]
        say(5, f"entry {number} attests the ends of {self.attestation['subjects']} histories")
        self.streams = {}
        for line in self.lines:
            stream = line.get("stream")
            subject = self.leaf(stream) if "stream" in line else self.absent(line["absent"])
            ordered = not self.streams or [*self.streams][-1].encode() < subject.encode()
            need(ordered, f"stream {subject} is out of order")
            self.streams[subject] = (stream["version"], stream["sequence"]) if stream else (0, None)
        say(6, f"{len(self.streams)} histories end as is attested")
        for subject, end in self.streams.items():
            last, entries = None, self.history(subject)
            for version, entry in enumerate(entries, 1):
                linked = (entry["subjectversion"], entry.get("subjectprev")) == (version, last)
                last = entry["sequence"]
                need(linked, f"entry {last} is not version {version} of {subject}: one is missing")
            found = (len(entries), last)
            need(found == end, f"{subject} ends at {found}, and is attested to end at {end}")
        say(7, "each is whole up to there")

    def leaf(self, leaf):
        fields(leaf, "a stream", **LEAF)
        data = spelled({key: leaf[key] for key in ("sequence", "subject", "version")}).encode()
        size, root = self.attestation["subjects"], bytes.fromhex(self.attestation["root"])
        subject, proof = leaf["subject"], leaf.get("proof", [])
        included(leaf_hash(data), leaf["index"], size, proof, root, f"stream {subject}")
        return subject

    def absent(self, gap):
        fields(gap, "an absent stream", subject=str, previous_=dict, next_=dict)
        subject, before, after = gap["subject"], gap.get("previous"), gap.get("next")
        side_by_side = [leaf for leaf in (before, after) if leaf]
        names = [self.leaf(leaf).encode() for leaf in side_by_side]
        start = before["index"] + 1 if before else 0
        end = after["index"] if after else self.attestation["subjects"]
        names.insert(1 if before else 0, subject.encode())
        need(names and start == end and names == sorted(set(names)), f"{subject} is not shown to be absent")
        return subject

    def called_for(self):  # [8] [9]
        need(self.known_at <= self.header["attestation"], "`known_at` is after the attestation")
        streams, singles = {"ledger", "national", self.subject}, {self.header["attestation"], self.known_at}
        for entry in self.history(self.subject):
            data = entry["data"]
            cited = [text for text in inside(data) if isinstance(text, str) and re.fullmatch(SEQ, text)]
            singles.update(number for number in cited if number < entry["sequence"])
            if is_of(entry, "area.succeeded"):
                is_own = data["predecessor"] == self.subject
                streams.update([data["predecessor"], *(data["successors"] if is_own else [])])
            if is_of(entry, "score.assigned", "score.changed"):
                streams.update(self.here(number)["subject"] for number in data["evidence"])
            for area in data.get("within", []) if is_of(entry, "area.registered") else []:
                of_area = [e for e in self.entries.values() if e["subject"] == area]
                first = [e["sequence"] for e in of_area if e["subjectversion"] == 1]
                need(first, f"the registration of {area} is missing")
                singles.update(first)
        called = None
        while called != (called := singles | {e["sequence"] for name in streams for e in self.history(name)}):
            authors = [self.here(number) for number in called]
            streams |= {f"actor/{entry['authid']}" for entry in authors if entry["authtype"] != "system"}
        here = self.streams.keys()
        need(streams <= here, f"the streams {sorted(streams - here)} are missing")
        need(self.history("ledger") and self.history(self.subject), f"ledger or {self.subject} is absent")
        say(8, f"what is called for is here: {len(streams)} histories, {len(called)} entries")
        need(streams == here, f"the streams {sorted(here - streams)} are not called for")
        others = sorted(self.entries.keys() - called)
        need(not others, f"the entries {others} are not called for")
        say(9, "and nothing else is")

    def enrolled(self):  # [10]
        for number, entry in self.entries.items():
            author = entry["authid"]
            enrolled = author == self.here("0" * 16)["data"].get("operator")
            for past in self.history(f"actor/{author}"):
                if past["sequence"] < number and is_of(past, "actor.enrolled", "actor.revoked"):
                    enrolled = is_of(past, "actor.enrolled")
            enrolled = enrolled or entry["authtype"] == "system"
            need(enrolled, f"{author}, who gave entry {number}, was not enrolled")
        say(10, "every author was enrolled")

    def documents(self):  # [11]
        own = self.history(self.subject)
        erased = {entry["data"]["commitment"] for entry in own if is_of(entry, "document.erased")}
        values = [value for entry in own for value in inside(entry["data"]) if isinstance(value, dict)]
        citations = [value for value in values if value.keys() == {"bytes", "commitment", "media_type"}]
        cited = {value["commitment"]: value["bytes"] for value in citations}
        wanted = sorted(cited.keys() - erased) if self.header["documents"] else []
        found = [document["commitment"] for document in self.shown]
        need(found == wanted, f"the documents {found} are not those that are called for")
        for document in self.shown:
            name, content = document["commitment"], unbase64(document.get("content", ""), "a document")
            right = len(content) == cited[name] and commitment(document["secret"], content) == name
            need(right, f"document {name} is not what was committed to")
        say(11, f"{len(wanted)} documents, each what was committed to")

    def current_key(self):  # [12]
        founding = self.here("0" * 16)
        right = is_of(founding, "log.founded") and founding["data"]["origin"] == self.header["origin"]
        keys = [entry["data"]["key"] for entry in self.history("ledger") if is_of(entry, "key.introduced")]
        need(right and keys, f"the ledger {self.header['origin']} is not founded, or introduced no key")
        need(Key(keys[-1], 1).signed(self.text, self.signatures), f"the current key {keys[-1]} did not sign")
        say(12, f"signed by the ledger's current key {keys[-1]}")


def commitment(secret, content):
    from blake3 import blake3

    context = "assessment ledger 2025 document commitment salt v1"
    salt = blake3(bytes.fromhex(secret), derive_key_context=context).digest()
    return blake3(content, key=salt).hexdigest()


# The rating [13], from the entries alone.

LINE = ("score", "entry", "result")
UNTOLD = ("correction.recorded", "rating.withdrawn", "review.requested", "review.decided", "area.succeeded")


def recomputed(certificate):
    """What the result must say: of the last publication or transcription that counts, and of the scores."""
    as_of, known_at = certificate.header["as_of"], certificate.known_at
    own = [entry for entry in certificate.history(certificate.subject) if entry["sequence"] <= known_at]
    results = [entry for entry in own if is_of(entry, "rating.published", "rating.transcribed")]
    for entry in own:
        kind = entry["data"].get("kind", "result") if entry in results else "result"
        if is_of(entry, *UNTOLD) or kind != "result":
            raise NotRecomputed(f"entry {entry['sequence']} is {entry['type']}, {kind}")
    counting = sorted((day_of(entry), entry["sequence"]) for entry in results if day_of(entry) <= as_of)
    answer = {"subject": certificate.subject, "as_of": as_of, "status": "not-yet-assessed"}
    if not counting:
        return answer
    if len({certificate.entries[number]["data"]["framework"] for _, number in counting}) > 1:
        raise NotRecomputed("its results are under several frameworks")
    day, number = counting[-1]
    entry, scores = certificate.entries[number], scores_of(certificate, [number for _, number in counting])
    data, is_published = entry["data"], is_of(entry, "rating.published")
    ended = any(e["data"].get("effective_to", as_of) < as_of for e in own if is_of(e, "area.registered"))
    kind = "published" if is_published else "transcribed"
    answer |= {"status": "ended" if ended else "in-force", "framework": data["framework"]}
    answer |= {"result": {"kind": kind, "sequence": number, "effective": day}}
    answer |= {"statements": scores, "is_derived": False}
    method = method_of(certificate, data["framework"])
    if {statement["id"] for theme in method["themes"] for statement in theme["statements"]} != scores.keys():
        return answer | {key: data[key] for key in ("rating",) if key in data and not is_published}
    found = aggregate([score["score"] for score in scores.values()])
    stated = {key: data[key] for key in found if key in data}
    need(stated == found or not is_published, f"entry {number} states {stated}, and its scores give {found}")
    return answer | found | {"is_derived": True}


def day_of(entry):
    """The day from which a result counts: the last of a printed month or year, not after it was recorded."""
    if is_of(entry, "rating.published"):
        return london(entry["time"])
    recorded = london(entry["recordedtime"])
    year, *rest = map(int, entry["data"].get("effective_from", recorded).split("-"))
    month = rest[0] if rest else 12
    day = rest[1] if rest[1:] else calendar.monthrange(year, month)[1]
    return min(f"{year:04}-{month:02}-{day:02}", recorded)


def london(time):
    return datetime.datetime.fromisoformat(time).astimezone(ZoneInfo("Europe/London")).date().isoformat()


def scores_of(certificate, results):
    """The score of each statement: of the latest publication that has one; a transcription begins anew."""
    scores = {}
    for number in results:
        entry = certificate.here(number)
        if is_of(entry, "rating.transcribed"):
            scores, given = {}, [(number, score) for score in entry["data"].get("scores", [])]
        else:
            given = [(score, certificate.here(score)["data"]) for score in entry["data"]["scores"]]
        for by, score in given:
            if "category" in score:
                raise NotRecomputed("statements are scored by evidence category")
            scores[score["statement"]] = {"score": score["score"], "entry": by, "result": number}
    return scores


def method_of(certificate, framework):
    known = [entry for entry in certificate.history("national") if entry["sequence"] <= certificate.known_at]
    adopted = [entry["data"]["framework"] for entry in known if is_of(entry, "framework.adopted")]
    method = next((one for one in adopted if one["id"] == framework), None)
    need(method, f"the framework {framework} was not adopted")
    if method.get("limiters") or method["rounding"] != "ceiling" or framework.startswith("provider/"):
        raise NotRecomputed(f"the framework {framework} has limiters, key questions or another rounding")
    return method


def aggregate(scores):
    percent = -(-100 * sum(scores) // (4 * len(scores)))
    bands = ((38, "inadequate"), (62, "requires-improvement"), (87, "good"), (100, "outstanding"))
    return {"rating": next(rating for top, rating in bands if percent <= top), "percent": percent}


def compare(certificate):
    result, own = certificate.result, recomputed(certificate)
    stated = {key: result[key] for key in own if key in result}
    stated |= {key: result[key] for key in ("framework", "percent", "rating", "result") if key in result}
    if "result" in own and "result" in result:
        stated["result"] = {key: result["result"][key] for key in own["result"]}
        lines = result.get("statements", [])
        scores = {line["statement"]: {key: line[key] for key in LINE} for line in lines}
        stated |= {"statements": scores, "is_derived": result.get("basis") == "derived"}
    need(stated == own, f"the result states {stated}, and the entries give {own}")
    rating, percent = own.get("rating", own["status"]), own.get("percent", "no")
    say(13, f"the rating recomputed is the one stated: {rating}, {percent} %")


def say(number, what):
    print(f"{number:2} {what}")


def verify(data, key, witnesses=(), quorum=None):
    """Exit status and, unless it is 0, why."""
    try:
        trusted = [Key(text, 4) for text in witnesses]
        compare(Certificate(data, Key(key, 1), trusted, len(trusted) if quorum is None else quorum))
    except NotRecomputed as reason:
        return 2, f"13 the rating was not recomputed: {reason}"
    except Refused as reason:
        return 1, f"refused: {reason}"
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return 1, f"refused: something is not of the form that it should have: {error!r}"
    return 0, ""


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("file")
    arguments.add_argument("--key", required=True)
    arguments.add_argument("--witness", action="append", default=[])
    arguments.add_argument("--quorum", type=int)
    given = arguments.parse_args()
    with open(given.file, "rb") as file:
        status, why = verify(file.read(), given.key, given.witness, given.quorum)
    print(why or "verified")
    return status


if __name__ == "__main__":
    sys.exit(main())
