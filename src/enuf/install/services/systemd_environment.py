"""The variables and credentials that systemd gives a unit, drop-ins included, as `systemctl show` prints them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from enuf.syntax.env_file import values_in
from enuf.system.files import read_regular

SHOWN = ("Environment", "EnvironmentFiles")
LIMIT_BYTES = 2**20
_IGNORES_ERRORS = re.compile(r" \(ignore_errors=(?:yes|no)\)$")
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|([0-7]{3})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def variables_in(shown: str) -> dict[str, str]:
    """Return the variables of a unit from the output of `systemctl show`; those of its files win, the last one over all."""
    found: dict[str, str] = {}
    for word in (each for line in _values(shown, "Environment") for each in shown_words(line)):
        name, sign, value = word.partition("=")
        found |= {name: value} if sign else {}
    for line in _values(shown, "EnvironmentFiles"):
        pattern = Path(_IGNORES_ERRORS.sub("", line))
        for path in sorted(pattern.parent.glob(pattern.name)):
            found |= values_in(_text(path))
    return found


def credentials_in(definition: str) -> dict[str, bytes]:
    """Return the credentials that a unit gets at its next start, from the files that it names.

    `definition` is the unit with its drop-ins, as `systemctl cat` prints them: systemd 252 shows no credentials otherwise.
    """
    found: dict[str, bytes] = {}
    for line in _values(definition, "LoadCredential"):
        name, _, path = line.partition(":")
        if path.startswith("/") and "/" not in name:
            found |= _content(name, Path(path))
    return found


def credentials_of(unit: str, folder: Path = Path("/run/credentials")) -> dict[str, bytes]:
    """Return the credentials that a running unit has got at its start."""
    found: dict[str, bytes] = {}
    for file in sorted((folder / unit).glob("*")):
        found |= _content(file.name, file)
    return found


def shown_words(line: str) -> Iterator[str]:
    """Yield the words of a list as systemctl prints it: bare, or in double quotes with escapes."""
    at = 0
    while at < len(line):
        if line[at] == " ":
            at += 1
        elif line[at] == '"':
            match = re.compile(r'"((?:[^"\\]|\\.)*)"?', re.DOTALL).match(line, at)
            assert match
            yield _ESCAPE.sub(_escaped, match[1])
            at = match.end()
        else:
            end = line.find(" ", at)
            end = len(line) if end < 0 else end
            yield line[at:end]
            at = end


def _escaped(match: re.Match[str]) -> str:
    if match[1] or match[2]:
        return chr(int(match[1], 16) if match[1] else int(match[2], 8))
    return _LETTERS.get(match[3], match[3])


def _values(shown: str, name: str) -> Iterable[str]:
    return (line[len(name) + 1 :] for line in shown.splitlines() if line.startswith(f"{name}="))


def _text(path: Path) -> str:
    return _content("", path).get("", b"").decode("utf-8", "replace")


def _content(name: str, path: Path) -> dict[str, bytes]:
    try:
        return {name: read_regular(path, LIMIT_BYTES)}
    except OSError:
        return {}
