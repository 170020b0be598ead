"""A uWSGI configuration as it was read: its options in order, with the places where they are written."""

from __future__ import annotations

import posixpath
from collections.abc import Collection

import msgspec

from enuf.syntax.uwsgi_lines import SectionHeading, WrittenOption
from enuf.syntax.uwsgi_values import first_name, is_on, leading_number


class ParsedOption(msgspec.Struct, frozen=True, kw_only=True):
    """One option in force. uWSGI takes options in this order."""

    key: str
    value: str
    """The value as uWSGI sees it, placeholders filled in."""
    written: WrittenOption
    conditional: bool = False
    """True below a condition that only the machine can decide."""
    unresolved: bool = False
    """True if the value has a part that only the machine knows."""

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
        """The value as atoi reads it, None while a part of it is unknown."""
        return None if self.unresolved else leading_number(self.value)


class UwsgiProblem(msgspec.Struct, frozen=True, kw_only=True):
    """The reason why a file was not read, or not completely."""

    kind: str
    """`absent`, `elsewhere`, `loop`, `syntax`, `section`, `logic` or `limit`."""
    text: str
    file: str
    line: int = 1
    target: str = ""
    included_at: tuple[str, int] | None = None
    """File and line of the option that includes a missing section; None for the section that uWSGI is started with."""


class UwsgiConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The complete configuration of one start of uWSGI."""

    file: str
    """The file that uWSGI is started with, or the file that holds its command line."""
    directory: str
    """Folder in which uWSGI is started if it is known, else the folder of the file."""
    options: tuple[ParsedOption, ...]
    headings: tuple[SectionHeading, ...] = ()
    problems: tuple[UwsgiProblem, ...] = ()
    files: tuple[str, ...] = ()
    """Every file that was read, in this order."""
    cache: dict[str, list[ParsedOption]] = msgspec.field(default_factory=dict)
    """The options by name, filled on first use."""

    @property
    def main_file(self) -> str:
        """The file for a missing line: the first configuration file, else the one with the command."""
        return self.files[0] if self.files else self.file

    @property
    def is_complete(self) -> bool:
        """False if options may be missing here, so that an absent line proves nothing."""
        return all(problem.kind in ("section",) for problem in self.problems)

    def all(self, *names: str) -> tuple[ParsedOption, ...]:
        """Return the options of these first names, in order."""
        if len(names) == 1:
            return tuple(self._by_name().get(names[0], ()))
        return tuple(option for option in self.options if option.name in names)

    def last(self, *names: str) -> ParsedOption | None:
        """Return the last option of these names, which wins; None if there is none."""
        if len(names) == 1:
            held = self._by_name().get(names[0])
            return held[-1] if held else None
        last = [held[-1] for name in names if (held := self._by_name().get(name))]
        if len(last) < 2:
            return last[0] if last else None
        return next(option for option in reversed(self.options) if any(option is each for each in last))

    def _by_name(self) -> dict[str, list[ParsedOption]]:
        """Return the options by first name, sorted once: rules ask for the neighbours of every option."""
        if not self.cache:
            for option in self.options:
                self.cache.setdefault(option.name, []).append(option)
        return self.cache

    @property
    def names(self) -> Collection[str]:
        """The first names of all options."""
        return self._by_name().keys()

    def working_folder(self, start: str) -> str:
        """Return the folder in which a uWSGI works that is started in the folder `start`, as far as `chdir` is known."""
        chdir = self.last("chdir")
        if chdir is None or chdir.unresolved:
            return start
        return posixpath.normpath(posixpath.join(start, chdir.value))

    def value(self, *names: str) -> str:
        """Return the winning value, empty if the option is not set."""
        option = self.last(*names)
        return option.value if option else ""

    def number(self, name: str, default: int) -> int | None:
        """Return the winning number, None if a part of it, or whether it holds, is unknown."""
        option = self.last(name)
        if option is None:
            return default
        return None if option.conditional else option.number

    def is_on(self, name: str) -> bool | None:
        """Return whether a flag is on, None if a condition decides."""
        option = self.last(name)
        if option is None:
            return False
        return None if option.conditional and option.is_on else option.is_on
