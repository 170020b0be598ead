"""The written lines of a uWSGI configuration in yaml, xml or json, each as its own reader in uWSGI takes it."""

from __future__ import annotations

import json
import xml.parsers.expat
from collections.abc import Iterator

from enuf.syntax.uwsgi_lines import Heading, Lines, Written

_BLANKS = " \t\r"


def read_yaml(text: str, file: str, section: str) -> Lines:
    """The `key: value` lines and the lists below `section:`; comments begin at any `#`, as in uWSGI's own reader."""
    written: list[Written] = []
    headings: list[Heading] = []
    inside, depth, listed = False, 0, ""
    for number, whole in enumerate(text.split("\n"), 1):
        line = whole.partition("#")[0].rstrip(_BLANKS)
        body = line.strip(_BLANKS)
        if not body or body.startswith("---"):
            continue
        indent = len(line) - len(line.lstrip(" \t"))
        if indent <= depth and not body.startswith("-"):
            inside, depth = False, indent
        if not inside:
            name = body.partition(":")[0].strip(" \"'")
            headings.append(Heading(name=name, text=body, file=file, line=number, options=0))
            inside, depth = name == section and body.endswith(":"), indent
            continue
        key, colon, value = body.partition(":")
        if body.startswith("- ") and listed:
            key, value = listed, body[2:]
        elif not colon or (value and value[0] not in " \t"):
            continue
        listed = key.strip(" \"'")
        value = value.strip(" \t\"'")
        if value:
            written.append(_plain(listed, value, file, number, whole))
    return Lines(written=tuple(written), headings=tuple(headings))


def read_json(text: str, file: str, section: str) -> Lines:
    """The members of the object `section`; lists repeat their key, true is 1, false and null are 0."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Lines(
            written=(), trouble=f"it is no valid JSON: {error}", trouble_line=getattr(error, "lineno", 1)
        )
    names = list(document) if isinstance(document, dict) else []
    headings = tuple(Heading(name=name, text=name, file=file, line=1, options=1) for name in names)
    members = document.get(section) if isinstance(document, dict) else None
    if not isinstance(members, dict):
        return Lines(written=(), headings=headings)
    lines = text.split("\n")
    written = [
        _plain(key, word, file, *_line_of(lines, f'"{key}"', word))
        for key, value in members.items()
        for word in _json_words(value)
    ]
    return Lines(written=tuple(written), headings=headings)


def _json_words(value: object) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        if each is True:
            yield "1"
        elif each is False or each is None:
            yield "0"
        elif isinstance(each, str | int):
            yield str(each)


def _line_of(lines: list[str], key: str, value: str) -> tuple[int, str]:
    """The line that holds both, else the first that holds the key."""
    with_key = [(number, line) for number, line in enumerate(lines, 1) if key in line]
    both = [(number, line) for number, line in with_key if value in line.partition(key)[2]]
    return (both or with_key or [(1, "")])[0]


def read_xml(text: str, file: str, section: str) -> Lines:
    """The elements in `<uwsgi>`; one without text stands for 1. `section` is an id, the usual name means any."""
    parser = xml.parsers.expat.ParserCreate(
        "utf-8"
    )  # whatever the text says that it was before it was decoded
    found = _XmlElements(parser, section)
    parser.StartElementHandler = found.start
    parser.CharacterDataHandler = found.words
    parser.EndElementHandler = found.end
    parser.EntityDeclHandler = found.entity
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except (xml.parsers.expat.ExpatError, ValueError) as error:
        line = getattr(error, "lineno", 1)
        return Lines(written=(), trouble=f"it is no valid XML: {error}", trouble_line=line)
    lines = text.split("\n")
    written = tuple(
        _plain(key, value, file, number, lines[number - 1] if number <= len(lines) else "")
        for key, value, number in found.options
    )
    headings = (Heading(name="uwsgi", text="<uwsgi>", file=file, line=1, options=len(written)),)
    return Lines(written=written, headings=headings if found.seen else ())


class _XmlElements:
    def __init__(self, parser: xml.parsers.expat.XMLParserType, section: str) -> None:
        self.parser = parser
        self.wanted = "" if section == "uwsgi" else section
        self.options: list[tuple[str, str, int]] = []
        self.inside = self.seen = False
        self.key: str | None = None
        self.text = ""

    def entity(self, *_: object) -> None:
        raise ValueError("it declares an entity")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self.inside:
            self.key, self.text = name, ""
        elif name == "uwsgi" and (not self.wanted or attributes.get("id") in (None, self.wanted)):
            self.inside = self.seen = True

    def words(self, text: str) -> None:
        self.text += text

    def end(self, name: str) -> None:
        if self.key is not None:
            self.options.append((self.key, self.text.strip() or "1", self.parser.CurrentLineNumber))
            self.key = None
        elif name == "uwsgi":
            self.inside = False


def _plain(key: str, value: str, file: str, number: int, line: str) -> Written:
    at = line.find(value, line.find(key) + len(key))
    column = at + 1 if at >= 0 else 1
    return Written(
        key=key,
        value=value,
        raw=value,
        file=file,
        line=number,
        column=column,
        end_column=column + (len(value) if at >= 0 else 0),
        key_column=max(line.find(key), 0) + 1,
    )
