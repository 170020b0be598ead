"""The instructions of a Dockerfile, and the words in them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator

from enuf.syntax.unit import COMMAND_LIMIT

_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)\s+(.*)", re.DOTALL)
_ENV_PAIR = re.compile(r'(?<!\w)([A-Za-z_]\w*)=("[^"]*+"|\'[^\']*+\'|\S*)')


def instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the first line, the name and the rest of each instruction."""
    waiting: list[str] = []
    first = 0
    for line_number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line.startswith("#") or (not line and waiting):
            continue
        first = first if waiting else line_number
        waiting.append(line.removesuffix("\\"))
        if line.endswith("\\"):
            continue
        match = _INSTRUCTION.fullmatch(" ".join(waiting)[:COMMAND_LIMIT])
        waiting = []
        if match:
            yield first, match[1].upper(), match[2].strip()


def variables_of(rest: str) -> dict[str, str]:
    """Return the variables of an ENV line."""
    pairs = {key: value.strip("\"'") for key, value in _ENV_PAIR.findall(rest)}
    if not pairs:
        key, _, value = rest.partition(" ")
        return {key: value.strip()}
    return pairs


def exec_form(text: str) -> list[str] | None:
    """Return the words of `["uwsgi", "--ini", "x.ini"]`, None for the shell form."""
    if not text.startswith("["):
        return None
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return [str(word) for word in words] if isinstance(words, list) else None


def command_words(text: str) -> tuple[str, ...]:
    """Return the words of an ENTRYPOINT or CMD in either form; the shell form as `sh -c TEXT`."""
    words = exec_form(text)
    return tuple(words) if words is not None else ("sh", "-c", text)


def split_words(text: str) -> tuple[str, ...]:
    """Return the words of a text as compose splits a command: as a shell does, and without one."""
    return tuple(shell_words(text.replace("$$", "$")))


def shell_words(text: str) -> list[str]:
    """Return the words of a text as a shell splits it, or at white space where a quote is never closed."""
    try:
        return shlex.split(text[:COMMAND_LIMIT])
    except ValueError:
        return text.split()
