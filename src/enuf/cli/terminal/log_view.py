"""The output of `enuf logs`: records and the story of one request."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

import click
from msgspec.structs import replace

from enuf.cli.terminal.output import print_json, printable
from enuf.cli.widths import columns
from enuf.language.spoken import translated
from enuf.observe.logs.records import Record, RecordFilter
from enuf.observe.logs.story import Story, story_of, waterfall
from enuf.system.moments import moment_text

SHOWN = 200
WIDTH = 78
_LONG_ID = re.compile(r"(\bid=[0-9a-f]{8})[0-9a-f]{24}\b")
"""An id of 32 digits makes two rows of every request on an ordinary terminal."""


def print_records(records: Iterable[Record]) -> None:
    """Print one line per record: time, layer, text; the day too where it is not today."""
    shortened = sys.stdout.isatty()
    for record in records:
        text = _LONG_ID.sub(r"\1", record.text) if shortened else record.text
        click.echo(f"{moment_text(record.at)} {record.layer:<6} {printable(text)}")


def print_story(folder: Path, wanted: RecordFilter, request_id: str, *, as_json: bool) -> None:
    """Print all records of one request, and where its time went.

    The lines of its traceback do not hold its id.
    """
    story = story_of(folder, request_id)
    others = replace(wanted, id=None)
    chosen = [record for record in story.records if others.matches(record)][-SHOWN:]
    if as_json:
        print_json({"records": chosen, "phases": story.phases})
        return
    print_records(chosen)
    if not story.records:
        click.echo(translated("no line of the logs that are kept names this request"), err=True)
    for line in _waterfall(story):
        click.echo(line)


def _waterfall(story: Story) -> list[str]:
    """Return the parts of the request's time, their meanings in the language of the run."""
    spoken = replace(
        story, phases=tuple(replace(each, meaning=translated(each.meaning)) for each in story.phases)
    )
    wide = max((columns(each.meaning) - len(each.meaning) for each in spoken.phases), default=0)
    return waterfall(spoken, WIDTH - wide)
