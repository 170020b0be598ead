"""A uWSGI configuration as uWSGI itself reads it: which option has which value, and where that was written.

The oracle is `uwsgi --ini FILE --show-config --no-server` (F207). What only the machine knows is marked, not guessed:
an option below a condition that cannot be decided is `maybe`, a value with an unknown part is `open`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from enuf.syntax.uwsgi_config import Option, Trouble, UwsgiConfig
from enuf.syntax.uwsgi_lines import Heading, IniFile, Lines, Written, read_ini
from enuf.syntax.uwsgi_logic import ENDS, Surroundings, judge
from enuf.syntax.uwsgi_magic import (
    DYNAMIC,
    LENGTH_LIMIT,
    arithmetic,
    expand_letters,
    file_letters,
    fill_placeholders,
    first_file_letters,
)
from enuf.syntax.uwsgi_markup import read_json, read_xml, read_yaml
from enuf.syntax.uwsgi_values import LOGIC

__all__ = ["Option", "Trouble", "UwsgiConfig", "read_config", "read_written"]

OPTIONS_LIMIT = 20_000
TEXT_LIMIT = 2_000_000
"""Letters of all values of a configuration together: a loop may make many of few."""
FILLS_LIMIT = 100_000
"""Placeholders that are filled in; a value that refers to itself needs many."""
FILES_LIMIT = 64
_LOADERS = {
    "ini": "ini", "xml": "xml", "xmlconfig": "xml", "yaml": "yaml", "yml": "yaml", "json": "json", "js": "json",
    "include": "", "inherit": "", "config": "",
}  # fmt: skip
_UNFILLED = re.compile(r"[$@]\(|\$\{?[A-Za-z_]|\{[{%]|<%")
"""Placeholders that are still there, uWSGI's own and those of a program that writes the file."""
_TEMPLATE = re.compile(r"\{[{%]|<%")
_SETTERS = frozenset(("set", "set-placeholder", "set-ph"))


def read_config(path: str, world: Surroundings, *, kind: str = "", section: str = "uwsgi") -> UwsgiConfig:
    """The configuration that begins with this file (absolute path); `section` as after the colon of `x.ini:prod`."""
    reader = _Reader(world)
    reader.open(path, path, section, kind, None)
    return reader.result(path)


def read_written(lines: Iterable[Written], world: Surroundings) -> UwsgiConfig:
    """The configuration that begins with these options, of a command line for example."""
    reader = _Reader(world)
    file = ""
    for line in lines:
        file = file or line.file
        reader.add(line, line.value)
    return reader.result(file)


def _with_item(value: str, item: str) -> str:
    """The value for one round of a loop; as written where that makes more of it than any value may be."""
    grown = len(value) + value.count("%(_)") * len(item)
    return value.replace("%(_)", item) if grown <= LENGTH_LIMIT else value


