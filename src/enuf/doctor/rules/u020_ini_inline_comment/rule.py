"""A comment behind a value: uWSGI takes it as part of the value (F200)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Rule, Sign, at_option, write_value
from enuf.doctor.serving import APP_OPTIONS, comment_in, is_flag, is_number, options, without_comment


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every value with ` #` or ` ;` in it, save flags (U021) and the app's name (U022)."""
    for _, option in options(evidence):
        comment = comment_in(option)
        if not comment or is_flag(option) or option.name in APP_OPTIONS:
            continue
        value = without_comment(option)
        harmless = is_number(option) and value.isdigit()
        yield at_option(
            option,
            f"uWSGI knows no comment behind a value: the value of {option.key} is `{option.value}`"
            + (", which is read as a number only by luck" if harmless else ""),
            severity="warning" if harmless or option.name == "env" else None,
            hint=f"{option.key} = {value}",
            fix=write_value(option, value),
        )


RULE = Rule("U020", "ini-inline-comment", "error", check, "safe")
