"""What `enuf bench` does with a report: printed, written as a page and as plots, and judged by --fail-if."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from enuf.cli.bench_options import name_to_type

if TYPE_CHECKING:
    from enuf.bench.condition import Condition
    from enuf.bench.results import Report

F = TypeVar("F", bound=Callable[..., Any])


def conditions_option(function: F) -> F:
    """Add --fail-if."""
    return click.option(
        "--fail-if", "conditions", multiple=True, metavar="EXPR", callback=_conditions,
        help="Exit with 1 if this holds, or was not measured: 'p99_ms > 50', 'nginx-uwsgi.rps < 2 * nginx-gunicorn'; repeatable.",
    )(function)  # fmt: skip


def report_options(function: F) -> F:
    """Add the options about what becomes of a report: --fail-if, --html and --plots."""
    for name, form, text in (
        ("--plots", "DIR", "Write the plots as SVG and PNG into this folder (needs enuf[bench])."),
        ("--html", "FILE", "Write the report as one page of HTML that needs no other file."),
    ):
        function = click.option(
            name, metavar=form, type=click.Path(path_type=Path, dir_okay=form == "DIR", file_okay=form == "FILE"),
            callback=_drawable if form == "DIR" else _writable, help=text,
        )(function)  # fmt: skip
    return conditions_option(function)


def _conditions(
    _ctx: click.Context, _option: click.Parameter, typed: tuple[str, ...]
) -> tuple[Condition, ...]:
    """Return the parsed conditions. Raise BenchUsage for a wrong one."""
    if not typed:
        return ()
    from enuf.bench.fail_if import parse_condition

    return tuple(map(parse_condition, typed))


def _writable(_ctx: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    """Return the path. Raise BadParameter where its folder is missing: a measurement would be lost at its end."""
    if path is not None and not path.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {path.absolute().parent}")
    return path


def _drawable(ctx: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
    """Return the path. Raise BadParameter where its parent is missing, ToolUnusable without matplotlib."""
    if path is not None:
        from enuf.bench.plots import refuse_missing_matplotlib

        refuse_missing_matplotlib()
    return _writable(ctx, option, path)


def refuse_unknown_topologies(conditions: tuple[Condition, ...], known: tuple[str, ...]) -> None:
    """Raise UsageError for a condition about a topology that does not exist, and for one about an earlier report."""
    for condition in conditions:
        if condition.needs_before:
            raise click.UsageError(f"--fail-if '{condition}': `before` is for enuf bench compare")
        for part in filter(None, (condition.figure, condition.other)):
            if part.topology and part.topology not in known:
                cure = name_to_type(part.topology, known)
                raise click.UsageError(
                    f"--fail-if '{condition}': there is no topology {part.topology}; {cure}"
                )


def give_report(
    report: Report, *, conditions: tuple[Condition, ...], html: Path | None, plots: Path | None
) -> int:
    """Print the report, write what was asked for, and return the exit status: 1 for a condition that is missed."""
    from enuf.bench.fail_if import missed
    from enuf.cli.terminal.bench_table import print_report
    from enuf.cli.terminal.output import print_json
    from enuf.cli.verb import current
    from enuf.errors import INTERRUPTED, NotReady

    found = missed(conditions, report)
    if current().json:
        import msgspec

        print_json({**msgspec.to_builtins(report), **({"missed": list(found)} if conditions else {})})
    else:
        print_report(report)
    if html:
        _write_page(report, html)
    if plots:
        _write_plots(report, plots)
    say_missed(found)
    if report.interrupted:
        return INTERRUPTED
    if not report.rows:
        return NotReady.exit_code
    return 1 if found else 0


def say_missed(found: tuple[str, ...]) -> None:
    """Say which conditions are missed, on stderr."""
    from enuf.cli.terminal.output import remark

    for sentence in found:
        remark("error", sentence, fg="red")


def _write_page(report: Report, path: Path) -> None:
    from enuf.bench.pages.render import rendered_report
    from enuf.cli.terminal.output import say, writing_to
    from enuf.language.spoken import language
    from enuf.start.privileges import with_rights_of_keeper
    from enuf.system.files import write_whole

    page = rendered_report(report, language())
    with with_rights_of_keeper(path), writing_to(path):
        write_whole(path.absolute(), page)
    say(f"page: {path}")


def _write_plots(report: Report, folder: Path) -> None:
    from enuf.bench.plots import has_korean_font, write_plots
    from enuf.cli.terminal.output import note, say, writing_to
    from enuf.language.spoken import SPOKEN, language
    from enuf.model.words import ENGLISH
    from enuf.start.privileges import with_rights_of_keeper

    can_show = language() == "en" or has_korean_font()
    if not can_show:
        note("the plots are in English: no font with Korean letters was found, such as fonts-nanum")
    with with_rights_of_keeper(folder), writing_to(folder):
        written = write_plots(report, folder, SPOKEN if can_show else ENGLISH)
    say(f"plots: {len(written)} files in {folder}")
