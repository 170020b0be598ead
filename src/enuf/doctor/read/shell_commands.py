"""The simple commands of shells and of their scripts, each with its folder, variables and user."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from enuf.doctor.evidence import SourceFile
from enuf.doctor.read.app_words import expand, program_in
from enuf.syntax.shell_lines import SHELLS, script_of_shell, simple_commands

_OPTIONS_OF_GUNICORN = "GUNICORN_CMD_ARGS"
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=")
_ARRAY = re.compile(r"(?:\w+ +(?:-\w+ +)*)?([A-Za-z_]\w*)=\(")


class SimpleCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A simple command with what stood before it in the same shell line."""

    words: tuple[str, ...]
    directory: str
    environ: Mapping[str, str]
    user: str = ""
    line: int = 0


def commands_of(words: Sequence[str], directory: str) -> Iterator[SimpleCommand]:
    """Yield the simple commands in a list of words: those of a shell's script, else the words themselves."""
    for position, word in enumerate(words[:-1]):
        script = script_of_shell(words[position + 1 :]) if word.rpartition("/")[2] in SHELLS else ""
        if script:
            yield from shell_commands(script, directory)
            return
    if len(words) == 1 and " " in words[0]:
        yield from shell_commands(words[0], directory)
    elif words:
        yield SimpleCommand(words=tuple(words), directory=directory, environ={})


def shell_commands(text: str, directory: str, line: int = 0) -> Iterator[SimpleCommand]:
    """Yield the simple commands of a shell line. A `cd` before a command changes its folder."""
    exported: dict[str, str] = {}
    for simple in simple_commands(text):
        directory = _changed(simple, directory)
        own = _assigned(simple)
        if simple[:1] == ["export"] or (own and len(own) == len(simple)):
            exported.update(own)
        elif simple and simple[0] != "cd":
            yield SimpleCommand(
                words=tuple(simple),
                directory=directory,
                environ={**exported, **own},
                user=_user(simple),
                line=line,
            )


def _changed(simple: Sequence[str], directory: str) -> str:
    if len(simple) == 2 and simple[0] == "cd" and not re.search(r"[$`~]", simple[1]):
        return posixpath.normpath(posixpath.join(directory, simple[1]))
    return directory


def _assigned(simple: Sequence[str]) -> dict[str, str]:
    words = simple[1:] if simple[:1] in (["export"], ["env"]) else simple
    pairs: dict[str, str] = {}
    for word in words:
        if not _ASSIGNED.match(word):
            break
        key, _, pairs_value = word.partition("=")
        pairs[key] = pairs_value
    return pairs


def _user(words: Sequence[str]) -> str:
    for position, word in enumerate(words[:-1]):
        if word.rpartition("/")[2] in ("gosu", "su-exec"):
            return words[position + 1].partition(":")[0]
        if word == "sudo" and words[position + 1] == "-u" and position + 2 < len(words):
            return words[position + 2]
    return ""


def script_commands(file: SourceFile, directory: str) -> Iterator[SimpleCommand]:
    """Yield the commands of a script or Procfile that run an app server."""
    waiting: list[str] = []
    first = 0
    known: dict[str, str] = {}
    for line_number, raw in enumerate(file.text.splitlines(), 1):
        piece = raw.rstrip()
        first = first if waiting else line_number
        waiting.append(piece.removesuffix("\\"))
        if piece.endswith("\\"):
            continue
        line, waiting = " ".join(waiting).strip(), []
        if not line or line.startswith("#") or _is_list(line, file.text):
            continue
        line = line.partition(":")[2] if file.kind == "procfile" else line
        directory = _changed(line.split(), directory)
        known.update({key: _filled(value, known) for key, value in _assigned_in(line).items()})
        for simple in shell_commands(line, directory, first):
            if program_in(simple.words) >= 0:
                yield msgspec.structs.replace(simple, environ={**_plain(known), **simple.environ})


def _is_list(line: str, text: str) -> bool:
    """Return True for the assignment of an array that a loop of the script goes through: its words are names, no command."""
    array = _ARRAY.match(line)
    return bool(array and re.search(rf"\bfor +\w+ +in +\"?\${{{array[1]}\[[@*]\]}}", text))


def _assigned_in(line: str) -> dict[str, str]:
    """Return the variables that a line of a script sets for the lines below it, empty if the line runs a command."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        return {}
    own = _assigned(words)
    return own if len(own) == len(words) - (words[:1] == ["export"]) else {}


def _filled(value: str, known: Mapping[str, str]) -> str:
    """Return the value of an assignment with the variables of earlier lines in it."""
    return expand(value, _plain(known))[0] or value


def _plain(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a script whose value is written out, and the options of gunicorn in any case."""
    return {
        key: value.strip("\"'")
        for key, value in environ.items()
        if key == _OPTIONS_OF_GUNICORN or ("$" not in value and "`" not in value)
    }
