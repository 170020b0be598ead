"""Printing: JSON documents, colours where they are wanted, people's text where it belongs."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import click

SCHEMA = 1


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document with its schema number to stdout."""
    import msgspec

    text = msgspec.json.format(msgspec.json.encode({"schema": SCHEMA, **document}), indent=2)
    click.echo(text.decode())


def say(text: str) -> None:
    """Text for people: to stdout, or to stderr when stdout holds JSON; nothing with --quiet."""
    from enuf.cli.verb import current

    flags = current()
    if not flags.quiet:
        click.echo(text, err=flags.json)


def styled(text: str, stream: TextIO, **style: Any) -> str:
    """The text in colour, only for a terminal whose user has not asked for none."""
    wanted = stream.isatty() and "NO_COLOR" not in os.environ and "--no-color" not in sys.argv
    return click.style(text, **style) if wanted else text
