"""Printing: JSON documents on stdout, text for people, colours where the terminal takes them."""

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

from enuf.cli.verb import current
from enuf.cli.widths import folded
from enuf.errors import PrivilegeNeeded, SettingsInvalid
from enuf.language.spoken import translated, translated_label

SCHEMA = 1
_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document with its schema number to stdout; a second one in the same run is left out."""
    import msgspec

    flags = current()
    if flags.document_printed:
        return
    flags.document_printed = True
    text = msgspec.json.format(msgspec.json.encode({"schema": SCHEMA, **document}), indent=2)
    click.echo(text.decode())


@contextlib.contextmanager
def writing_to(place: Path) -> Iterator[None]:
    """Turn an OSError inside the block into an error that names `place` and the reason.

    Raise PrivilegeNeeded or SettingsInvalid.
    """
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
    """Print sentences for people to stdout, or to stderr when stdout holds JSON; print nothing with --quiet."""
    say_as_is(translated(text))


def say_as_is(text: str) -> None:
    """Print what is no sentence as `say` does: paths, differences, and text that is in its language already."""
    flags = current()
    if not flags.quiet:
        click.echo(text, err=flags.json)


def remark(label: str, text: str, **style: Any) -> None:
    """Print `error: …`, `hint: …` or `warning: …` on stderr, in one line, folded between words on a terminal.

    With --quiet, warnings and notes are left out.
    """
    if label not in ("warning", "note") or not current().quiet:
        click.echo(remark_text(label, text, **style), err=True)


def remark_text(label: str, text: str, **style: Any) -> str:
    """Return what `remark` prints."""
    shown = printable(translated(text))
    label = f"{translated_label(label)}:"
    if sys.stderr.isatty():
        shown = _folded(label, shown)
    return f"{styled(label, sys.stderr, **style) if style else label} {shown}"


def note(text: str) -> None:
    """Print one `note:` line on stderr."""
    remark("note", text)


def what_to_type(commands: Mapping[str, str]) -> str:
    """Return commands on one line, each behind the word of what it is for."""
    return "   ".join(f"{translated_label(purpose)}: {command}" for purpose, command in commands.items())


def _folded(label: str, text: str) -> str:
    """Fold the text at the terminal's width, leaving room for the label; longer words stay whole."""
    first = f"{label} "
    lines = folded(text, shutil.get_terminal_size().columns, first=first, further="  ")
    return "\n".join(lines).removeprefix(first)


def printable(text: str) -> str:
    """Return the text on one line, with control characters spelled out.

    A file name may hold escape sequences.
    """
    return "".join(each if each.isprintable() else _spelled(each) for each in text)


def harmless(text: str) -> str:
    """Spell out control characters, except for line ends and colours.

    Others could move the cursor or set the title.
    """
    parts = _COLOUR.split(text)
    return "".join(part if number % 2 else _without_controls(part) for number, part in enumerate(parts))


def _without_controls(text: str) -> str:
    return "".join(each if each.isprintable() or each in "\n\t" else _spelled(each) for each in text)


def _spelled(character: str) -> str:
    return " " if character == "\n" else character.encode("unicode_escape").decode()


def styled(text: str, stream: TextIO, **style: Any) -> str:
    """Return the text in colour for a terminal, unless NO_COLOR or --no-color forbids colours."""
    return click.style(text, **style) if takes_colours(stream) else text


def takes_colours(stream: TextIO) -> bool:
    """Return True for a terminal, unless NO_COLOR or --no-color forbids colours."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and not current().no_color
