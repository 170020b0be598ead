"""Shell lines and argument lists in which uWSGI is started."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator, Sequence

import msgspec

COMMAND_LIMIT = 65_536
"""Letters of a command, continued lines included; what follows is not read."""
_SEPARATORS = frozenset(("&&", "||", ";", "|", "&", "(", ")"))
_UWSGI = re.compile(r"(uwsgi|pyuwsgi)([-_]?(core|python\d*(\.\d+)?|plugin-\w+))?(\.exe)?")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_PREFIX_WORDS = frozenset(
    (
        "exec",
        "env",
        "nohup",
        "time",
        "nice",
        "ionice",
        "sudo",
        "su-exec",
        "gosu",
        "setpriv",
        "chpst",
        "command",
        "then",
        "do",
        "tini",
        "dumb-init",
    )
)
_RUNNERS = frozenset(("poetry", "pipenv", "uv", "pdm", "hatch", "rye", "run", "--", "python", "-m"))
_NOT_A_START = frozenset(
    ("--stop", "--reload", "--version", "--help", "--python-version", "--show-config", "--connect-and-read")
)


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One command in which uWSGI is started."""

    argv: tuple[str, ...]
    directory: str = ""
    user: str = ""
    environ: dict[str, str] = {}


def uwsgi_commands(text: str, directory: str = "") -> Iterator[Command]:
    """The uWSGI commands in a shell line; a `cd` before them counts."""
    for simple in _simple_commands(text):
        if len(simple) > 1 and simple[0] == "cd":
            directory = (
                posixpath.normpath(posixpath.join(directory, simple[1]))
                if directory or simple[1][:1] == "/"
                else ""
            )
            continue
        command = uwsgi_command(simple, directory)
        if command:
            yield command


def uwsgi_command(words: Sequence[str], directory: str = "") -> Command | None:
    """The uWSGI command that a list of words is, None for any other; `sh -c '...'` is looked into."""
    environ: dict[str, str] = {}
    user = ""
    for position, word in enumerate(words):
        name = word.rpartition("/")[2]
        if _ASSIGNMENT.match(word):
            key, _, value = word.partition("=")
            environ[key] = value
        elif _UWSGI.fullmatch(name):
            rest = tuple(words[position:])
            if _NOT_A_START.intersection(rest):
                return None
            return Command(argv=rest, directory=directory, user=user, environ=environ)
        elif name in ("sh", "bash", "dash", "ash", "zsh"):
            script = _script_of(words[position + 1 :])
            return next(uwsgi_commands(script, directory), None) if script else None
        elif name in ("sudo", "gosu", "su-exec") and position + 1 < len(words):
            user = (
                words[position + 2]
                if words[position + 1] == "-u" and position + 2 < len(words)
                else words[position + 1]
            )
        elif not _may_precede(name, words[:position]):
            return None
    return None


def _script_of(words: Sequence[str]) -> str:
    """The script after the `-c` (or `-lc`) of a shell."""
    for position, word in enumerate(words):
        if word.startswith("-") and word.endswith("c") and position + 1 < len(words):
            return words[position + 1]
        if not word.startswith("-"):
            return ""
    return ""


def _may_precede(name: str, before: Sequence[str]) -> bool:
    """True for a word that can stand in front of the program that is really run."""
    if name in _PREFIX_WORDS or name in _RUNNERS or name.startswith(("-", "python")):
        return True
    return bool(before) and before[-1].rpartition("/")[2] in (
        "sudo",
        "gosu",
        "su-exec",
        "-u",
        "nice",
        "-n",
        "-g",
    )


def _simple_commands(text: str) -> Iterator[list[str]]:
    try:
        lexer = shlex.shlex(text[:COMMAND_LIMIT], posix=True, punctuation_chars="();<>|&")
        lexer.whitespace_split = True
        words = list(lexer)
    except ValueError:
        return
    simple: list[str] = []
    for word in [*words, ";"]:
        if word in _SEPARATORS or set(word) <= set(";&|()"):
            if simple:
                yield simple
            simple = []
        else:
            simple.append(word)
