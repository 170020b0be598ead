"""Flow collections of YAML: `["a", b]` and `{path: /, port: 80}`. No input raises an error."""

from __future__ import annotations

from collections.abc import Sequence

_DEPTH_LIMIT = 20
_ENDS = {"[": "]", "{": "}"}

FlowValue = str | list["FlowValue"] | dict[str, "FlowValue"]


def flow_end(text: str) -> int:
    """Return the position after the bracket that closes the first one, the length of the text if none does."""
    depth, quote = 0, ""
    for position, char in enumerate(text):
        if quote:
            quote = "" if char == quote and text[position - 1] != "\\" else quote
        elif char in "\"'":
            quote = char
        elif char in "[{":
            depth += 1
        elif char in "]}":
            depth -= 1
            if depth == 0:
                return position + 1
    return len(text)


def read_flow(text: str, depth: int = 0) -> FlowValue:
    """Return the value of a flow collection, or of a scalar without its quotes."""
    text = text.strip()
    if depth > _DEPTH_LIMIT or not text or text[0] not in _ENDS:
        return _scalar(text)
    parts = _parts(text[1:].removesuffix(_ENDS[text[0]]))
    if text[0] == "[":
        return [read_flow(part, depth + 1) for part in parts]
    members: dict[str, FlowValue] = {}
    for part in parts:
        key, _, value = part.partition(":")
        members[_scalar(key)] = read_flow(value, depth + 1)
    return members


def _parts(text: str) -> Sequence[str]:
    """Return the parts between the commas of the outermost level."""
    parts: list[str] = []
    depth, quote, start = 0, "", 0
    for position, char in enumerate(text):
        if quote:
            quote = "" if char == quote and text[position - 1] != "\\" else quote
        elif char in "\"'":
            quote = char
        elif char in "[{":
            depth += 1
        elif char in "]}":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [part for part in [*parts, text[start:]] if part.strip()]


def _scalar(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        inner = text[1:-1]
        return inner.replace('\\"', '"').replace("\\\\", "\\") if text[0] == '"' else inner
    return text
