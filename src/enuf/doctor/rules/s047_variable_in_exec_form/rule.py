"""A variable in the exec form of CMD or ENTRYPOINT, which no shell replaces."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.facts.nginx import line_text
from enuf.doctor.read.dockerfiles import exec_form, instructions
from enuf.doctor.rule import Diagnostic, Rule, at_line, by_hand

_VARIABLE = re.compile(r"\$(?:\{[A-Za-z_]\w*\}|[A-Za-z_]\w*)")
_READS_NAMES_ITSELF = re.compile(
    r"(?:.*/)?(?:sh|bash|dash|ash|zsh|env|envsubst|dockerize|make|npm|node|java|perl|ruby)"
)
"""Programs that may be given such a word rightly."""
_SHELL = re.compile(r"(?:.*/)?(?:sh|bash|dash|ash|zsh)")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every CMD and ENTRYPOINT in exec form with a variable of the shell in a word."""
    for file in evidence.of_kind("dockerfile"):
        for number, name, rest in instructions(file.text):
            words = exec_form(rest) if name in ("CMD", "ENTRYPOINT") else None
            if not words or any(" " in word for word in words) or _is_read_by_a_program(words):
                continue
            variable = next((found[0] for word in words if (found := _VARIABLE.search(word))), "")
            if variable:
                yield _diagnostic(file, number, words[0], variable)


def _is_read_by_a_program(words: list[str]) -> bool:
    """Return True if the first word, or a shell behind tini and the like, replaces such words."""
    return _READS_NAMES_ITSELF.fullmatch(words[0]) is not None or any(map(_SHELL.fullmatch, words))


def _diagnostic(file: SourceFile, number: int, program: str, variable: str) -> Diagnostic:
    column = (
        line_text(file, number).find(variable) + 1
    )  # 0 where the word stands in a line that continues this one
    return at_line(
        file.path,
        number,
        f"no shell replaces {variable} here: {program.rpartition('/')[2]} gets the word as it is written",
        max(column, 1),
        column + len(variable) if column else 0,
        hint="write the value, or the form without brackets: CMD exec …",
        fix=by_hand("write the value"),
    )


RULE = Rule("S047", "variable-in-exec-form", "error", check)
