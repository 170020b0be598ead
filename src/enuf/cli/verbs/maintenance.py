"""`enuf maintenance`."""

from __future__ import annotations

import click

from enuf.cli.terminal.output import print_json, say
from enuf.cli.verb import current, verb


@verb("maintenance", example="enuf maintenance on")
@click.argument("switch", type=click.Choice(["on", "off"]), required=False)
def command(switch: str | None) -> int:
    """Close the site for visitors with a page of yours, and open the site again.

    While the site is closed, visitors get the page of `http.maintenance` with 503 and Retry-After; `http.maintenance_allow`
    names those who see the site all the same. Requests in flight are finished. Without a word: show whether it is closed.
    """
    from enuf.cli.stack import entered_stack
    from enuf.control.maintenance import maintenance_of, switch_maintenance

    paths = entered_stack()
    state = switch_maintenance(paths, closed=switch == "on") if switch else maintenance_of(paths)
    if current().json:
        print_json({"maintenance": state})
    else:
        say(f"maintenance is {state}")
    return 0
