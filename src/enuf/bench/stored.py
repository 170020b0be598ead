"""A report read back from the JSON document that `enuf bench --json` printed."""

from __future__ import annotations

from typing import Any

import msgspec

from enuf.bench.results import Report
from enuf.bench.wrong import BenchUsage

OLDEST, NEWEST = 1, 1
"""The schemas that this version reads."""
_MAKE_ONE = "make one: enuf bench --json > FILE"


def decoded_report(content: bytes, name: str) -> Report:
    """Return the report in a document; `name` stands for the document in errors.

    Raise BenchUsage for what is no report, and for a report that a newer version wrote.
    """
    document = _document(content, name)
    if "error" in document:
        raise BenchUsage(f"{name} holds the error of a command and no report", _MAKE_ONE)
    if not {"machine", "rows", "load"} <= document.keys():
        raise BenchUsage(f"{name} is no report of enuf bench{_what_else(document)}", _MAKE_ONE)
    _refuse_other_schema(document.get("schema"), name)
    try:
        return msgspec.convert(document, Report)
    except msgspec.ValidationError as error:
        raise BenchUsage(f"{name} is no whole report of enuf bench: {error}", _MAKE_ONE) from None


def _refuse_other_schema(schema: object, name: str) -> None:
    """Raise BenchUsage for a schema that this version does not read."""
    if not isinstance(schema, int) or schema < OLDEST:
        said = f"schema {schema}" if isinstance(schema, int) else "no schema"
        raise BenchUsage(
            f"{name} has {said}, and this version of enuf reads from {OLDEST} on",
            "measure anew",
        )
    if schema > NEWEST:
        raise BenchUsage(
            f"{name} has schema {schema}, and this version of enuf reads up to {NEWEST}",
            "a newer enuf wrote the report: compare with that version",
        )


def _document(content: bytes, name: str) -> dict[str, Any]:
    """Return the JSON object. Raise BenchUsage where the content is none."""
    if not content.strip():
        raise BenchUsage(f"the file {name} is empty", _MAKE_ONE)
    try:
        document = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        hint = (
            "the page is for people; compare the documents of --json"
            if b"<html" in content[:2000]
            else _MAKE_ONE
        )
        raise BenchUsage(f"{name} is no JSON document", hint) from None
    if not isinstance(document, dict):
        raise BenchUsage(f"{name} is no report of enuf bench", _MAKE_ONE)
    return document


def _what_else(document: dict[str, Any]) -> str:
    """Return what the document is, for documents of other verbs; empty for unknown ones."""
    verbs = {"findings": "enuf doctor", "state": "enuf status", "stacks": "enuf ps", "files": "enuf export"}
    verb = next((verb for key, verb in verbs.items() if key in document), "")
    return f", but of {verb}" if verb else ""
