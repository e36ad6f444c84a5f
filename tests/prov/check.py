"""Reads PROV-JSON documents with the `prov` package and says what it found in them.

Usage: check.py FILE...   prints one JSON object for each file, in order, one a line.

It checks by itself what W3C PROV asks of any document: every name that a relation uses is declared, as the kind of
thing that the relation asks for; a thing is of one kind; an entity is generated once; nothing is derived from itself.
What the document says about the ledger is compared by whoever runs this.
"""

import datetime
import json
import sys

from prov.constants import PROV_LABEL, PROV_TYPE
from prov.model import (
    ProvActivity,
    ProvAgent,
    ProvAssociation,
    ProvDerivation,
    ProvDocument,
    ProvEntity,
    ProvGeneration,
    ProvInvalidation,
    ProvUsage,
)

KINDS = {
    ProvGeneration: (ProvEntity, ProvActivity),
    ProvUsage: (ProvActivity, ProvEntity),
    ProvInvalidation: (ProvEntity, ProvActivity),
    ProvAssociation: (ProvActivity, ProvAgent, ProvEntity),
    ProvDerivation: (ProvEntity, ProvEntity, ProvActivity),
}


def declared(document):
    """Every element by name; a name declared twice, or as two kinds, is a fault."""
    elements, faults = {}, []
    for kind in (ProvEntity, ProvActivity, ProvAgent):
        for element in document.get_records(kind):
            name = str(element.identifier)
            if name in elements:
                faults.append(f"{name} is declared twice")
            elements[name] = element
            if not element.get_attribute(PROV_TYPE) or not element.get_attribute(PROV_LABEL):
                if kind is not ProvActivity and not name.startswith(("document:", "source:")):
                    faults.append(f"{name} has no type or no label")
    return elements, faults


def references(document, elements):
    """Faults of relations: names that are not declared, or are of another kind."""
    faults = []
    for kind, wanted in KINDS.items():
        for record in document.get_records(kind):
            for argument, expected in zip(record.args, wanted):
                if argument is None or isinstance(argument, datetime.datetime):
                    continue
                element = elements.get(str(argument))
                if not isinstance(element, expected):
                    faults.append(f"{record.get_provn()}: {argument} is no declared {expected.__name__}")
    return faults


def derivations(document):
    edges = {}
    for record in document.get_records(ProvDerivation):
        edges.setdefault(str(record.args[0]), set()).add(str(record.args[1]))
    return edges


def reached(edges, start):
    seen, open_ = set(), [start]
    while open_:
        for used in edges.get(open_.pop(), ()):
            if used not in seen:
                seen.add(used)
                open_.append(used)
    return seen


def spelled(moment):
    """A time as the ledger spells it, or a word that it never does."""
    if not isinstance(moment, datetime.datetime) or moment.utcoffset() is None:
        return "no time"
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def times(document):
    """When each deed began and ended, and when what it made was generated."""
    found = {}
    for activity in document.get_records(ProvActivity):
        name = str(activity.identifier)
        if name.startswith("deed:"):
            found.setdefault(name[5:], []).extend([spelled(activity.get_startTime()), spelled(activity.get_endTime())])
    for record in document.get_records(ProvGeneration):
        if str(record.args[0]).startswith("entry:"):
            found.setdefault(str(record.args[0])[6:], []).append(spelled(record.args[2]))
    return found


def check(path):
    with open(path, encoding="utf-8") as file:
        document = ProvDocument.deserialize(content=file.read(), format="json")
    elements, faults = declared(document)
    faults += references(document, elements)
    generated = [str(record.args[0]) for record in document.get_records(ProvGeneration)]
    faults += [f"{name} is generated twice" for name in set(generated) if generated.count(name) > 1]
    edges = derivations(document)
    faults += [f"{name} is derived from itself" for name in edges if name in reached(edges, name)]
    again = ProvDocument.deserialize(content=document.serialize(format="json"), format="json")
    if again != document or not document.get_provn():
        faults.append("it reads back as another document")
    if len(document.unified().get_records()) != len(document.get_records()):
        faults.append("two of its records say the same")
    entries = {}
    for name, element in elements.items():
        if name.startswith("entry:"):
            entries[name[6:]] = next(str(v) for k, v in element.attributes if str(k) == "ledger:blake3")
    return {
        "faults": sorted(faults),
        "entries": entries,
        "times": times(document),
        "generated": sorted(generated),
        "reached": sorted(reached(edges, "derived:overall")),
        "invalidated": sorted(str(record.args[0]) for record in document.get_records(ProvInvalidation)),
        "associated": sorted({str(record.args[0]) for record in document.get_records(ProvAssociation)}),
        "activities": sorted(n for n, e in elements.items() if isinstance(e, ProvActivity)),
    }


if __name__ == "__main__":
    for path in sys.argv[1:]:
        print(json.dumps(check(path)))
