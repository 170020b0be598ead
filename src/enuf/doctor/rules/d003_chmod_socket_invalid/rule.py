"""A socket mode that is not three octal digits, for which uWSGI exits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import all_options, comment_in
from enuf.doctor.rule import Diagnostic, Rule, at_option, write_value
from enuf.syntax.placeholders import is_filled_in_later

_GOOD = re.compile(r"[0-7]{3}|1")
_WITH_ZERO = re.compile(r"0o?([0-7]{3})")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every chmod-socket value that uWSGI refuses."""
    for _, option in all_options(evidence):
        if (
            option.name != "chmod-socket"
            or option.unresolved
            or is_filled_in_later(option.value)
            or comment_in(option)
            or option.value[:1] in "\"'"
        ):
            continue
        if (
            not option.value
            and option.written.raw == ""
            and option.written.column == option.written.end_column
        ):
            continue  # a command line may leave out the mode
        if _GOOD.fullmatch(option.value):
            continue
        match = _WITH_ZERO.fullmatch(option.value)
        value = match[1] if match else "660"
        yield at_option(
            option,
            f"uWSGI wants three octal digits here and exits on `{option.value}`: `invalid chmod value`",
            hint=f"{option.key} = {value}",
            fix=write_value(option, value, asks="" if match else "the mode that was meant is a guess"),
        )


RULE = Rule("D003", "chmod-socket-invalid", "error", check)
