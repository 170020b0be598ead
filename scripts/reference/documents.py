"""The chapters of the JSON documents, and the types that they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.reference.structs import reachable, struct_table
from scripts.reference.texts import Texts, table

from enuf.bench.results import Report
from enuf.model.finding import Edit, Finding, Fix
from enuf.model.plan import Plan
from enuf.model.snapshot import Snapshot
from enuf.observe.logs.records import Record
from enuf.observe.logs.story import Phase

DOCUMENT_TYPES = {"Plan": Plan, "Report": Report, "Snapshot": Snapshot}


def documents(texts: Texts) -> str:
    """Return one chapter for each JSON document, then the types of their parts."""
    parts = []
    for name, document in texts.facts["documents"].items():
        about = texts.of(f"documents.{name}", "about", document["about"])
        head = f"## {document['command']}\n\n" + (f"{about}\n\n" if about else "")
        parts.append(head + _keys(texts, name, document))
    return "\n".join([*parts, _types(texts)])


def _keys(texts: Texts, name: str, document: Mapping[str, Any]) -> str:
    if "type" in document:
        return struct_table(texts, DOCUMENT_TYPES[document["type"]])
    keys = {"schema": ["integer", ""], **document["keys"]}
    rows = (
        (f"`{key}`", kind, texts.of(f"documents.{name}", key, about)) for key, (kind, about) in keys.items()
    )
    return table((texts.words["key"], texts.words["type"], texts.words["means"]), rows)


def _types(texts: Texts) -> str:
    """Return a chapter for every struct that the documents contain, in alphabetical order."""
    kinds = reachable([Plan, Report, Snapshot, Finding, Fix, Edit, Record, Phase])
    rest = [kind for kind in kinds if kind not in DOCUMENT_TYPES.values()]
    heading = {"en": "## Types\n", "ko": "## 타입\n"}[texts.language]
    return "\n".join([heading, *(f"### {kind.__name__}\n\n{struct_table(texts, kind)}" for kind in rest)])
