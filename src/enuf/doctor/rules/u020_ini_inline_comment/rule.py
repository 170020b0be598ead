"""A comment after a value, which uWSGI takes as part of the value (F200)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import APP_OPTIONS, all_options, comment_in, is_flag, without_comment
from enuf.doctor.rule import Diagnostic, Rule, at_option, write_value
from enuf.model.numbers import decimal
from enuf.syntax.uwsgi_config import ParsedOption
from enuf.syntax.uwsgi_options import SWITCHES
from enuf.syntax.uwsgi_sockets import PROTOCOLS
from enuf.syntax.uwsgi_values import ELSEWHERE, option_kind

_TCP = re.compile(r"[\w.*-]*:[0-9]+|\[[\da-fA-F:]+\]:[0-9]+")
_MINOR = re.compile(r"env|touch-.*|procname.*|auto-procname|log-?date|log-prefix")
"""Options without which uWSGI serves all the same."""
_PLACEHOLDER = re.compile(r"[$%]\([\w.-]+\)")
_NO_VALUE_COUNTS = SWITCHES.__contains__


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every value with ` #`, ` ;` or ` //` in it, except flags (U021) and the app's name (U022)."""
    for _, option in all_options(evidence):
        comment = comment_in(option)
        kind = option_kind(option.key)
        if not comment or is_flag(option) or option.name in APP_OPTIONS:
            continue
        if kind == "unknown" and not ELSEWHERE.fullmatch(option.key):
            continue  # U023 says that the whole line has no effect
        value = without_comment(option)
        harmless = (
            (kind in ("number", "unknown") and decimal(value) is not None)
            or (kind == "number" and (option.unresolved or _PLACEHOLDER.fullmatch(value) is not None))
            or _NO_VALUE_COUNTS(option.key)
            or _is_tcp(option, value)
        )
        minor = _MINOR.fullmatch(option.name) or (option.name.endswith("pidfile") and "/" not in comment)
        yield at_option(
            option,
            f"uWSGI knows no comment behind a value: the value of {option.key} is `{option.value}`"
            + (", which works only by luck" if harmless else ""),
            severity="warning" if harmless or kind == "unknown" or minor else None,
            hint=f"{option.key} = {value}",
            fix=write_value(option, value),
        )


def _is_tcp(option: ParsedOption, value: str) -> bool:
    """Return True for a port: uWSGI reads its digits and no further."""
    return option.name in PROTOCOLS and _TCP.fullmatch(value) is not None


RULE = Rule("U020", "ini-inline-comment", "error", check)
