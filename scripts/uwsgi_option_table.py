"""Write src/enuf/syntax/uwsgi_options.py from real uWSGI builds: names, kinds, aliases, options that imply a master.

`--help` tells the names only, so the table is read where --help itself reads it: in the program file, where every
option is a struct {name, argument, short letter, help, handler, target, flags}. Run it by hand for a new release:

    python scripts/uwsgi_option_table.py /usr/bin/uwsgi-core /usr/lib/uwsgi/plugins/*.so VENV/.../pyuwsgi*.so
"""

from __future__ import annotations

import struct
import sys
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parents[1] / "src/enuf/syntax"
NUMBERS = {f"uwsgi_opt_set_{kind}" for kind in ("int", "64bit", "16bit", "megabytes", "rawint")}
FLAG = "uwsgi_opt_true"
SOCKETS = {"uwsgi_opt_add_socket", "uwsgi_opt_add_ssl_socket", "uwsgi_opt_add_lazy_socket"}
IMPLIES_MASTER = 0b100_0000_0000_0110
"""Bits 1, 2 and 14 of the flags: needs a master, needs a log master, needs a request log master."""
IMPLIES_THREADS = 0b1000


class Row(NamedTuple):
    name: str
    argument: int
    letter: str
    handler: str
    target: object
    flags: int


