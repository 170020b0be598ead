"""The output of `enuf bench advise`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from enuf.bench.advice import (
    SlotPoint,
    SlotTarget,
    chosen,
    nearest_point,
    settings_text,
    why_missed,
    why_out_of_reach,
)
from enuf.bench.figures import MEMORY, P95, RPS, written
from enuf.cli.terminal.bench_table import show_parts
from enuf.cli.terminal.output import print_json
from enuf.cli.verb import current
from enuf.language.spoken import SPOKEN
from enuf.model.words import Words


def show_advice(target: SlotTarget, points: Sequence[SlotPoint], cores: int) -> None:
    """Print which setting to write and the points that it rests on: as a document with --json."""
    if current().json:
        print_json(advice_document(target, points, cores))
    elif not current().quiet:
        show_parts(advice_parts(target, points, cores, SPOKEN))


def advice_parts(
    target: SlotTarget, points: Sequence[SlotPoint], cores: int, words: Words
) -> list[RenderableType]:
    """Return an advice as parts of a screen."""
    asked = words.sentence(
        f"target: {target.rate:,.0f} requests per second, 95 % within {target.p95_ms:g} ms"
    )
    parts: list[RenderableType] = [Text(asked, "bold")]
    if points:
        parts += [_curve(target, points, words), Text()]
    found = chosen(target, points)
    if found is None:
        return [*parts, *_out_of_reach(target, points, cores, words)]
    memory = words.sentence(f"with {found.memory_mb:,.0f} MB") if found.memory_mb is not None else ""
    enough = words.sentence(f"{found.slots} meets the target with the fewest processes that were found")
    return [
        *parts,
        Text(", ".join(filter(None, (enough, memory))), "bold green"),
        Text(words.sentence("write into enuf.toml:"), ""),
        Text(settings_text(found.slots)),
        Text(
            words.sentence(
                "measured at this rate on this machine: name a higher --rate to have something left"
            ),
            "dim",
        ),
    ]


def _curve(target: SlotTarget, points: Sequence[SlotPoint], words: Words) -> Table:
    """Return the points, by threads and processes."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column(words.label("processes x threads"))
    for head in ("rps", "p95", "MB"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("")
    best = chosen(target, points)
    for point in sorted(points, key=lambda each: (each.slots.threads, each.slots.processes)):
        why = why_missed(target, point)
        table.add_row(
            str(point.slots),
            written(RPS, point.rps),
            written(P95, point.p95_ms),
            written(MEMORY, point.memory_mb),
            Text(words.sentence(why) if why else words.label("enough"), "red" if why else "green"),
            style="bold" if point is best else "",
        )
    return table


def _out_of_reach(
    target: SlotTarget, points: Sequence[SlotPoint], cores: int, words: Words
) -> list[RenderableType]:
    near = nearest_point(target, points)
    if near is None:
        return [Text(words.sentence("nothing was measured"), "bold red")]
    best = words.sentence(
        f"the target was not reached; {near.slots} comes nearest: {words.sentence(why_missed(target, near))}"
    )
    return [Text(best, "bold red"), Text(words.sentence(why_out_of_reach(target, points, cores)), "")]


def advice_document(target: SlotTarget, points: Sequence[SlotPoint], cores: int) -> dict[str, object]:
    """Return the advice as builtin values."""
    found = chosen(target, points)
    return {
        "target": msgspec.to_builtins(target),
        "points": [{**msgspec.to_builtins(point), "missed": why_missed(target, point)} for point in points],
        "advice": None if found is None else msgspec.to_builtins(found.slots),
        "reason": "" if found else why_out_of_reach(target, points, cores),
    }
