"""`enuf bench`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from typing import Any

import click
from click.shell_completion import CompletionItem

from enuf.cli.bench_options import app_path, load_duration, name_to_type
from enuf.cli.bench_report import give_report, refuse_unknown_topologies, report_options
from enuf.cli.completion import files
from enuf.cli.options import environment, invocation
from enuf.cli.verb import verb

WORDS = {"compare": "enuf.cli.verbs.bench_compare", "advise": "enuf.cli.verbs.bench_advise"}
"""First words that are commands of their own."""


def _complete_target(ctx: click.Context, option: click.Parameter, typed: str) -> list[CompletionItem]:
    words = [CompletionItem(word) for word in WORDS if word.startswith(typed)]
    return [*words, *files(ctx, option, typed)]


def _complete_topology(_ctx: click.Context, _option: click.Parameter, typed: str) -> list[str]:
    from enuf.bench.subjects.registry import SUBJECTS

    return [name for name in ("all", *SUBJECTS) if name.startswith(typed)]


def _complete_scenario(_ctx: click.Context, _option: click.Parameter, typed: str) -> list[str]:
    from enuf.bench.scenarios.registry import SCENARIOS

    return [name for name in ("all", *SCENARIOS) if name.startswith(typed)]


def _paths(_ctx: click.Context, _option: click.Parameter, typed: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(app_path, typed))


@verb(
    "bench",
    example="enuf bench app.py --topology nginx-uwsgi --topology gunicorn-gthread --duration 3s",
    words=WORDS,
)
@click.argument("target", required=False, shell_complete=_complete_target)
@click.option(
    "--topology",
    "topologies",
    multiple=True,
    metavar="NAME",
    shell_complete=_complete_topology,
    help="A topology of enuf or another server; `all` for every one; repeatable (default: the project's own, and all other servers).",
)
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    metavar="NAME",
    shell_complete=_complete_scenario,
    help="What is asked; `all` for every one; repeatable (default: hello, or only --url).",
)
@click.option(
    "--url", "urls", multiple=True, metavar="PATH", callback=_paths,
    help="A path of your app to ask for, with its query; repeatable.",
)  # fmt: skip
@click.option(
    "--rounds", default=3, show_default=True, type=click.IntRange(1, 100), help="Turns of every topology."
)
@click.option(
    "--duration", default="5s", show_default=True, metavar="TIME", callback=load_duration,
    help="How long each load lasts: 3s, 1m.",
)  # fmt: skip
@click.option(
    "--connections", default=16, show_default=True, type=click.IntRange(1, 5000), help="Connections at once."
)
@click.option(
    "--rate", type=click.FloatRange(0.1, 1_000_000),
    help="Requests per second at which latency is measured (default: half of what the slowest topology can do).",
)  # fmt: skip
@click.option(
    "-w", "--processes", default=2, show_default=True, type=click.IntRange(1, 256),
    help="Processes of every server that has them.",
)  # fmt: skip
@click.option(
    "--threads", default=2, show_default=True, type=click.IntRange(1, 256), help="Threads of each process."
)
@report_options
def command(target: str | None, **words: Any) -> int:
    """Compare ways to serve your app on this machine: CPU, latency, memory, and requests that fail.

    Every topology of enuf and every other server that is installed takes its turns as a real stack, with a copy of the
    project, on free ports of 127.0.0.1. A stack that runs for the project is left alone. Ctrl-C ends the comparison and
    keeps what was measured. `enuf bench compare BEFORE.json AFTER.json` compares two reports, and `enuf bench advise`
    finds the processes and threads that a rate and a latency need.
    """
    from enuf.bench.measure import measure
    from enuf.bench.request import BenchRequest
    from enuf.bench.scenarios.registry import SCENARIOS
    from enuf.bench.subjects.registry import SUBJECTS
    from enuf.cli.bench_progress import BenchProgress

    outputs = {name: words.pop(name) for name in ("conditions", "html", "plots")}
    refuse_unknown_topologies(outputs["conditions"], tuple(SUBJECTS))
    words["duration_s"] = words.pop("duration")
    words["topologies"] = _known(words["topologies"], SUBJECTS, "--topology")
    words["scenarios"] = _known(words["scenarios"], SCENARIOS, "--scenario")
    request = BenchRequest(**words)
    with BenchProgress() as progress:
        typed = shlex.join(["enuf", *sys.argv[1:]])
        report = measure(request, invocation(target), environment(), progress, command=typed)
    return give_report(report, **outputs)


def _known(names: tuple[str, ...], known: Iterable[str], option: str) -> tuple[str, ...]:
    """Return the names, each once; all that are known for `all`. Raise UsageError for an unknown name."""
    found = list(known)
    if "all" in names:
        return tuple(found)
    for name in names:
        if name not in found:
            cure = name_to_type(name, found)
            raise click.UsageError(f"{option} {name}: there is none of this name; {cure}")
    return tuple(dict.fromkeys(names))
