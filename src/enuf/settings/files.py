"""A reader of the settings in a TOML file."""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from enuf.settings.fields import dotted_keys, sections
from enuf.settings.origin import Entry, Origin
from enuf.settings.problems import Problem, not_a_section, unknown_key
from enuf.settings.toml_hints import hint_for
from enuf.settings.toml_lines import KeyPath, key_lines, line_of
from enuf.settings.toml_unclosed import unclosed_before
from enuf.syntax.encodings import NotUtf8, decode_utf8
from enuf.system.files import read_regular

_LIMIT_BYTES = 1_000_000
_AT = re.compile(r" *\(at line ([0-9]+), column ([0-9]+)\)")


def file_entries(path: Path, table: KeyPath = ()) -> Iterator[Entry | Problem]:
    """Return the settings in a table of a TOML file, in their order; [] if there is no such file or table."""
    try:
        data = _data(path)
    except ValueError as error:
        yield Problem(f"{path.name}: {error}")
        return
    try:
        text = decode_utf8(data, path.name)
    except NotUtf8 as error:
        yield Problem(f"{path.name}:{error.line}: {error}", error.cure)
        return
    document = _parsed(path.name, text)
    if isinstance(document, Problem):
        yield document
        return
    yield from _Reader(path.name, text, table).entries(document)


def _data(path: Path) -> bytes:
    """Return the content of a settings file; empty if there is no file.

    Raise ValueError with the reason if it is not readable.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(
                "is a folder, not a file" if stat.S_ISDIR(status.st_mode) else "is not a regular file"
            )
        data = read_regular(path, _LIMIT_BYTES + 1)
    except FileNotFoundError:
        if path.is_symlink():
            raise ValueError(f"is a symbolic link to {path.readlink()}, which does not exist") from None
        return b""
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror or error}") from None
    if len(data) > _LIMIT_BYTES:
        raise ValueError("is larger than 1 MB: this cannot be a settings file")
    return data


def _parsed(name: str, text: str) -> Mapping[str, object] | Problem:
    try:
        return tomllib.loads(text)
    except RecursionError:
        return Problem(f"{name}: is nested too deeply")
    except ValueError as error:
        # TOMLDecodeError, and the plain ValueError of a number with thousands of digits.
        return _explained(name, text, str(error))


def _explained(name: str, text: str, message: str) -> Problem:
    """Return the problem that tomllib reports with this message."""
    at = _AT.search(message)
    unclosed = unclosed_before(text, (int(at[1]), int(at[2])) if at else None)
    if unclosed:
        kind = "bracket" if unclosed.opened in "[{" else "quote"
        return Problem(
            f"{name}:{unclosed.line}: not valid TOML: the {kind} {unclosed.opened} that opens in column "
            f"{unclosed.column} is not closed",
            f"close it with {unclosed.closing}",
        )
    where, column = (f"{name}:{at[1]}", f" (column {at[2]})") if at else (name, "")
    line = text.split("\n")[int(at[1]) - 1 :][:1] if at else []
    return Problem(
        f"{where}: not valid TOML: {_AT.sub('', message)}{column}", hint_for(message, "".join(line))
    )


class _Reader:
    """A walker through one parsed file that knows the line of every key."""

    def __init__(self, name: str, text: str, table: KeyPath) -> None:
        self._name = name
        self._table = table
        self._lines = key_lines(text)

    def entries(self, document: Mapping[str, object]) -> Iterator[Entry | Problem]:
        """Yield the settings, and a problem for everything else in the file."""
        content: object = document
        for depth, part in enumerate(self._table, 1):
            content = content.get(part, {}) if isinstance(content, Mapping) else content
            if not isinstance(content, Mapping):
                yield Problem(
                    f"{self._where(self._table[:depth])}: {'.'.join(self._table[:depth])} is not a table"
                )
                return
        assert isinstance(content, Mapping)
        for name, value in content.items():
            yield from self._top_level(name, value)

    def _top_level(self, name: str, value: object) -> Iterator[Entry | Problem]:
        where = self._where((*self._table, name))
        if name in dotted_keys():
            yield Entry(name, value, Origin("file", where))
        elif name == "tool" and not self._table:
            yield Problem(
                f"{where}: [tool.enuf] belongs in pyproject.toml: in {self._name} write [serve], not [tool.enuf.serve]"
            )
        elif isinstance(value, dict) and (value or name in sections()):
            for inner, inner_value in value.items():
                yield self._inside(name, inner, inner_value)
        elif name in sections():
            yield not_a_section(where, name)
        else:
            yield unknown_key(where, name)

    def _inside(self, section: str, name: str, value: object) -> Entry | Problem:
        key, where = f"{section}.{name}", self._where((*self._table, section, name))
        return Entry(key, value, Origin("file", where)) if key in dotted_keys() else unknown_key(where, key)

    def _where(self, path: KeyPath) -> str:
        line = line_of(self._lines, path)
        return f"{self._name}:{line}" if line else self._name