class _Reader:
    """Repeats what uWSGI does: options are added one by one, some of them act at once."""

    def __init__(self, world: Surroundings) -> None:
        self.world = world
        self.options: list[Option] = []
        self.first: dict[str, int] = {}
        self.instant: set[int] = set()
        self.headings: list[Heading] = []
        self.troubles: list[Trouble] = []
        self.files: list[str] = []
        self.open_files: list[str] = []
        self.logic: tuple[str, str] | None = None
        self.running = self.maybe = False
        self.last_file = ""
        self.capitals: dict[str, str] = {}
        self.letters = self.fills = 0
        self.inis: dict[tuple[str, tuple[tuple[str, str], ...]], IniFile] = {}

    def is_full(self) -> bool:
        """True when no more options are taken."""
        return len(self.options) >= OPTIONS_LIMIT or self.letters >= TEXT_LIMIT

    def add(self, line: Written, value: str) -> None:
        """Take one written option, below a condition or a loop as often as that says."""
        if self.is_full():
            return
        if self.running:
            self._append(line, value)
            return
        if line.key in ENDS:
            self.logic = None
        if self.logic is None:
            self._append(line, value)
            return
        kind, argument = self.logic
        for verdict in judge(kind, argument, self.world, self._value_of):
            if verdict.holds is False:
                continue
            if self.is_full():
                return
            before = self.maybe
            self.running, self.maybe = True, before or verdict.holds is None
            self._append(line, value if verdict.item is None else _with_item(value, verdict.item))
            self.running, self.maybe = False, before

    def _append(self, line: Written, value: str) -> None:
        if self.is_full():
            return
        self.letters += len(value)
        self.first.setdefault(line.key, len(self.options))
        self.options.append(Option(key=line.key, value=value, written=line, maybe=self.maybe))
        key = line.key
        if key in LOGIC:
            if self.running and key not in ENDS:
                self._trouble(
                    "logic", f"{key} inside of another condition or loop makes uWSGI exit", line, line.file
                )
            self.instant.add(len(self.options) - 1)
            self.logic = (
                None if key in ENDS else (key, value) if key.startswith(("if", "for")) else self.logic
            )
        elif key in _SETTERS:
            self.instant.add(len(self.options) - 1)
            name, equals, content = value.partition("=")
            self._append(msgspec.structs.replace(line, key=name, value=content), content if equals else "")
        elif key in _LOADERS:
            self.instant.add(len(self.options) - 1)
            self.load(value, _LOADERS[key], line)

    def load(self, target: str, kind: str, line: Written | None) -> None:
        """Read a file, or a section of one, into the options."""
        name, colon, section = target.rpartition(":")
        if not colon:
            name, section = target, "uwsgi"
        path = self.world.path(name) if name else self.last_file
        if "://" in target or "$(" in target or (name and "%" in name):
            self._trouble("elsewhere", f"{target} is not among these files", line, path)
            return  # fetched over the network, or named by what only the machine knows
        self.open(path, name or path, section or "uwsgi", kind, line)

    def open(self, path: str, given: str, section: str, kind: str, line: Written | None) -> None:
        """Read one section of a file; `given` is its name as written."""
        key, target = f"{path}:{section}", given
        if key in self.open_files or len(self.files) >= FILES_LIMIT or len(self.open_files) >= FILES_LIMIT:
            self._trouble("loop", f"{target} includes itself", line, path)
            return
        here = self.world.locate(path)
        text = self.world.read(here)
        if text is None:
            self._trouble("absent", f"{target} cannot be read", line, path)
            return
        self.last_file = path
        self.files.append(here)
        self.open_files.append(key)
        letters = file_letters(path, given, "" if section == "uwsgi" else section)
        self.capitals = self.capitals or first_file_letters(letters)
        known = {**self.world.letters, **letters, **self.capitals}
        known = {letter: meaning for letter, meaning in known.items() if f"%{letter}" in text}
        lines = self._lines(text, here, known, kind or here.rpartition(".")[2], section)
        self._note(text, lines, here, section)
        for each in lines.written:
            self.add(each, each.value)
        self.open_files.pop()

    def _lines(self, text: str, path: str, letters: Mapping[str, str], kind: str, section: str) -> Lines:
        if kind not in ("xml", "yaml", "yml", "json", "js"):
            return self._ini(text, path, letters).lines(section)
        expanded = expand_letters(text, letters)
        reader = {"xml": read_xml, "json": read_json, "js": read_json}.get(kind, read_yaml)
        return reader(expanded.text, path, section)

    def _ini(self, text: str, path: str, letters: Mapping[str, str]) -> IniFile:
        """The whole file, read once although each of its sections may include another one of them."""
        key = (path, tuple(letters.items()))
        if key not in self.inis:
            self.inis[key] = read_ini(text, expand_letters(text, letters), path)
        return self.inis[key]

    def _note(self, text: str, lines: Lines, path: str, section: str) -> None:
        self.headings += lines.headings
        if _TEMPLATE.search(text):
            self.troubles.append(Trouble(kind="elsewhere", text="it is a template", file=path))
        if lines.trouble:
            self.troubles.append(
                Trouble(kind="syntax", text=lines.trouble, file=path, line=lines.trouble_line, target=section)
            )
        elif not lines.written:
            self.troubles.append(
                Trouble(
                    kind="section",
                    text=f"there is no option in a section [{section}]",
                    file=path,
                    target=section,
                )
            )

    def _trouble(self, kind: str, text: str, line: Written | None, target: str) -> None:
        file, number = (line.file, line.line) if line else (target, 1)
        self.troubles.append(Trouble(kind=kind, text=text, file=file, line=number, target=target))

    def _value_of(self, key: str) -> str | None:
        index = self.first.get(key)
        return None if index is None else self.options[index].value

    def result(self, file: str) -> UwsgiConfig:
        """The configuration, its placeholders filled in."""
        self._fill("$", (self.world.environ or {}).get)
        self._fill("@", lambda name: None)
        self._fill("%", lambda name: arithmetic(name, self._value_of))
        options = tuple(self._closed())
        if len(options) >= OPTIONS_LIMIT:
            self._trouble("limit", f"it comes to more than {OPTIONS_LIMIT} options", None, file)
        elif self.is_full():
            self._trouble("limit", f"its values come to more than {TEXT_LIMIT} characters", None, file)
        elif self.fills > FILLS_LIMIT:
            self._trouble("limit", f"it has more than {FILLS_LIMIT} placeholders", None, file)
        return UwsgiConfig(
            file=file,
            directory=self.world.directory,
            options=options,
            headings=tuple(self.headings),
            troubles=tuple(self.troubles),
            files=tuple(self.files),
        )

    def _fill(self, sign: str, find: Callable[[str], str | None]) -> None:
        def counted(name: str) -> str | None:
            self.fills += 1
            return find(name) if self.fills <= FILLS_LIMIT else None

        for index, option in enumerate(self.options):
            if index not in self.instant and f"{sign}(" in option.value:
                value = fill_placeholders(option.value, sign, counted)
                self.options[index] = msgspec.structs.replace(option, value=value)

    def _closed(self) -> Iterator[Option]:
        for option in self.options:
            unknown = bool(_UNFILLED.search(option.value))
            unknown |= any(
                f"%{letter}" in option.written.raw for letter in DYNAMIC if letter not in self.world.letters
            )
            yield msgspec.structs.replace(option, open=True) if unknown else option
