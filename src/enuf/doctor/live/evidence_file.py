"""The file of `--save`: the evidence as JSON, and the way back, within bounds. Pure."""

from __future__ import annotations

import msgspec

from enuf.doctor.live.evidence import SCHEMA, LiveEvidence

LARGEST_BYTES = 16 * 2**20
KIND = "enuf-doctor-evidence"
_HEAD = b'{"kind":"enuf-doctor-evidence"'


class _Document(msgspec.Struct, frozen=True):
    """The evidence with the word by which its file is recognised."""

    kind: str
    evidence: LiveEvidence


def to_json(evidence: LiveEvidence) -> bytes:
    """Return the evidence as a JSON document. What UTF-8 cannot encode is replaced."""
    document = msgspec.to_builtins(_Document(KIND, evidence))
    return msgspec.json.encode(_clean(document)) + b"\n"


def is_evidence(data: bytes) -> bool:
    """Return True for the beginning of a file of `--save`."""
    return data.lstrip().startswith(_HEAD)


def from_json(data: bytes) -> LiveEvidence:
    """Return the evidence in a file of `--save`. Raise ValueError with a sentence for the user."""
    if len(data) > LARGEST_BYTES:
        raise ValueError(f"the evidence is larger than {LARGEST_BYTES} bytes")
    try:
        found = msgspec.json.decode(data, type=_Document).evidence
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError(f"this is no evidence that this version of enuf understands: {error}") from None
    if found.schema != SCHEMA:
        raise ValueError(
            f"the evidence has schema {found.schema}, and this version of enuf reads schema {SCHEMA}"
        )
    return found


def _clean(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_clean(key): _clean(each) for key, each in value.items()}
    return [_clean(each) for each in value] if isinstance(value, list | tuple) else value
