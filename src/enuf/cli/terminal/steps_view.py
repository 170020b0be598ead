"""The output of `up --explain`: the steps of a plan as text and as JSON."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import Any

import msgspec

from enuf.model.plan import Plan
from enuf.plan.masked import masked_plan
from enuf.plan.steps import Step, steps

WIDTH = 80
_PAD = " " * 6
_WORDS = re.compile(r"(?:[^\s']|'[^']*')+")


def explanation(plan: Plan) -> list[str]:
    """Return the steps as the commands that a person would type, in lines of at most 80 columns."""
    lines = ["What enuf does now, and what you would type for it (`enuf plan` has the paths):"]
    for number, step in enumerate(steps(masked_plan(plan)), 1):
        lines += _step_lines(number, step)
    return lines


def as_list(plan: Plan) -> list[dict[str, Any]]:
    """Return the steps as JSON values."""
    return [msgspec.to_builtins(step) for step in steps(masked_plan(plan))]


def _step_lines(number: int, step: Step) -> Iterator[str]:
    yield ""
    note = f" ({step.note})" if step.note else ""
    yield from _folded(f"{number:>3}. {step.title}{note}", " " * 5)
    for command in step.commands:
        yield from _command(command)
    if step.lines:
        yield from _folded(f"{_PAD}in {step.file}:", f"{_PAD}    ")
        for line in step.lines:
            indent = _PAD + "  " + line[: len(line) - len(line.lstrip())]
            yield from _folded(indent + line.lstrip(), f"{indent}    ")


def _folded(text: str, further: str) -> list[str]:
    """Fold the text at the width; a longer word stays whole."""
    return textwrap.wrap(
        text, WIDTH, subsequent_indent=further, break_long_words=False, break_on_hyphens=False
    )


def _command(text: str) -> Iterator[str]:
    """Fold the command into lines that can be pasted into a shell: no break falls inside quotes."""
    line = f"{_PAD}$"
    for number, word in enumerate(_WORDS.findall(text)):
        if number and len(line) + len(word) + 3 > WIDTH:
            yield f"{line} \\"
            line = f"{_PAD}   "
        line += f" {word}"
    yield line
