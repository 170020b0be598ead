"""`enuf bench compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from enuf.cli.bench_report import conditions_option
from enuf.cli.completion import files
from enuf.cli.verb import verb

if TYPE_CHECKING:
    from enuf.bench.condition import Condition
    from enuf.bench.results import Report

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_LARGEST_BYTES = 64 * 2**20


@verb("bench compare", example="enuf bench compare before.json after.json --fail-if 'p99_ms > 1.1 * before'")
@click.argument("before", metavar="BEFORE.json", type=_FILE, shell_complete=files)
@click.argument("after", metavar="AFTER.json", type=_FILE, shell_complete=files)
@conditions_option
def command(before: Path, after: Path, conditions: tuple[Condition, ...]) -> int:
    """Compare two reports of `enuf bench --json`: each topology with itself, figure by figure.

    A difference counts where no round of one report comes near the rounds of the other; anything less is within the
    spread. Machines, loads and versions that differ are named. In --fail-if, `before` is the first report.
    """
    from enuf.bench.comparison import compare_reports
    from enuf.bench.fail_if import missed
    from enuf.cli.bench_report import say_missed
    from enuf.cli.terminal.bench_compare_view import show_comparison

    first, second = _read(before), _read(after)
    found = missed(conditions, second, first)
    show_comparison(compare_reports(first, second), found)
    say_missed(found)
    return 1 if found else 0


def _read(path: Path) -> Report:
    """Return the report in a file. Raise BenchUsage for another file."""
    from enuf.bench.stored import decoded_report
    from enuf.bench.wrong import BenchUsage
    from enuf.system.files import read_regular

    try:
        content = read_regular(path, _LARGEST_BYTES)
    except OSError as error:
        raise BenchUsage(f"{path} cannot be read: {error.strerror or error}") from None
    return decoded_report(content, str(path))
