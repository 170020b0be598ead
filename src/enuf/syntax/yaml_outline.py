"""The outline of a YAML file: mappings, lists and plain scalars with their lines. Enough for compose files and manifests.

Anchors, aliases and `<<` are followed, flow collections may span lines. Tags are left out, and no input raises an error.
"""

from __future__ import annotations

import msgspec

from enuf.syntax.yaml_flow import flow_end, read_flow

_LINES_LIMIT = 20_000
_DEPTH_LIMIT = 40
_BLOCKS = ("|", ">")
_MERGE = "<<"


class YamlNode(msgspec.Struct, frozen=True):
    """A value and the line on which it begins."""

    line: int
    text: str = ""
    items: tuple[YamlNode, ...] = ()
    members: dict[str, YamlNode] = {}
    block: tuple[int, str] = (0, "")
    """The first line and the text of a block scalar (`|`), with its indent; 0 and empty for any other value."""

    def at(self, *keys: str) -> YamlNode | None:
        """Return the node below these keys, None if there is none."""
        node: YamlNode | None = self
        for key in keys:
            node = node.members.get(key) if node else None
        return node

    def word(self, *keys: str) -> str:
        """Return the text of the node below these keys, empty if there is none."""
        node = self.at(*keys)
        return node.text if node else ""

    def each(self, *keys: str) -> tuple[YamlNode, ...]:
        """Return the items of the list below these keys, empty if there is none."""
        node = self.at(*keys)
        return node.items if node else ()


class _Line(msgspec.Struct, frozen=True):
    line_number: int
    indent: int
    body: str
    raw: str


def read_outline(text: str) -> YamlNode:
    """Return the tree of the first document."""
    return next(iter(read_documents(text)), YamlNode(0))


def read_documents(text: str) -> tuple[YamlNode, ...]:
    """Return the trees of all documents that hold something."""
    documents: list[list[_Line]] = [[]]
    for line_number, raw in enumerate(text.removeprefix("\ufeff").splitlines()[:_LINES_LIMIT], 1):
        body = _uncommented(raw).rstrip()
        if raw.rstrip() == "---" or raw.startswith("--- "):
            documents.append([])
        elif not body.strip():
            documents[-1].append(_Line(line_number, -1, "", raw))
        elif not body.startswith("\t"):
            documents[-1].append(_Line(line_number, len(body) - len(body.lstrip(" ")), body.strip(), raw))
    return tuple(
        _Reader(lines).block(0, len(lines), 0) for lines in documents if any(line.body for line in lines)
    )


