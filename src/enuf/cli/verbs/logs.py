"""`enuf logs`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from enuf.cli.completion import layers, request_ids
from enuf.cli.durations import point_in_time, seconds
from enuf.cli.naming import site_argument
from enuf.cli.terminal.log_view import SHOWN, print_records, print_story
from enuf.cli.terminal.output import print_json
from enuf.cli.verb import current, verb
from enuf.errors import NotRunning
from enuf.inspect.units_beside import layers_beside
from enuf.observe.logs.history import read_last
from enuf.observe.logs.records import RecordFilter, is_status_pattern, layers_of
from enuf.observe.logs.tail import Tail
from enuf.system.sites import record_in_force

LOOK_EVERY_S = 0.3


def _status_pattern(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not is_status_pattern(value):
        raise click.BadParameter(f"{value!r} is no status: write it like 404 or 5xx")
    return value


def _refuse_unknown_layer(layer: str | None, folder: Path, site: str) -> None:
    """Refuse a layer that neither has a log in the folder nor is known to run beside the installed site."""
    record = record_in_force(site) if site else None
    known = tuple(dict.fromkeys((*layers_of(folder), *(layers_beside(record) if record else ()))))
    if layer is not None and layer not in known:
        raise click.BadParameter(
            f"{layer!r} is no layer: choose one of {', '.join(known)}", param_hint="'--layer'"
        )


@verb("logs", example="enuf logs -f --status 5xx")
@site_argument
@click.option("-f", "--follow", is_flag=True, help="Stay, and show what is added.")
@click.option(
    "--layer",
    metavar="LAYER",
    shell_complete=layers,
    help="One layer only: front, server, app, enuf, or a name of [processes] or [schedule].",
)
@click.option(
    "--status",
    metavar="5xx",
    callback=_status_pattern,
    help="Only requests with this status: 404, or a class like 5xx.",
)
@click.option(
    "--slow", "slow_s", type=seconds, metavar="1s", help="Only requests that took at least this long."
)
@click.option(
    "--id", metavar="ID", shell_complete=request_ids, help="The story of one request, by its X-Request-ID."
)
@click.option("--path", metavar="/cart", help="Only requests whose path begins like this.")
@click.option("--grep", metavar="TEXT", help="Only lines with this text, in any case.")
@click.option(
    "--since",
    type=point_in_time,
    metavar="TIME",
    help="Only lines from this time on, however many: 10m ago, 09:04, 2026-11-28 09:04.",
)
@click.option("--until", type=point_in_time, metavar="TIME", help="Only lines up to this time.")
@click.option(
    "-n",
    "--tail",
    "--lines",
    "count",
    type=click.IntRange(min=0),
    metavar="50",
    help=f"So many of the last lines. Default: {SHOWN}, and all of them with --since.",
)
def command(follow: bool, count: int | None, **wishes: Any) -> int:
    """Show the last lines of all layers' logs in one stream, each with its time and layer.

    At a terminal ids are cut to eight digits, which `--id` takes too; everywhere else they are whole.
    """
    from enuf.cli.stack import entered_stack

    if follow and current().json:
        raise click.UsageError("--json prints one document, and --follow never ends: leave one of them out")
    paths = entered_stack()
    folder = Path(paths.log)
    _refuse_unknown_layer(wishes["layer"], folder, paths.site)
    if not folder.is_dir():
        raise NotRunning(f"there are no logs in {folder}", "start a stack with: enuf up")
    wanted = RecordFilter(**wishes)
    if wanted.id and not follow:
        print_story(folder, wanted, wanted.id, as_json=current().json)
        return 0
    with Tail(folder) as tail:
        most = SHOWN if count is None and wanted.since is None else count
        chosen = read_last(folder, wanted, most, tail.ends)
        if current().json:
            print_json({"records": chosen})
            return 0
        print_records(chosen)
        while follow:
            time.sleep(LOOK_EVERY_S)
            print_records(record for record in tail.new() if wanted.matches(record))
    return 0
