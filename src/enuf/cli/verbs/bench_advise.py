"""`enuf bench advise`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from enuf.cli.bench_options import app_path, load_duration
from enuf.cli.completion import files
from enuf.cli.options import environment, invocation
from enuf.cli.verb import verb
from enuf.errors import INTERRUPTED

if TYPE_CHECKING:
    from enuf.bench.advice import SlotPoint


_LEAST_REQUESTS = 20
"""Of fewer requests none is among the slowest 5 %."""


def _path(_ctx: click.Context, _option: click.Parameter, typed: str) -> str:
    return app_path(typed)


@verb("bench advise", example="enuf bench advise app.py --rate 200 --p95 100")
@click.argument("target", required=False, shell_complete=files)
@click.option(
    "--rate",
    required=True,
    type=click.FloatRange(0.1, 1_000_000),
    help="Requests per second that the app must answer.",
)
@click.option(
    "--p95", required=True, type=click.FloatRange(0.1, 600_000), metavar="MS",
    help="Milliseconds within which 95 % of them must be answered.",
)  # fmt: skip
@click.option(
    "--url",
    default="/",
    show_default=True,
    metavar="PATH",
    callback=_path,
    help="The path of your app to ask for.",
)
@click.option(
    "--duration", default="3s", show_default=True, metavar="TIME", callback=load_duration,
    help="How long each load lasts: 3s, 1m.",
)  # fmt: skip
def command(target: str | None, rate: float, p95: float, url: str, duration: float) -> int:
    """Find the processes and threads that your app needs, by measuring.

    The app is served with different numbers of processes and threads, as few of them as the choice needs, and asked at
    the rate. The answer is the setting with the least memory that keeps the latency, and the points that it rests on.
    """
    import os

    from enuf.bench.advice import SlotTarget, chosen
    from enuf.bench.advise import Advising
    from enuf.cli.terminal.bench_advice_view import show_advice
    from enuf.cli.terminal.output import note

    if rate * duration < _LEAST_REQUESTS:
        raise click.UsageError(
            f"a latency that 95 % keep needs {_LEAST_REQUESTS} requests: name a longer --duration, at least {_LEAST_REQUESTS / rate:.1f}s"
        )
    wanted = SlotTarget(rate=rate, p95_ms=p95)
    cores = os.cpu_count() or 1
    advising = Advising(invocation(target), environment(), url=url, duration_s=duration)
    points: list[SlotPoint] = []
    for point in advising.points(wanted, cores):
        points.append(point)
        note(f"measured {point.slots}: at most {point.rps:,.0f} requests per second")
    show_advice(wanted, points, cores)
    if advising.is_interrupted:
        return INTERRUPTED
    return 0 if chosen(wanted, points) else 1