class Program:
    """The parts of an ELF file that the option table needs: loaded bytes, symbols, relocations."""

    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()
        (start,) = struct.unpack_from("<Q", self.data, 0x28)
        (count,) = struct.unpack_from("<H", self.data, 0x3C)
        self.sections = [struct.unpack_from("<IIQQQQIIQQ", self.data, start + i * 64) for i in range(count)]
        (first,) = struct.unpack_from("<Q", self.data, 0x20)
        (number,) = struct.unpack_from("<H", self.data, 0x38)
        segments = [struct.unpack_from("<IIQQQQQQ", self.data, first + i * 56) for i in range(number)]
        self.loads = [(s[3], s[2], s[5]) for s in segments if s[0] == 1]
        self.symbols = self._symbols()
        self.names = {value: name for name, value in self.symbols if value}
        self.relocations = dict(self._relocations())

    def offset(self, address: int) -> int | None:
        for virtual, at, size in self.loads:
            if virtual <= address < virtual + size:
                return int(at + address - virtual)
        return None

    def string(self, address: int) -> str:
        at = self.offset(address)
        return "" if at is None else self.data[at : self.data.find(b"\0", at)].decode("latin-1")

    def _symbols(self) -> list[tuple[str, int]]:
        found = []
        for section in self.sections:
            if section[1] != 11:  # SHT_DYNSYM
                continue
            strings = self.sections[section[6]][4]
            for i in range(section[5] // 24):
                name, _, _, _, value, _ = struct.unpack_from("<IBBHQQ", self.data, section[4] + i * 24)
                end = self.data.find(b"\0", strings + name)
                found.append((self.data[strings + name : end].decode(), value))
        return found

    def _relocations(self) -> Iterator[tuple[int, int | tuple[str, int]]]:
        for section in self.sections:
            if section[1] != 4:  # SHT_RELA
                continue
            for i in range(section[5] // 24):
                where, info, addend = struct.unpack_from("<QQq", self.data, section[4] + i * 24)
                kind, symbol = info & 0xFFFFFFFF, info >> 32
                if kind == 8:
                    yield where, addend
                elif kind in (1, 6):
                    yield where, (self.symbols[symbol][0], addend)

    def rows(self) -> Iterator[Row]:
        for at in sorted(self.relocations):
            name, handler = self.relocations[at], self.relocations.get(at + 24)
            place = self.offset(at)
            if (
                not isinstance(name, int)
                or handler is None
                or at + 16 not in self.relocations
                or place is None
            ):
                continue
            text = self.string(name)
            argument, letter = struct.unpack_from("<iI", self.data, place + 8)
            (flags,) = struct.unpack_from("<Q", self.data, place + 40)
            if not text.replace("-", "").replace("_", "").isalnum() or argument not in (0, 1, 2):
                continue
            called = handler[0] if isinstance(handler, tuple) else self.names.get(handler, "")
            if not called.startswith(("uwsgi_", "legion")):
                continue
            short = chr(letter) if 32 < letter < 127 else ""
            yield Row(text, argument, short, called, self.relocations.get(at + 32, 0), flags)


def main() -> None:
    rows: dict[str, Row] = {}
    groups: dict[tuple[str, str, object], list[str]] = defaultdict(list)
    in_debian: set[str] = set()
    in_pyuwsgi: set[str] = set()
    for path in map(Path, sys.argv[1:]):
        for row in Program(path).rows():
            rows.setdefault(row.name, row)
            (in_pyuwsgi if "pyuwsgi" in path.name else in_debian).add(row.name)
            if row.target and row.handler not in ("uwsgi_opt_logic",):
                key = (path.name, f"{row.handler} {row.flags}", row.target)
                if row.name not in groups[key]:
                    groups[key].append(row.name)
    aliases: dict[str, str] = {}
    for names in groups.values():
        for other in names[1:]:
            aliases.setdefault(other, names[0])
    (FOLDER / "uwsgi_options.py").write_text(kinds_text(rows, in_debian, in_pyuwsgi))
    (FOLDER / "uwsgi_aliases.py").write_text(names_text(rows, aliases))


def words(names: Iterable[str]) -> str:
    return textwrap.fill(" ".join(sorted(names)), 118, break_on_hyphens=False, break_long_words=False)


def kinds_text(rows: dict[str, Row], in_debian: set[str], in_pyuwsgi: set[str]) -> str:
    def where(test: Callable[[Row], bool]) -> str:
        return words(name for name, row in rows.items() if test(row))

    known = {FLAG} | NUMBERS
    sections = [
        ("FLAGS", "On unless the value is false, off, no or 0.", where(lambda r: r.handler == FLAG)),
        ("NUMBERS", "Read with atoi.", where(lambda r: r.handler in NUMBERS)),
        (
            "SWITCHES",
            "Take no value on a command line, and are not flags.",
            where(lambda r: r.argument == 0 and r.handler not in known),
        ),
        (
            "OPTIONAL",
            "May stand without a value on a command line.",
            where(lambda r: r.argument == 2 and r.handler not in known),
        ),
        ("TEXTS", "Take a text.", where(lambda r: r.argument == 1 and r.handler not in known)),
        ("IMPLY_MASTER", "Start a master by themselves.", where(lambda r: bool(r.flags & IMPLIES_MASTER))),
        (
            "IMPLY_THREADS",
            "Turn Python's threads on by themselves.",
            where(lambda r: bool(r.flags & IMPLIES_THREADS)),
        ),
        (
            "ONLY_PYUWSGI",
            "Known to pyuwsgi 2.0.30, not to Debian's 2.0.21 with all its plugins.",
            words(in_pyuwsgi - in_debian),
        ),
        (
            "ONLY_DEBIAN",
            "Known to Debian's 2.0.21 with its plugins, not to pyuwsgi 2.0.30.",
            words(in_debian - in_pyuwsgi),
        ),
    ]
    return "\n".join([HEAD, *(line for section in sections for line in section_lines(*section))])


def names_text(rows: dict[str, Row], aliases: dict[str, str]) -> str:
    letters = {row.letter: row.name for row in reversed(rows.values()) if row.letter}
    return "\n".join(
        [
            HEAD,
            *section_lines("_ALIASES", "other=first", words(f"{a}={b}" for a, b in aliases.items())),
            *section_lines("_SHORT_OPTIONS", "letter=name", words(f"{a}={b}" for a, b in letters.items())),
            'ALIASES = dict(pair.split("=") for pair in _ALIASES)',
            '"""Other names of an option, by the first name of it."""',
            'SHORT_OPTIONS = dict(pair.split("=") for pair in _SHORT_OPTIONS)',
            '"""Short forms on a command line."""',
            "",
        ]
    )


def section_lines(name: str, meaning: str, body: str) -> list[str]:
    return [f'{name} = _words("""', body, '""")', f'"""{meaning}"""', ""]


HEAD = '''"""The options of real uWSGI builds. Written by scripts/uwsgi_option_table.py; do not edit."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


'''

if __name__ == "__main__":
    main()
