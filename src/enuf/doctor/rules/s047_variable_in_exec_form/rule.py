"""A variable in the exec form of CMD or ENTRYPOINT, which no shell replaces."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_line, by_hand

_EXEC_FORM = re.compile(r"[ \t]*(?:CMD|ENTRYPOINT)[ \t]+(\[[^\n]{0,2000}\])[ \t]*\r?", re.IGNORECASE)
_VARIABLE = re.compile(r"\$(?:\{[A-Za-z_]\w*\}|[A-Za-z_]\w*)")
_READS_NAMES_ITSELF = re.compile(
    r"(?:.*/)?(?:sh|bash|dash|ash|zsh|env|envsubst|dockerize|make|npm|node|java|perl|ruby)"
)
"""Programs that may be given such a word rightly."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every CMD and ENTRYPOINT in exec form with a variable of the shell in a word."""
    for file in evidence.of_kind("dockerfile"):
        for number, line in enumerate(file.text.splitlines(), 1):
            words = _words(line)
            if not words or _READS_NAMES_ITSELF.fullmatch(words[0]) or any(" " in word for word in words):
                continue
            variable = next((found[0] for word in words if (found := _VARIABLE.search(word))), "")
            if variable:
                yield at_line(
                    file.path,
                    number,
                    f"no shell replaces {variable} here: {words[0].rpartition('/')[2]} gets the word as it is written",
                    line.index(variable) + 1,
                    line.index(variable) + 1 + len(variable),
                    hint="write the value, or the form without brackets: CMD exec …",
                    fix=by_hand("write the value"),
                )


def _words(line: str) -> tuple[str, ...]:
    match = _EXEC_FORM.fullmatch(line)
    if match is None:
        return ()
    try:
        found = json.loads(match[1])
    except ValueError:
        return ()
    return tuple(found) if all(isinstance(each, str) for each in found) else ()


RULE = Rule("S047", "variable-in-exec-form", "error", check)
