"""`enuf top`."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import click

from enuf.cli.durations import seconds
from enuf.cli.naming import site_argument
from enuf.cli.terminal.output import print_json
from enuf.cli.verb import current, verb
from enuf.language.spoken import SPOKEN

if TYPE_CHECKING:
    from enuf.observe.live.sampler import Sampler
    from enuf.top.foreign import ForeignSampler


@verb("top", example="enuf top --once")
@site_argument
@click.option("--once", is_flag=True, help="Take one sample, print it, and exit.")
@click.option(
    "--every", "every_s", type=seconds, default="1s", metavar="TIME", help="The time between samples."
)
@click.option(
    "--stats",
    metavar="ADDRESS",
    help="A uWSGI that enuf did not start: its stats server, 127.0.0.1:1717 or /run/stats.sock.",
)
def command(once: bool, every_s: float, stats: str | None) -> int:
    """Show what every thread is doing, live. Into a pipe, write one line per sample.

    Keys: q quits, ? lists all keys and explains the figures, arrows scroll, s sorts the routes, t the threads.
    """
    import msgspec

    from enuf.top import live

    looks = _looks(stats)
    try:
        if current().json:
            print_json(msgspec.to_builtins(live.second_sample(looks)))
        elif once:
            width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
            click.echo(live.snapshot_text(live.second_sample(looks), width=width, words=SPOKEN))
        elif sys.stdout.isatty():
            live.show_live(
                looks,
                max(0.2, every_s),
                color=not (current().no_color or os.environ.get("NO_COLOR")),
                words=SPOKEN,
            )
        else:
            for line in live.sample_lines(looks, max(0.2, every_s)):
                click.echo(line)
    except KeyboardInterrupt:
        if not sys.stdout.isatty():
            raise
    finally:
        looks.close()
    return 0


def _looks(stats: str | None) -> Sampler | ForeignSampler:
    """Return the source of samples. Raise NotRunning, AnswerIsNo or click's usage error."""
    if stats is not None:
        from enuf.inspect.uwsgi_stats import parse_stats_address
        from enuf.top.foreign import ForeignSampler

        try:
            return ForeignSampler(parse_stats_address(stats))
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--stats") from None
    from enuf.cli.stack import entered_stack
    from enuf.control.client import ask_supervisor
    from enuf.model.protocol import StatusRequest
    from enuf.model.status import StackStatus
    from enuf.observe.live.sampler import Sampler

    paths = entered_stack()
    ask_supervisor(paths, StatusRequest(), StackStatus, timeout_s=5)
    return Sampler(paths)
