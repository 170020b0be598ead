"""The command line of an app server among words that may begin with wrappers, a Python or a shell."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from typing import Literal

import msgspec

Program = Literal["uwsgi", "gunicorn"]
_PROGRAMS: dict[str, Program] = {
    "uwsgi": "uwsgi",
    "pyuwsgi": "uwsgi",
    "uwsgi-core": "uwsgi",
    "gunicorn": "gunicorn",
    "gunicorn3": "gunicorn",
}
_BEFORE_LIMIT = 12
"""Words that may stand before the program: a Python, `env`, assignments, `poetry run`."""
_SHELLS = frozenset(("sh", "bash", "dash"))


class ServerWords(msgspec.Struct, frozen=True, kw_only=True):
    """The program and its arguments."""

    program: Program
    arguments: tuple[str, ...]
    path: str = ""
    """The word for the program, with its folder if that is given."""


def server_words(words: Sequence[str]) -> ServerWords | None:
    """Return the app server that these words start; None for another program."""
    for position, word in enumerate(words[:_BEFORE_LIMIT]):
        name = os.path.basename(word)  # noqa: PTH119 - a word, no path
        rest = tuple(words[position + 1 :])
        if name in _PROGRAMS:
            return ServerWords(program=_PROGRAMS[name], arguments=rest, path=word)
        if name in _SHELLS and len(rest) > 1 and rest[0].startswith("-") and rest[0].endswith("c"):
            return _in_shell(rest[1])
    return None


def _in_shell(script: str) -> ServerWords | None:
    """Return the app server of a script of one command; the last of several, `cd … && exec gunicorn …`."""
    try:
        words = shlex.split(script)
    except ValueError:
        return None
    for separator in ("&&", ";"):
        if separator in words:
            words = words[len(words) - words[::-1].index(separator) :]
    return server_words(words)
