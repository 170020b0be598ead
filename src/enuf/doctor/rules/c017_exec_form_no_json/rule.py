"""A CMD or ENTRYPOINT in brackets that is no JSON: Docker gives the text to a shell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.read.dockerfiles import exec_form, instructions
from enuf.doctor.rule import Diagnostic, Rule, at_line

_LIST = re.compile(r"\[\s*[\"'“‘].*\]\s*", re.DOTALL)
"""A list of quoted words; `[ -f x ] && y` is a test of the shell."""
_WORD = re.compile(r"[\"'“”‘’]([^\"'“”‘’]*)[\"'“”‘’]")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every CMD and ENTRYPOINT that looks like a list and cannot be read as one."""
    for file in evidence.of_kind("dockerfile"):
        if is_template(evidence, file.path):
            continue
        for line, name, rest in instructions(file.text):
            if name in ("CMD", "ENTRYPOINT") and _LIST.fullmatch(rest) and exec_form(rest) is None:
                words = ", ".join(f'"{word}"' for word in _WORD.findall(rest))
                yield at_line(
                    file.path,
                    line,
                    f"{name} is no list in JSON, so a shell gets the brackets too: `not found`, and the container ends",
                    hint=f"{name} [{words}]",
                )


RULE = Rule("C017", "exec-form-no-json", "error", check)
