"""Options that `enuf bench` and the commands of its first words share."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import click

from enuf.cli.durations import seconds

_SHORTEST_S, _LONGEST_S = 0.1, 600.0


def load_duration(_ctx: click.Context, _option: click.Parameter, text: str) -> float:
    """Return the duration of a load in seconds. Raise BadParameter for one out of bounds."""
    found = seconds(text)
    if not _SHORTEST_S <= found <= _LONGEST_S:
        raise click.BadParameter(f"{text} is not a time from 100ms to 10m")
    return found


def name_to_type(word: str, known: Sequence[str]) -> str:
    """Return the name that was probably meant by an unknown one, or else all of them."""
    near = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {near[0]}?" if near else f"choose of: {', '.join(known)}"


def app_path(path: str) -> str:
    """Return a path of the app with its query. Raise BadParameter for what cannot stand in a request."""
    if not path.startswith("/") or not path.isascii() or not path.isprintable() or " " in path:
        raise click.BadParameter(f"{path}: a path begins with /, and has no blanks: /articles?page=2")
    return path
