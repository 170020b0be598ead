"""Printing: JSON documents, colours where they are wanted, people's text where it belongs."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

import click

from enuf.errors import PrivilegeNeeded, SettingsInvalid

SCHEMA = 1
_printed = False
_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document with its schema number to stdout; a second one in the same run is left out."""
    import msgspec

    global _printed  # noqa: PLW0603 - what a process has printed is a fact about the process
    if _printed:
        return
    _printed = True
    text = msgspec.json.format(msgspec.json.encode({"schema": SCHEMA, **document}), indent=2)
    click.echo(text.decode())


@contextlib.contextmanager
def writing_to(place: Path) -> Iterator[None]:
    """A file or folder of the user's choice that cannot be written is a refusal, with the reason."""
    try:
        yield
    except PermissionError:
        from enuf.system.own_command import with_sudo

        is_root = os.getuid() == 0
        cure = "root writes there with the rights of the folder's owner alone" if is_root else with_sudo()
        raise PrivilegeNeeded(
            f"{place} cannot be written: Permission denied", f"choose another place, or: {cure}"
        ) from None
    except OSError as error:
        raise SettingsInvalid(
            f"{place} cannot be written: {error.strerror}", "choose another place"
        ) from None


def say(text: str) -> None:
    """Text for people: to stdout, or to stderr when stdout holds JSON; nothing with --quiet."""
    from enuf.cli.verb import current

    flags = current()
    if not flags.quiet:
        click.echo(text, err=flags.json)


def remark(label: str, text: str, **style: Any) -> None:
    """`error: …`, `hint: …` or `warning: …` on stderr: one line, folded between words on a terminal."""
    shown = printable(text)
    label = f"{label}:"
    if sys.stderr.isatty():
        shown = _folded(label, shown)
    click.echo(f"{styled(label, sys.stderr, **style) if style else label} {shown}", err=True)


def note(text: str) -> None:
    """Print one `note:` line on stderr."""
    remark("note", text)


def _folded(label: str, text: str) -> str:
    """The text without the label, at most as wide as the terminal where its words allow it."""
    import textwrap

    width = shutil.get_terminal_size().columns
    first = f"{label} "
    lines = textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines).removeprefix(first)


def printable(text: str) -> str:
    """The text on one line, without what could move a terminal's cursor: a file's name may hold anything."""
    return "".join(sign if sign.isprintable() else _spelled(sign) for sign in text)


def harmless(text: str) -> str:
    """Return the text with its lines and colours, without what else could move a terminal's cursor or change its title."""
    parts = _COLOUR.split(text)
    return "".join(part if number % 2 else _without_controls(part) for number, part in enumerate(parts))


def _without_controls(text: str) -> str:
    return "".join(each if each.isprintable() or each in "\n\t" else _spelled(each) for each in text)


def _spelled(sign: str) -> str:
    return " " if sign == "\n" else sign.encode("unicode_escape").decode()


def styled(text: str, stream: TextIO, **style: Any) -> str:
    """The text in colour, only for a terminal whose user has not asked for none."""
    wanted = stream.isatty() and not os.environ.get("NO_COLOR") and "--no-color" not in sys.argv
    return click.style(text, **style) if wanted else text
