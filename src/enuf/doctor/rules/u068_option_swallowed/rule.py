"""An option of the command line that stands where another one's value belongs."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import all_options
from enuf.doctor.rule import Diagnostic, Rule, at_option
from enuf.syntax.uwsgi_values import option_kind


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every option without a value that took the next option for it."""
    for server, option in all_options(evidence):
        taken = option.written.raw
        if server.start is None or option.written.file != server.start.file or not taken.startswith("--"):
            continue
        name = taken[2:].partition("=")[0]
        if option_kind(name) in ("", "unknown") or option_kind(option.key) == "flag":
            continue
        yield at_option(
            option,
            f"--{option.key} needs a value and takes the next word for it: {taken} is not in force",
            hint=f"--{option.key}=8192 {taken}"
            if option.key == "post-buffering"
            else f"--{option.key}=<value> {taken}",
        )


RULE = Rule("U068", "option-swallowed", "warning", check)
