"""`enuf logs`."""

from __future__ import annotations

import datetime
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from enuf.cli.durations import seconds
from enuf.cli.output import print_json, printable
from enuf.cli.verb import current, verb
from enuf.errors import NotRunning
from enuf.observe.log_tail import Tail
from enuf.observe.logs import Record, Wanted, read_last
from enuf.observe.story import Story, story_of, waterfall

SHOWN = 200
LOOK_EVERY_S = 0.3


def _status_pattern(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"[1-5xX][0-9xX]{2}", value):
        raise click.BadParameter(f"{value!r} is no status: write it like 404 or 5xx")
    return value


@verb("logs", example="enuf logs -f --status 5xx")
@click.option("-f", "--follow", is_flag=True, help="Stay, and show what is added.")
@click.option("--layer", type=click.Choice(["front", "server", "app", "enuf"]), help="One layer only.")
@click.option(
    "--status",
    metavar="5xx",
    callback=_status_pattern,
    help="Requests that were answered so: 404, or a class like 5xx.",
)
@click.option("--slow", "slow_s", type=seconds, metavar="1s", help="Requests that took at least so long.")
@click.option("--id", metavar="ID", help="One request, by its X-Request-ID.")
@click.option("--since", "ago_s", type=seconds, metavar="10m", help="Only what is newer than this.")
def command(follow: bool, ago_s: float | None, **wishes: Any) -> int:
    """The logs of all layers in one stream, each line with its time and layer; the last 200 lines."""
    from enuf.cli.running import paths_of_ours

    if follow and current().json:
        raise click.UsageError("--json prints one document, and --follow never ends: leave one of them out")
    folder = Path(paths_of_ours().log)
    if not folder.is_dir():
        raise NotRunning(f"there are no logs in {folder}", "start a stack with: enuf up")
    wanted = Wanted(since=time.time() - ago_s if ago_s is not None else None, **wishes)
    with Tail(folder) as tail:
        story = story_of(folder, wanted.id) if wanted.id and not follow else None
        chosen = _of(story, wanted) if story else read_last(folder, wanted, SHOWN, tail.ends)
        if current().json:
            print_json({"records": chosen, **({"phases": story.phases} if story else {})})
            return 0
        _print(chosen)
        _tell_phases(story)
        while follow:
            time.sleep(LOOK_EVERY_S)
            _print(record for record in tail.new() if wanted.takes(record))
    return 0


def _of(story: Story, wanted: Wanted) -> list[Record]:
    """The lines of one request that are wanted besides: a traceback's lines do not name it."""
    return [record for record in story.records if replace(wanted, id=None).takes(record)][-SHOWN:]


def _tell_phases(story: Story | None) -> None:
    if story is None:
        return
    if not story.records:
        click.echo("no line of the logs that are kept names this request", err=True)
    for line in waterfall(story):
        click.echo(line)


def _print(records: Iterable[Record]) -> None:
    for record in records:
        clock = datetime.datetime.fromtimestamp(record.at).astimezone().strftime("%H:%M:%S")
        click.echo(f"{clock} {record.layer:<6} {printable(record.text)}")
