"""Command lines of app servers: the program in a list of words, and the settings that the words write."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from enuf.doctor.app_settings import AppProgram, AppSetting
from enuf.doctor.evidence import StartCommand
from enuf.syntax.gunicorn_options import (
    GUNICORN_FLAGS,
    GUNICORN_REPEATED,
    OTHER_FLAGS,
    OTHER_SWITCHES,
    flag_and_value,
    has_value_behind,
)
from enuf.syntax.shell_variables import fill_in, names_in

PROGRAMS: Mapping[str, AppProgram] = {
    "gunicorn": "gunicorn",
    "gunicorn3": "gunicorn",
    "uvicorn": "uvicorn",
    "hypercorn": "hypercorn",
    "daphne": "daphne",
    "granian": "granian",
}
_WORDS_LIMIT = 500
_COMPUTED = re.compile(r"[$`%]|\{\{")
_TAIL = re.compile(r"[\w.]+(?::.+)?")


class AppWords(msgspec.Struct, frozen=True, kw_only=True):
    """What the words after the program's name say."""

    settings: dict[str, AppSetting]
    target: str
    """The app as written, empty if there is none."""
    complete: bool
    """False if a word may stand for more options."""
    unknown_flags: tuple[str, ...]


def read_app_words(start: StartCommand, program: AppProgram) -> AppWords:
    """Read the words of a start command, without the program's own name."""
    reader = _Reader(start, program)
    reader.read([*start.argv[1 : _WORDS_LIMIT + 1]])
    return AppWords(
        settings=reader.settings,
        target=reader.target,
        complete=reader.complete,
        unknown_flags=tuple(reader.unknown),
    )


def expand(text: str, environ: Mapping[str, str]) -> tuple[str | None, bool]:
    """Return a word with variables filled in, None if one is unknown, and whether the value is certain."""
    value = fill_in(text, environ)
    if _COMPUTED.search(value):
        return None, False
    return value, names_in(text) <= environ.keys()


class _Reader:
    """The settings that have been read so far."""

    def __init__(self, start: StartCommand, program: AppProgram) -> None:
        self.start, self.program = start, program
        self.settings: dict[str, AppSetting] = {}
        self.target = ""
        self.complete = True
        self.unknown: list[str] = []

    def read(self, words: list[str]) -> None:
        while words:
            word = words.pop(0)
            if not word.startswith("-") or word == "-":
                self._plain(word)
                continue
            flag, value = flag_and_value(word)
            name = self._name(flag)
            if name == "":
                self._unknown(flag, words)
            elif value is None and self._takes(flag, name, words):
                self._keep(name, words.pop(0) if words else "")
            else:
                self._keep(name, "True" if value is None else value)

    def _name(self, flag: str) -> str:
        """Return the name of a flag's setting, empty for an unknown flag."""
        if self.program == "gunicorn":
            return GUNICORN_FLAGS.get(flag) or self._abbreviated(flag)
        known = OTHER_FLAGS[self.program].get(flag) or OTHER_SWITCHES.get(flag)
        return known or flag.lstrip("-").replace("-", "_")

    def _abbreviated(self, flag: str) -> str:
        """Return the setting of an abbreviated long flag, as argparse takes one that is unique."""
        found = {
            name for each, name in GUNICORN_FLAGS.items() if flag.startswith("--") and each.startswith(flag)
        }
        return found.pop() if len(found) == 1 and len(flag) > 2 else ""

    def _takes(self, flag: str, name: str, words: list[str]) -> bool:
        """Return True for a flag whose value is the next word."""
        if self.program == "gunicorn":
            return has_value_behind(name, words)
        return flag in OTHER_FLAGS[self.program]

    def _unknown(self, flag: str, words: list[str]) -> None:
        if _COMPUTED.search(flag):
            self.complete = False
            return
        self.unknown.append(flag)
        if words and not words[0].startswith("-") and not _looks_like_app(words[0]):
            words.pop(0)

    def _keep(self, name: str, text: str) -> None:
        value, certain = expand(text, self.start.environ)
        before = self.settings.get(name)
        if name in GUNICORN_REPEATED and before is not None and isinstance(before.value, list):
            kept = [*before.value, value]
        else:
            kept = [value] if name in GUNICORN_REPEATED else []
        self.settings[name] = AppSetting(
            name=name,
            value=kept or value,
            certain=certain,
            file=self.start.file,
            line=self.start.line,
        )

    def _plain(self, word: str) -> None:
        if _COMPUTED.search(word):
            value, _ = expand(word, self.start.environ)
            if value is None or " " in value:
                self.complete = False
                self.target = self.target or ("?" if ":" in word else "")
                return
            word = value
        if not self.target and _TAIL.fullmatch(word):
            self.target = word


def _looks_like_app(word: str) -> bool:
    return ":" in word and not word[0].isdigit() and "/" not in word


_NO_RUNNERS = frozenset(
    """pip pip3 apt-get apt apk dnf yum echo printf pkill killall pgrep kill grep systemctl service journalctl mkdir rmdir chown
    chmod touch rm ls cp mv ln cat tail head tee test cd export usermod useradd adduser addgroup""".split()  # noqa: SIM905
) | {
    *("[", "[[", "case", "for", "ps", "pidof", "lsof", "which", "type", "hash"),
    *("curl", "wget", "find", "sed", "awk", "supervisorctl"),
}
"""Commands whose arguments may end in a server's name, such as `mkdir -p /var/log/gunicorn`."""


def program_in(words: Sequence[str]) -> int:
    """Return the position of an app server's name in a list of words, -1 if none of them runs one.

    Words of a wrapper may stand before: `exec`, `poetry run`, `python -m`, `wait-for-it.sh db:5432 --`, a script.
    """
    for position, word in enumerate(words[:40]):
        name = word.rpartition("/")[2]
        if name in PROGRAMS or re.fullmatch(r"gunicorn[\d.-]+", name):
            before = words[position - 1] if position else ""
            if "/init.d/" in word:
                return -1  # a script of the system, with `restart` behind it
            return -1 if before in ("install", "add", "which", "-v", "-f") else position
        if word in _NO_RUNNERS or re.match(r"\w+=(?:\$\(|`)\w", word):
            return -1  # `path=$(whereis gunicorn)`
    return -1


def words_from(words: Sequence[str]) -> Iterator[str]:
    """Yield the words from the program's name on, without what a shell redirects."""
    skip = False
    for word in words:
        if skip or re.fullmatch(r"\d?>{1,2}.*|<.*|&>.*", word):
            skip = not skip and word in (">", ">>", "2>", "2>>", "1>", "<", "&>")
            continue
        yield word
