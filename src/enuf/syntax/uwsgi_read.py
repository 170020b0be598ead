"""A uWSGI configuration as uWSGI itself reads it: which option has which value, and where that was written.

The oracle is `uwsgi --ini FILE --show-config --no-server` (F207). What only the machine knows is marked, not guessed:
an option below a condition that cannot be decided is `maybe`, a value with an unknown part is `open`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from enuf.syntax.uwsgi_lines import Heading, Lines, Written, read_ini
from enuf.syntax.uwsgi_logic import ENDS, Surroundings, judge
from enuf.syntax.uwsgi_magic import (
    DYNAMIC,
    Expanded,
    arithmetic,
    expand_letters,
    file_letters,
    fill_placeholders,
)
from enuf.syntax.uwsgi_markup import read_json, read_xml, read_yaml
from enuf.syntax.uwsgi_values import LOGIC, first_name, is_on, leading_number

OPTIONS_LIMIT = 20_000
FILES_LIMIT = 64
_LOADERS = {
    "ini": "ini", "xml": "xml", "xmlconfig": "xml", "yaml": "yaml", "yml": "yaml", "json": "json", "js": "json",
    "include": "", "inherit": "", "config": "",
}  # fmt: skip
_SETTERS = frozenset(("set", "set-placeholder", "set-ph"))


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One option in force, in the order in which uWSGI takes them."""

    key: str
    value: str
    """As uWSGI sees it."""
    written: Written
    maybe: bool = False
    """True below a condition that only the machine can decide."""
    open: bool = False
    """True when the value has a part that only the machine knows."""

    @property
    def name(self) -> str:
        """The first of the option's names."""
        return first_name(self.key)

    @property
    def is_on(self) -> bool:
        """The value as uWSGI reads a flag."""
        return is_on(self.value)

    @property
    def number(self) -> int | None:
        """The value as atoi reads it, None while a part of it is not known."""
        return None if self.open else leading_number(self.value)


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Why a file was not read, or not in full."""

    kind: str
    """`absent`, `elsewhere`, `loop`, `syntax`, `section`, `logic` or `limit`."""
    text: str
    file: str
    line: int = 1
    target: str = ""


class UwsgiConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one start of uWSGI is configured with."""

    file: str
    """The file that it is started with, or the file that holds its command line."""
    directory: str
    """Folder in which it is started, as far as that is known: else the folder of the file."""
    options: tuple[Option, ...]
    headings: tuple[Heading, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    files: tuple[str, ...] = ()
    """Every file that was read, the first one first."""
    cache: dict[str, list[Option]] = msgspec.field(default_factory=dict)
    """Filled at the first question; says nothing that `options` does not say."""

    @property
    def home(self) -> str:
        """The file that a missing line belongs to: the first configuration file, else the one with the command."""
        return self.files[0] if self.files else self.file

    @property
    def is_whole(self) -> bool:
        """False when options may be missing here, so that an absent line proves nothing."""
        return all(trouble.kind in ("section",) for trouble in self.troubles)

    def all(self, *names: str) -> tuple[Option, ...]:
        """The options of these first names, in order."""
        if len(names) == 1:
            return tuple(self._by_name().get(names[0], ()))
        return tuple(option for option in self.options if option.name in names)

    def last(self, *names: str) -> Option | None:
        """The option of these names that wins: the last one."""
        if len(names) == 1:
            held = self._by_name().get(names[0])
            return held[-1] if held else None
        return next((option for option in reversed(self.options) if option.name in names), None)

    def _by_name(self) -> dict[str, list[Option]]:
        """The options by first name, sorted once: rules ask for every option's neighbours."""
        if not self.cache:
            for option in self.options:
                self.cache.setdefault(option.name, []).append(option)
        return self.cache

    def value(self, *names: str) -> str:
        """The winning value, empty when the option is not set."""
        option = self.last(*names)
        return option.value if option else ""

    def number(self, name: str, default: int) -> int | None:
        """The winning number, None when a part of it, or whether it holds, is not known."""
        option = self.last(name)
        if option is None:
            return default
        return None if option.maybe else option.number

    def is_on(self, name: str) -> bool | None:
        """Whether a flag is on, None when that depends on a condition."""
        option = self.last(name)
        if option is None:
            return False
        return None if option.maybe and option.is_on else option.is_on


def read_config(path: str, world: Surroundings, *, kind: str = "", section: str = "uwsgi") -> UwsgiConfig:
    """The configuration that begins with this file (absolute path); `section` as after the colon of `x.ini:prod`."""
    reader = _Reader(world)
    reader.load(f"{path}:{section}" if section != "uwsgi" else path, kind, None)
    return reader.result(path)


def read_written(lines: Iterable[Written], world: Surroundings) -> UwsgiConfig:
    """The configuration that begins with these options, of a command line for example."""
    reader = _Reader(world)
    file = ""
    for line in lines:
        file = file or line.file
        reader.add(line, line.value)
    return reader.result(file)


class _Reader:
    """Repeats what uWSGI does: options are added one by one, some of them act at once."""

    def __init__(self, world: Surroundings) -> None:
        self.world = world
        self.options: list[Option] = []
        self.instant: set[int] = set()
        self.headings: list[Heading] = []
        self.troubles: list[Trouble] = []
        self.files: list[str] = []
        self.open_files: list[str] = []
        self.logic: tuple[str, str] | None = None
        self.running = self.maybe = False
        self.last_file = ""

    def add(self, line: Written, value: str) -> None:
        """Take one written option, below a condition or a loop as often as that says."""
        if len(self.options) >= OPTIONS_LIMIT:
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
            before = self.maybe
            self.running, self.maybe = True, before or verdict.holds is None
            self._append(line, value if verdict.item is None else value.replace("%(_)", verdict.item))
            self.running, self.maybe = False, before

    def _append(self, line: Written, value: str) -> None:
        if len(self.options) >= OPTIONS_LIMIT:
            return
        self.options.append(Option(key=line.key, value=value, written=line, maybe=self.maybe))
        key = line.key
        if key in LOGIC:
            if self.running and key not in ENDS:
                self._trouble("logic", f"{key} inside of another condition or loop makes uWSGI exit", line, line.file)
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
        section = section or "uwsgi"
        key = f"{path}:{section}"
        if "://" in target or "$(" in target or (name and "%" in name):
            self._trouble("elsewhere", f"{target} is not among these files", line, path)
            return  # fetched over the network, or named by what only the machine knows
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
        letters = file_letters(path, name or path, "" if section == "uwsgi" else section)
        lines = self._lines(
            text, here, {**self.world.letters, **letters}, kind or path.rpartition(".")[2], section
        )
        self._note(lines, here, section)
        for each in lines.written:
            self.add(each, each.value)
        self.open_files.pop()

    def _lines(self, text: str, path: str, letters: Mapping[str, str], kind: str, section: str) -> Lines:
        expanded = expand_letters(text, letters)
        if kind in ("xml", "yaml", "yml", "json", "js"):
            reader = {"xml": read_xml, "json": read_json, "js": read_json}.get(kind, read_yaml)
            return reader(expanded.text, path, section)
        return read_ini(text, expanded if text else Expanded("", None), path, section)

    def _note(self, lines: Lines, path: str, section: str) -> None:
        self.headings += lines.headings
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
        return next((option.value for option in self.options if option.key == key), None)

    def result(self, file: str) -> UwsgiConfig:
        """The configuration, its placeholders filled in."""
        self._fill("$", (self.world.environ or {}).get)
        self._fill("@", lambda name: None)
        self._fill("%", lambda name: arithmetic(name, self._value_of))
        options = tuple(self._closed())
        if len(options) >= OPTIONS_LIMIT:
            self._trouble("limit", f"it comes to more than {OPTIONS_LIMIT} options", None, file)
        return UwsgiConfig(
            file=file,
            directory=self.world.directory,
            options=options,
            headings=tuple(self.headings),
            troubles=tuple(self.troubles),
            files=tuple(self.files),
        )

    def _fill(self, sign: str, find: Callable[[str], str | None]) -> None:
        for index, option in enumerate(self.options):
            if index not in self.instant and f"{sign}(" in option.value:
                value = fill_placeholders(option.value, sign, find)
                self.options[index] = msgspec.structs.replace(option, value=value)

    def _closed(self) -> Iterator[Option]:
        for option in self.options:
            unknown = "$(" in option.value or "@(" in option.value
            unknown |= any(
                f"%{letter}" in option.written.raw for letter in DYNAMIC if letter not in self.world.letters
            )
            yield msgspec.structs.replace(option, open=True) if unknown else option
