"""A reader of uWSGI configurations that finds each option's value and place as uWSGI itself does.

The oracle is `uwsgi --ini FILE --show-config --no-server` (F207). What only the machine knows is marked, not
guessed: an option below a condition that cannot be decided is `conditional`, a value with an unknown part is
`unresolved`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from enuf.syntax.placeholders import holds_engine_marks, is_marked, lines_to_fill_in
from enuf.syntax.uwsgi_config import ParsedOption, UwsgiConfig, UwsgiProblem
from enuf.syntax.uwsgi_lines import IniFile, SectionHeading, SectionLines, WrittenOption, read_ini
from enuf.syntax.uwsgi_logic import ENDS, HostContext, evaluate
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

OPTIONS_LIMIT = 20_000
TEXT_LIMIT = 2_000_000
"""Characters of all values of a configuration together: a loop may multiply a few."""
FILLS_LIMIT = 100_000
"""Placeholders that are filled in. A value that refers to itself needs many."""
FILES_LIMIT = 64
_LOADERS = {
    "ini": "ini", "xml": "xml", "xmlconfig": "xml", "yaml": "yaml", "yml": "yaml", "json": "json", "js": "json",
    "include": "", "inherit": "", "config": "",
}  # fmt: skip
_UNFILLED = re.compile(r"[$@]\(|\$\{?[A-Za-z_]")
"""Placeholders of uWSGI's own that remain."""
_SETTERS = frozenset(("set", "set-placeholder", "set-ph"))


def read_config(
    path: str,
    host: HostContext,
    *,
    kind: str = "",
    section: str = "uwsgi",
    before: Iterable[WrittenOption] = (),
) -> UwsgiConfig:
    """Return the configuration that begins with this file (absolute path).

    `section` is the part after the colon of `x.ini:prod`. The options `before` come from elsewhere.
    """
    reader = _Reader(host)
    for line in before:
        reader.add(line, line.value)
    reader.open(path, path, section, kind, None)
    return reader.result(path)


def read_written(lines: Iterable[WrittenOption], host: HostContext) -> UwsgiConfig:
    """Return the configuration that begins with these options, for example those of a command line."""
    reader = _Reader(host)
    file = ""
    for line in lines:
        file = file or line.file
        reader.add(line, line.value)
    return reader.result(file)


def _with_item(value: str, item: str) -> str:
    """Return the value for one round of a loop, unchanged if it would become longer than any value may be."""
    grown = len(value) + value.count("%(_)") * len(item)
    return value.replace("%(_)", item) if grown <= LENGTH_LIMIT else value


