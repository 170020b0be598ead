"""`enuf maintenance`."""

from __future__ import annotations

import click

from enuf.cli.naming import name_site
from enuf.cli.site_names import names_of_sites
from enuf.cli.terminal.output import print_json, say
from enuf.cli.verb import current, verb

SWITCHES = ("on", "off")


def _complete(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    return [
        *(each for each in SWITCHES if each.startswith(typed)),
        *names_of_sites(ctx, parameter, typed),
    ]


@verb("maintenance", example="enuf maintenance on")
@click.argument("words", metavar="[on|off] [SITE]", nargs=-1, shell_complete=_complete)
def command(words: tuple[str, ...]) -> int:
    """Close the site for visitors with a page of yours, and open the site again.

    While the site is closed, visitors get the page of `http.maintenance` with 503 and Retry-After; `http.maintenance_allow`
    names those who see the site all the same. Requests in flight are finished. Without a word: show whether it is closed.
    """
    from enuf.cli.stack import entered_stack
    from enuf.control.maintenance import maintenance_of, switch_maintenance

    switch = _switch(words)
    paths = entered_stack()
    state = switch_maintenance(paths, closed=switch == "on") if switch else maintenance_of(paths)
    if current().json:
        print_json({"maintenance": state})
    else:
        say(f"maintenance is {state}")
    return 0


def _switch(words: tuple[str, ...]) -> str:
    """Return `on`, `off`, or an empty text for a question; note the site that the other word names."""
    switch = words[0] if words and words[0] in SWITCHES else ""
    names = words[1:] if switch else words
    if len(names) > 1:
        raise click.UsageError(
            f"one site at a time, and not {' and '.join(names)}: enuf maintenance [on|off] [SITE]"
        )
    for name in names:
        name_site(name)
    return switch
