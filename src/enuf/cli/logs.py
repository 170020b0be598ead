"""`enuf logs`."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterable
from pathlib import Path

import click

from enuf.cli.output import print_json
from enuf.cli.verb import current, verb
from enuf.errors import NotRunning, SettingsInvalid
from enuf.observe.logs import Record, Tail, Wanted, read_all

SHOWN = 200


@verb("logs", example="enuf logs -f --status 5xx")
@click.option("-f", "--follow", is_flag=True, help="Stay, and show what is added.")
@click.option("--layer", type=click.Choice(["front", "server", "app", "enuf"]), help="One layer only.")
@click.option("--status", metavar="5xx", help="Requests that were answered so: 404, or a class like 5xx.")
@click.option("--slow", metavar="1s", help="Requests that took at least so long.")
@click.option("--id", "request_id", metavar="ID", help="One request, by its X-Request-ID.")
@click.option("--since", metavar="10m", help="Only what is newer than this.")
def command(
    follow: bool,
    layer: str | None,
    status: str | None,
    slow: str | None,
    request_id: str | None,
    since: str | None,
) -> int:
    """The logs of all layers in one stream, each line with its time and layer; the last 200 lines."""
    from enuf.system.place import locate

    folder = Path(locate(current().folder).log)
    if not folder.is_dir():
        raise NotRunning(f"there are no logs in {folder}", "start a stack with: enuf up")
    ago = _seconds("--since", since)
    wanted = Wanted(
        layer=layer,
        status=status,
        slow_s=_seconds("--slow", slow),
        id=request_id,
        since=time.time() - ago if ago is not None else None,
    )
    tail = Tail(folder)
    chosen = [record for record in read_all(folder, rotated=True) if wanted.takes(record)][-SHOWN:]
    if current().json:
        print_json({"records": chosen})
        return 0
    _print(chosen)
    while follow:
        time.sleep(0.3)
        _print(record for record in tail.new() if wanted.takes(record))
    return 0


def _print(records: Iterable[Record]) -> None:
    for record in records:
        clock = datetime.datetime.fromtimestamp(record.at).astimezone().strftime("%H:%M:%S")
        click.echo(f"{clock} {record.layer:<6} {record.text}")


def _seconds(flag: str, text: str | None) -> float | None:
    from enuf.settings.values import parse_duration

    try:
        return parse_duration(text).seconds if text else None
    except ValueError as error:
        raise SettingsInvalid(f"{flag}: {error}", f"write it as {flag} 10s") from None
