"""The options of a uWSGI configuration in yaml, xml or json, as uWSGI's own readers take them."""

from __future__ import annotations

import json
import re
import xml.parsers.expat
from collections.abc import Iterator

from enuf.syntax.uwsgi_lines import SectionHeading, SectionLines, WrittenOption

_BLANKS = " \t\r"
_JSON_STRING = re.compile(r'"((?:[^"\\]|\\.)*+)"')
_SAME_KEYS_LIMIT = 8
"""Lines that are kept for one key."""


def read_yaml(text: str, file: str, section: str) -> SectionLines:
    """Read the `key: value` lines and the lists below `section:`.

    Comments begin at any `#`, as in uWSGI's own reader.
    """
    written: list[WrittenOption] = []
    headings: list[SectionHeading] = []
    inside, depth, listed = False, 0, ""
    for line_number, whole in enumerate(text.split("\n"), 1):
        line = whole.partition("#")[0].rstrip(_BLANKS)
        body = line.strip(_BLANKS)
        if not body or body.startswith("---"):
            continue
        indent = len(line) - len(line.lstrip(" \t"))
        if indent <= depth and not body.startswith("-"):
            inside, depth = False, indent
        if not inside:
            name = body.partition(":")[0].strip(" \"'")
            headings.append(SectionHeading(name=name, text=body, file=file, line=line_number, options=0))
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
            written.append(_plain(listed, value, file, line_number, whole))
    return SectionLines(written=tuple(written), headings=tuple(headings))


def read_json(text: str, file: str, section: str) -> SectionLines:
    """Read the members of the object `section`. Lists repeat their key, true is 1, false and null are 0."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        return SectionLines(
            written=(), problem=f"it is no valid JSON: {error}", problem_line=getattr(error, "lineno", 1)
        )
    names = list(document) if isinstance(document, dict) else []
    headings = tuple(SectionHeading(name=name, text=name, file=file, line=1, options=1) for name in names)
    members = document.get(section) if isinstance(document, dict) else None
    if not isinstance(members, dict):
        return SectionLines(written=(), headings=headings)
    places = _KeyPlaces(text)
    written = [
        _plain(key, word, file, *places.of(key, word))
        for key, value in members.items()
        for word in _json_words(value)
    ]
    return SectionLines(written=tuple(written), headings=headings)


def _json_words(value: object) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        if each is True:
            yield "1"
        elif each is False or each is None:
            yield "0"
        elif isinstance(each, str | int):
            yield str(each)


class _KeyPlaces:
    """The lines of a JSON text that hold each of its strings."""

    def __init__(self, text: str) -> None:
        self._lines: dict[str, list[tuple[int, str]]] = {}
        for line_number, line in enumerate(text.split("\n"), 1):
            for match in _JSON_STRING.finditer(line):
                held = self._lines.setdefault(match[1], [])
                if len(held) < _SAME_KEYS_LIMIT:
                    held.append((line_number, line))

    def of(self, key: str, value: str) -> tuple[int, str]:
        """Return number and text of the line with key and value, else of the first line with the key."""
        with_key = self._lines.get(key, [(1, "")])
        both = (each for each in with_key if each[1].find(value, each[1].find(f'"{key}"') + len(key)) >= 0)
        return next(both, with_key[0])


def read_xml(text: str, file: str, section: str) -> SectionLines:
    """Read the elements in `<uwsgi>`. An element without text stands for 1.

    `section` is the id of the element. The usual name means any.
    """
    parser = xml.parsers.expat.ParserCreate(
        "utf-8"
    )  # the text is decoded already: its own declaration does not count
    elements = _XmlElements(parser, section)
    parser.StartElementHandler = elements.start
    parser.CharacterDataHandler = elements.words
    parser.EndElementHandler = elements.end
    parser.EntityDeclHandler = elements.entity
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except (xml.parsers.expat.ExpatError, ValueError) as error:
        line = getattr(error, "lineno", 1)
        return SectionLines(written=(), problem=f"it is no valid XML: {error}", problem_line=line)
    lines = text.split("\n")
    written = tuple(
        _plain(key, value, file, line_number, lines[line_number - 1] if line_number <= len(lines) else "")
        for key, value, line_number in elements.options
    )
    headings = (SectionHeading(name="uwsgi", text="<uwsgi>", file=file, line=1, options=len(written)),)
    return SectionLines(written=written, headings=headings if elements.seen else ())


class _XmlElements:
    def __init__(self, parser: xml.parsers.expat.XMLParserType, section: str) -> None:
        self.parser = parser
        self.wanted = "" if section == "uwsgi" else section
        self.options: list[tuple[str, str, int]] = []
        self.inside = self.seen = self.in_app = False
        self.key: str | None = None
        self.text: list[str] = []

    def entity(self, *_: object) -> None:
        raise ValueError("it declares an entity")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self.in_app or (self.inside and name == "app"):
            self.in_app = True  # `<app mountpoint="/"><script>`: the plugins read it, each in its own words
        elif self.inside:
            self.key, self.text = name, []
        elif name == "uwsgi" and (not self.wanted or attributes.get("id") in (None, self.wanted)):
            self.inside = self.seen = True

    def words(self, text: str) -> None:
        self.text.append(text)

    def end(self, name: str) -> None:
        if self.key is not None:
            self.options.append((self.key, "".join(self.text).strip() or "1", self.parser.CurrentLineNumber))
            self.key = None
        elif name == "app":
            self.in_app = False
        elif name == "uwsgi":
            self.inside = self.in_app = False


def _plain(key: str, value: str, file: str, line_number: int, line: str) -> WrittenOption:
    at = line.find(value, line.find(key) + len(key))
    column = at + 1 if at >= 0 else 1
    return WrittenOption(
        key=key,
        value=value,
        raw=value,
        file=file,
        line=line_number,
        column=column,
        end_column=column + (len(value) if at >= 0 else 0),
        key_column=max(line.find(key), 0) + 1,
    )
