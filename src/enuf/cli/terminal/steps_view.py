"""The output of `up --explain`: the steps of a plan as text and as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from enuf.cli.widths import folded
from enuf.language.spoken import language, translated
from enuf.model.plan import Plan
from enuf.plan.masked import masked_plan
from enuf.plan.steps import Step, steps

WIDTH = 80
_PAD = " " * 6
_WORDS = re.compile(r"(?:[^\s']|'[^']*')+")


def explanation(plan: Plan) -> list[str]:
    """Return the steps as the commands that a person would type, in lines of at most 80 columns."""
    lines = [translated("What enuf does now, and what you would type for it (`enuf plan` has the paths):")]
    for number, step in enumerate(steps(masked_plan(plan)), 1):
        lines += _step_lines(number, step)
    return lines


def as_list(plan: Plan) -> list[dict[str, Any]]:
    """Return the steps as JSON values."""
    return [msgspec.to_builtins(step) for step in steps(masked_plan(plan))]


def _step_lines(number: int, step: Step) -> Iterator[str]:
    yield ""
    note = f" ({translated(step.note)})" if step.note else ""
    yield from folded(f"{number:>3}. {translated(step.title)}{note}", WIDTH, further=" " * 5)
    for command in step.commands:
        yield from _command(command)
    if step.lines:
        place = f"in {step.file}:" if language() == "en" else f"{step.file}:"  # two letters are no message
        yield from folded(_PAD + place, WIDTH, further=f"{_PAD}    ")
        for line in step.lines:
            indent = _PAD + "  " + line[: len(line) - len(line.lstrip())]
            yield from folded(indent + line.lstrip(), WIDTH, further=f"{indent}    ")


def _command(text: str) -> Iterator[str]:
    """Fold the command into lines that can be pasted into a shell: no break falls inside quotes."""
    line = f"{_PAD}$"
    for number, word in enumerate(_WORDS.findall(text)):
        if number and len(line) + len(word) + 3 > WIDTH:
            yield f"{line} \\"
            line = f"{_PAD}   "
        line += f" {word}"
    yield line
