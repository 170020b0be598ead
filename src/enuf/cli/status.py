"""`enuf status`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from enuf.cli.output import print_json, say
from enuf.cli.verb import current, verb
from enuf.errors import NotRunning, SettingsInvalid


@verb("status", example="enuf status --wait 30s")
@click.option("--wait", metavar="TIME", help="Wait so long for it to serve, for example 30s.")
def command(wait: str | None) -> int:
    """One screen about the running stack. Exit 3 when nothing runs, 1 when it runs but does not serve."""
    from enuf.cli.looking import look

    deadline = time.monotonic() + (_seconds(wait) if wait else 0)
    while True:
        try:
            found = look(Path(current().folder))
            if found["state"] in ("serving", "reloading") or time.monotonic() >= deadline:
                break
        except NotRunning:
            if time.monotonic() >= deadline:
                raise
        time.sleep(0.1)
    return _show(found)


def _seconds(text: str) -> float:
    from enuf.settings.values import parse_duration

    try:
        return parse_duration(text).seconds
    except ValueError as error:
        raise SettingsInvalid(f"--wait: {error}", "write it as --wait 30s") from None


def _show(found: dict[str, Any]) -> int:
    if current().json:
        print_json(found)
    else:
        from enuf.cli.looking import screen

        say(screen(found))
    return 0 if found["state"] in ("serving", "reloading", "starting") else 1