class _Reader:
    """A model of uWSGI's own reader: options are added one by one, and some act at once."""

    def __init__(self, host: HostContext) -> None:
        self.host = host
        self.options: list[ParsedOption] = []
        self.first: dict[str, int] = {}
        self.instant: set[int] = set()
        self.headings: list[SectionHeading] = []
        self.problems: list[UwsgiProblem] = []
        self.files: list[str] = []
        self.open_files: list[str] = []
        self.logic: tuple[str, str] | None = None
        self.running = self.conditional = False
        self.last_file = ""
        self.to_fill_in = set[tuple[str, int]]()
        self.capitals: dict[str, str] = {}
        self.characters = self.fills = 0
        self.inis: dict[tuple[str, tuple[tuple[str, str], ...]], IniFile] = {}

    def is_full(self) -> bool:
        """Return True if no more options are taken."""
        return len(self.options) >= OPTIONS_LIMIT or self.characters >= TEXT_LIMIT

    def add(self, line: WrittenOption, value: str) -> None:
        """Take one written option, below a condition or loop as often as the verdicts say."""
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
        for verdict in evaluate(kind, argument, self.host, self._value_of):
            if verdict.holds is False:
                continue
            if self.is_full():
                return
            before = self.conditional
            self.running, self.conditional = True, before or verdict.holds is None
            self._append(line, value if verdict.item is None else _with_item(value, verdict.item))
            self.running, self.conditional = False, before

    def _append(self, line: WrittenOption, value: str) -> None:
        if self.is_full():
            return
        self.characters += len(value)
        self.first.setdefault(line.key, len(self.options))
        self.options.append(
            ParsedOption(key=line.key, value=value, written=line, conditional=self.conditional)
        )
        key = line.key
        if key in LOGIC:
            if self.running and key not in ENDS:
                self._problem(
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

    def load(self, target: str, kind: str, line: WrittenOption | None) -> None:
        """Read a file, or a section of one, into the options."""
        name, colon, section = target.rpartition(":")
        if not colon:
            name, section = target, "uwsgi"
        path = self.host.path(name) if name else self.last_file
        if "://" in target or "$(" in target or (name and "%" in name):
            self._problem("elsewhere", f"{target} is not among these files", line, path)
            return  # a URL, or a name with a part that only the machine knows
        self.open(path, name or path, section or "uwsgi", kind, line)

    def open(self, path: str, given: str, section: str, kind: str, line: WrittenOption | None) -> None:
        """Read one section of a file. `given` is the file's name as written."""
        key, target = f"{path}:{section}", given
        if key in self.open_files or len(self.files) >= FILES_LIMIT or len(self.open_files) >= FILES_LIMIT:
            self._problem("loop", f"{target} includes itself", line, path)
            return
        here = self.host.locate(path)
        text = self.host.read(here)
        if text is None:
            self._problem("absent", f"{target} cannot be read", line, path)
            return
        self.last_file = path
        self.files.append(here)
        self.to_fill_in |= {(here, number) for number in lines_to_fill_in(here, text)}
        self.open_files.append(key)
        letters = file_letters(path, given, "" if section == "uwsgi" else section)
        self.capitals = self.capitals or first_file_letters(letters)
        known = {**self.host.letters, **letters, **self.capitals}
        known = {letter: meaning for letter, meaning in known.items() if f"%{letter}" in text}
        lines = self._lines(text, here, known, kind or here.rpartition(".")[2], section)
        self._note(text, lines, here, section, line)
        for each in lines.written:
            self.add(each, each.value)
        self.open_files.pop()

    def _lines(
        self, text: str, path: str, letters: Mapping[str, str], kind: str, section: str
    ) -> SectionLines:
        if kind not in ("xml", "yaml", "yml", "json", "js"):
            return self._ini(text, path, letters).lines(section)
        expanded = expand_letters(text, letters)
        reader = {"xml": read_xml, "json": read_json, "js": read_json}.get(kind, read_yaml)
        return reader(expanded.text, path, section)

    def _ini(self, text: str, path: str, letters: Mapping[str, str]) -> IniFile:
        """Return the whole file, read once although each of its sections may include another of them."""
        key = (path, tuple(letters.items()))
        if key not in self.inis:
            self.inis[key] = read_ini(text, expand_letters(text, letters), path)
        return self.inis[key]

    def _note(
        self, text: str, lines: SectionLines, path: str, section: str, line: WrittenOption | None
    ) -> None:
        self.headings += lines.headings
        if holds_engine_marks(text):
            self.problems.append(UwsgiProblem(kind="elsewhere", text="it is a template", file=path))
        if lines.problem:
            self.problems.append(
                UwsgiProblem(
                    kind="syntax", text=lines.problem, file=path, line=lines.problem_line, target=section
                )
            )
        elif not lines.written:
            self.problems.append(
                UwsgiProblem(
                    kind="section",
                    text=f"there is no option in a section [{section}]",
                    file=path,
                    target=section,
                    included_at=(line.file, line.line) if line else None,
                )
            )

    def _problem(self, kind: str, text: str, line: WrittenOption | None, target: str) -> None:
        file, line_number = (line.file, line.line) if line else (target, 1)
        self.problems.append(UwsgiProblem(kind=kind, text=text, file=file, line=line_number, target=target))

    def _value_of(self, key: str) -> str | None:
        index = self.first.get(key)
        return None if index is None else self.options[index].value

    def result(self, file: str) -> UwsgiConfig:
        """Return the configuration with its placeholders filled in."""
        self._fill("$", (self.host.environ or self.host.variables).get)
        self._fill("@", lambda _name: None)
        self._fill("%", lambda name: arithmetic(name, self._value_of))
        options = tuple(self._marked_unresolved())
        if len(options) >= OPTIONS_LIMIT:
            self._problem("limit", f"it comes to more than {OPTIONS_LIMIT} options", None, file)
        elif self.is_full():
            self._problem("limit", f"its values come to more than {TEXT_LIMIT} characters", None, file)
        elif self.fills > FILLS_LIMIT:
            self._problem("limit", f"it has more than {FILLS_LIMIT} placeholders", None, file)
        return UwsgiConfig(
            file=file,
            directory=self.host.directory,
            options=options,
            headings=tuple(self.headings),
            problems=tuple(self.problems),
            files=tuple(self.files),
        )

    def _fill(self, marker: str, find: Callable[[str], str | None]) -> None:
        def counted(name: str) -> str | None:
            self.fills += 1
            return find(name) if self.fills <= FILLS_LIMIT else None

        for index, option in enumerate(self.options):
            if index not in self.instant and f"{marker}(" in option.value:
                value = fill_placeholders(option.value, marker, counted)
                self.options[index] = msgspec.structs.replace(option, value=value)

    def _marked_unresolved(self) -> Iterator[ParsedOption]:
        for option in self.options:
            written = option.written
            unknown = _UNFILLED.search(option.value) is not None or holds_engine_marks(option.value)
            unknown |= is_marked(written.raw)
            unknown |= (written.file, written.line) in self.to_fill_in
            unknown |= any(
                f"%{letter}" in option.written.raw for letter in DYNAMIC if letter not in self.host.letters
            )
            yield msgspec.structs.replace(option, unresolved=True) if unknown else option
