"""A word where a number belongs: atoi makes 0 of it (F203)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import comment_in, is_number, options
from enuf.doctor.rule import Rule, Sign, at_option
from enuf.syntax.uwsgi_config import Option

_STOP_EVERYTHING = ("processes",)


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every number option whose value does not begin with a digit or a sign."""
    for _, option in options(evidence):
        if (
            not is_number(option)
            or option.open
            or comment_in(option)
            or option.value[:1] in tuple("0123456789+-")
        ):
            continue
        if "%(" in option.value or (not option.value and option.name not in _STOP_EVERYTHING):
            continue
        yield _sign(option)


def _sign(option: Option) -> Sign:
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
