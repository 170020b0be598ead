"""A word where a number belongs, which atoi reads as 0 (F203)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import all_options, comment_in, is_number
from enuf.doctor.rule import Diagnostic, Rule, at_option
from enuf.syntax.uwsgi_config import ParsedOption

_STOP_EVERYTHING = ("processes",)
_FILLED_IN_LATER = re.compile(
    r"[@%#_]{1,2}\{?\w{1,80}?\}?[@%#_]{1,2}|<[^>]{1,80}>|[A-Z][A-Z0-9]{0,40}(?:_[A-Z0-9]{1,40}){1,5}"
)
"""`__WORKERS__`, `@WORKERS@`, `<workers>`, `NUM_WORKERS`: a script replaces it before uWSGI reads the file."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every numeric option whose value begins neither with a digit nor with plus or minus."""
    for _, option in all_options(evidence):
        if (
            not is_number(option)
            or option.unresolved
            or comment_in(option)
            or _FILLED_IN_LATER.fullmatch(option.value)
            or option.value[:1] in tuple("0123456789+-")
        ):
            continue
        if "%(" in option.value or (not option.value and option.name not in _STOP_EVERYTHING):
            continue
        yield _diagnostic(option)


def _diagnostic(option: ParsedOption) -> Diagnostic:
    if option.name in _STOP_EVERYTHING:
        return at_option(
            option,
            f"uWSGI reads `{option.value}` as 0: it starts no worker at all, and requests hang",
            hint=f"{option.key} = %k (as many as there are CPU cores), or a number",
        )
    return at_option(
        option,
        f"{option.key} takes a number, and `{option.value}` is read as 0",
        severity="warning",
        hint=f"{option.key} = a plain number",
    )


RULE = Rule("U028", "ini-non-numeric", "error", check)