class _Reader:
    """The lines of one document, and the nodes that anchors name."""

    def __init__(self, lines: list[_Line]) -> None:
        self.lines = lines
        self.anchors: dict[str, YamlNode] = {}

    def block(self, start: int, end: int, depth: int) -> YamlNode:
        """Return the collection in a range of lines that are indented alike."""
        while start < end and not self.lines[start].body:
            start += 1
        if start >= end or depth > _DEPTH_LIMIT:
            return YamlNode(0)
        indent, first = self.lines[start].indent, self.lines[start].line_number
        members: dict[str, YamlNode] = {}
        items: list[YamlNode] = []
        position = start
        while position < end:
            line = self.lines[position]
            stop = self._stop(position, end, indent)
            if line.body == "-" or line.body.startswith("- "):
                items.append(self._item(position, stop, depth))
            elif line.body:
                self._member(members, position, stop, depth)
            position = stop
        merged = members.pop(_MERGE, None)
        for each in (merged, *merged.items) if merged else ():
            members = {**each.members, **members}
        return YamlNode(first, "", tuple(items), members)

    def _stop(self, position: int, end: int, indent: int) -> int:
        """Return the position after a line and all that belongs to it."""
        line, stop = self.lines[position], position + 1
        while stop < end and (
            not self.lines[stop].body
            or self.lines[stop].indent > indent
            or (
                self.lines[stop].indent == indent
                and self.lines[stop].body[:2] in ("- ", "-")
                and not line.body.startswith("-")
            )
        ):
            stop += 1
        return stop

    def _member(self, members: dict[str, YamlNode], position: int, stop: int, depth: int) -> None:
        key, value = _key_value(self.lines[position].body)
        if key:
            members[key] = self._value(value, position, stop, depth)

    def _item(self, position: int, stop: int, depth: int) -> YamlNode:
        line = self.lines[position]
        body = line.body[1:].strip()
        key, _ = _key_value(body)
        if key and not body.startswith(('"', "'", "{", "[")):
            lead = len(line.body) - len(line.body[1:].lstrip())
            saved = self.lines[position]
            self.lines[position] = _Line(line.line_number, line.indent + lead, body, line.raw)
            node = self.block(position, stop, depth + 1)
            self.lines[position] = saved
            return node
        return self._value(body, position, stop, depth)

    def _value(self, value: str, position: int, stop: int, depth: int) -> YamlNode:
        line_number = self.lines[position].line_number
        name = ""
        if value.startswith("&"):
            name, _, value = value[1:].partition(" ")
            value = value.strip()
        if not value and not name:
            name, position = self._anchor_below(position, stop)
        node = self._plain_value(value, position, stop, depth, line_number)
        if name:
            self.anchors[name] = node
        return node

    def _anchor_below(self, position: int, stop: int) -> tuple[str, int]:
        """Return an anchor that has the next line for itself, with the place of that line; else none and the place."""
        below = next((each for each in range(position + 1, stop) if self.lines[each].body), position)
        body = self.lines[below].body if below > position else ""
        is_anchor = body.startswith("&") and " " not in body
        return (body[1:], below) if is_anchor else ("", position)

    def _plain_value(self, value: str, position: int, stop: int, depth: int, line_number: int) -> YamlNode:
        below = self.lines[position + 1 : stop]
        if value.startswith("*"):
            return msgspec.structs.replace(self.anchors.get(value[1:], YamlNode(0)), line=line_number)
        if value[:1] in _BLOCKS and len(value) <= 3:
            raw = "\n".join(line.raw for line in below)
            joined = " ".join(line.body for line in below if line.body)
            return YamlNode(line_number, joined, block=(line_number + 1, raw))
        if not value and below and _is_scalar(below):
            return YamlNode(line_number, _unquoted(" ".join(line.body for line in below if line.body)))
        if not value:
            return msgspec.structs.replace(self.block(position + 1, stop, depth + 1), line=line_number)
        folded = " ".join([value, *(line.body for line in below if line.body)])
        if value[0] in "[{" and not value.startswith("{{"):
            return _from_flow(read_flow(folded[: flow_end(folded)]), line_number)
        return YamlNode(line_number, _unquoted(folded))


def _is_scalar(below: list[_Line]) -> bool:
    """Return True for a plain text that begins on the line after its key."""
    first = next((line.body for line in below if line.body), "-")
    return first[:1] not in "-?[{&*|>!#" and not _key_value(first)[0]


def _from_flow(value: object, line_number: int) -> YamlNode:
    if isinstance(value, dict):
        members = {key: _from_flow(each, line_number) for key, each in value.items()}
        return YamlNode(line_number, members=members)
    if isinstance(value, list):
        return YamlNode(line_number, items=tuple(_from_flow(each, line_number) for each in value))
    return YamlNode(line_number, str(value))


def _key_value(body: str) -> tuple[str, str]:
    if body.startswith(("'", '"')) and body[1:].find(body[0]) > 0:
        end = body.index(body[0], 1) + 1
        key, rest = body[:end], body[end:]
        colon, value = rest[:1], rest[1:]
    else:
        key, colon, value = body.partition(":")
        while colon and value and value[0] != " ":
            more, colon, value = value.partition(":")
            key = f"{key}:{more}"
    if colon != ":" or (value and value[0] != " ") or key.startswith(("{", "[")):
        return "", ""
    return _unquoted(key.strip()), value.strip()


def _unquoted(text: str) -> str:
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
        elif char in "\"'" and (position == 0 or line[position - 1] in " \t[{,:="):
            quote = char
        elif char == "#" and (position == 0 or line[position - 1] in " \t"):
            return line[:position]
        position += 1
    return line
