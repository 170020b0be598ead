"""The outline of a YAML file: mappings, lists and plain scalars with their lines. Enough for compose files.

Anchors, tags and multi-line flow are not supported. Unknown syntax is left out, and no input raises an error.
"""

from __future__ import annotations

import json

import msgspec

_LINES_LIMIT = 20_000


class YamlNode(msgspec.Struct, frozen=True):
    """A value and the line on which it begins."""

    line: int
    text: str = ""
    items: tuple[YamlNode, ...] = ()
    members: dict[str, YamlNode] = {}

    def at(self, *keys: str) -> YamlNode | None:
        """Return the node below these keys, None if there is none."""
        node: YamlNode | None = self
        for key in keys:
            node = node.members.get(key) if node else None
        return node


class _Line(msgspec.Struct, frozen=True):
    line_number: int
    indent: int
    body: str


def read_outline(text: str) -> YamlNode:
    """Return the tree of the first document."""
    lines: list[_Line] = []
    for line_number, raw in enumerate(text.splitlines()[:_LINES_LIMIT], 1):
        body = _uncommented(raw).rstrip()
        if body.strip() == "---" and lines:
            break
        if body.strip() and body.strip() != "---" and "\t" not in body[: len(body) - len(body.lstrip())]:
            lines.append(_Line(line_number, len(body) - len(body.lstrip()), body.strip()))
    return _block(lines, 0, len(lines), 0)


def _block(lines: list[_Line], start: int, end: int, depth: int) -> YamlNode:
    if start >= end or depth > 40:
        return YamlNode(0)
    indent, first = lines[start].indent, lines[start].line_number
    members: dict[str, YamlNode] = {}
    items: list[YamlNode] = []
    position = start
    while position < end:
        line = lines[position]
        stop = position + 1
        while stop < end and (
            lines[stop].indent > indent
            or (
                lines[stop].indent == indent
                and lines[stop].body[:2] in ("- ", "-")
                and not line.body.startswith("-")
            )
        ):
            stop += 1
        if line.body == "-" or line.body.startswith("- "):
            items.append(_item(lines, position, stop, depth))
        else:
            key, value = _key_value(line.body)
            if key:
                members[key] = _value(value, lines, position, stop, depth)
        position = stop
    return YamlNode(first, "", tuple(items), members)


def _item(lines: list[_Line], position: int, stop: int, depth: int) -> YamlNode:
    line = lines[position]
    body = line.body[1:].strip()
    key, _ = _key_value(body)
    if key and not body.startswith(('"', "'")):
        shifted = _Line(line.line_number, line.indent + 2, body)
        return _block([shifted, *lines[position + 1 : stop]], 0, stop - position, depth + 1)
    return _value(body, lines, position, stop, depth)


def _value(value: str, lines: list[_Line], position: int, stop: int, depth: int) -> YamlNode:
    line_number = lines[position].line_number
    if value in ("|", ">", "|-", ">-", "|+", ">+"):
        return YamlNode(line_number, " ".join(line.body for line in lines[position + 1 : stop]))
    if not value:
        return msgspec.structs.replace(_block(lines, position + 1, stop, depth + 1), line=line_number)
    if value.startswith("["):
        return YamlNode(line_number, value, tuple(YamlNode(line_number, word) for word in _flow(value)))
    folded = " ".join([value, *(line.body for line in lines[position + 1 : stop])])
    return YamlNode(line_number, _plain(folded))


def _flow(value: str) -> list[str]:
    try:
        words = json.loads(value)
        return [str(word) for word in words] if isinstance(words, list) else []
    except (ValueError, RecursionError):
        return [_plain(word.strip()) for word in value.strip("[]").split(",") if word.strip()]


def _key_value(body: str) -> tuple[str, str]:
    key, colon, value = body.partition(":")
    if not colon or (value and value[0] != " ") or key.startswith(("{", "[")):
        return "", ""
    return _plain(key.strip()), value.strip()


def _plain(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text


def _uncommented(line: str) -> str:
    """Return the line up to a `#` that begins a comment."""
    position, quote = 0, ""
    while position < len(line):
        char = line[position]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char == "#" and (position == 0 or line[position - 1] in " \t"):
            return line[:position]
        position += 1
    return line
