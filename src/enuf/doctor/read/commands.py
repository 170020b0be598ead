"""Shell lines and argument lists that start uWSGI."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

import msgspec

from enuf.syntax.shell_lines import SHELLS, script_of_shell, simple_commands

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
    """One command that starts uWSGI."""

    argv: tuple[str, ...]
    directory: str = ""
    user: str = ""
    environ: dict[str, str] = {}


def uwsgi_commands(text: str, directory: str = "") -> Iterator[Command]:
    """Yield the uWSGI commands in a shell line. A `cd` before a command changes its folder."""
    for simple in simple_commands(text):
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
    """Return the uWSGI command in a list of words, None for any other command.

    Wrappers such as `exec`, `sudo` and `sh -c '...'` are looked into.
    """
    environ: dict[str, str] = {}
    user = ""
    for position, word in enumerate(words):
        name = word.rpartition("/")[2]
        if _ASSIGNMENT.match(word):
            key, _, value = word.partition("=")
            environ[key] = value
        elif _UWSGI.fullmatch(name) and not _is_user(words, position):
            rest = tuple(words[position:])
            if _NOT_A_START.intersection(rest):
                return None
            return Command(argv=rest, directory=directory, user=user, environ=environ)
        elif name in SHELLS:
            script = script_of_shell(words[position + 1 :])
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


def _is_user(words: Sequence[str], position: int) -> bool:
    """Return True for the name of the user that `gosu` and `su-exec` change to."""
    return position > 0 and words[position - 1].rpartition("/")[2] in ("gosu", "su-exec")


def _may_precede(name: str, before: Sequence[str]) -> bool:
    """Return True for a word that can precede the program that is really run."""
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
