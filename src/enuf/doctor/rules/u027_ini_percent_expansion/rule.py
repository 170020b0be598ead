"""A % that uWSGI replaces against the writer's intention (F204)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import all_options
from enuf.doctor.rule import Diagnostic, Rule, at_option, write_value
from enuf.syntax.uwsgi_config import ParsedOption

_FREE = re.compile(
    r"env|log-?date|log-prefix|log-?format(-strftime)?|logformat-strftime|.*header|http-var|.*route.*|pyargv|.*password.*"
)
_MARK = re.compile(r"%(.)", re.DOTALL)
_MAGIC_LETTERS = frozenset("opsdcenxOPSDCENXvVhtTuUgGiIkjJb0123456789%([")
_ENDS_A_WORD = frozenset("/=:,; -_.([{'\"@")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every value with a % that uWSGI removes, or that changes a password, a date or a header."""
    read = {path for server in evidence.servers for path in server.config.files}
    for _, option in all_options(evidence):
        if option.written.file in read and "%" in option.written.raw:
            diagnostic = _diagnostic(option)
            if diagnostic:
                yield diagnostic


def _diagnostic(option: ParsedOption) -> Diagnostic | None:
    raw = option.written.raw
    wrong = [match for match in _MARK.finditer(raw.replace("%%", "\0\0")) if _is_wrong(option, raw, match)]
    if not wrong:
        return None
    glued = any(match[1] == "\n" for match in wrong)
    value = _doubled(raw, [match.start() for match in wrong])
    shown = option.value if len(option.value) < 80 else option.value[:77] + "..."
    return at_option(
        option,
        "a % at the end of a line takes the line break away: the next line becomes part of this value"
        if glued
        else f"uWSGI replaces `%` and the letter behind it in every value: this one becomes `{shown}`",
        severity=None if glued or option.name == "env" else "warning",
        hint=f"{option.key} = {value}" if not glued else "double it: %%",
        fix=None
        if glued
        else write_value(option, value, asks="it cannot be seen whether uWSGI is meant to replace it"),
    )


def _is_wrong(option: ParsedOption, raw: str, match: re.Match[str]) -> bool:
    letter, before = match[1], raw[max(match.start() - 1, 0) : match.start()]
    if letter in "([":  # a placeholder, and the escape that colours a line of the log
        return False
    if letter not in _MAGIC_LETTERS:
        return True
    if _FREE.fullmatch(option.key) is None:
        return False
    dates = "date" in option.key or "strftime" in option.key
    return dates or letter.isdigit() or (bool(before) and before not in _ENDS_A_WORD)


def _doubled(raw: str, places: list[int]) -> str:
    ends = [*places[1:], len(raw)]
    return raw[: places[0]] + "".join("%" + raw[place:end] for place, end in zip(places, ends, strict=True))


RULE = Rule("U027", "ini-percent-expansion", "error", check)
