"""A flag with a value that is neither yes nor no: uWSGI takes it as yes (F201)."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import all_options, comment_in, has_unknown_part, is_flag, without_comment
from enuf.doctor.rule import Diagnostic, Rule, at_option, write_value
from enuf.syntax.uwsgi_config import ParsedOption
from enuf.syntax.uwsgi_values import is_on

_PLAIN = ("true", "false", "yes", "no", "on", "off", "1", "0", "")
_MEANT_OFF = ("n", "f", "none", "null", "never", "not", "disable", "disabled")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every flag with another value than true, false, yes, no, on, off, 1 and 0."""
    for _, option in all_options(evidence):
        if is_flag(option) and not has_unknown_part(option) and option.value.lower() not in _PLAIN:
            yield _diagnostic(option)


def _diagnostic(option: ParsedOption) -> Diagnostic:
    word = without_comment(option)
    off = _means_off(word)
    comment = " (the comment is part of the value)" if comment_in(option) else ""
    if off:
        message = (
            f"`{option.key} = {option.value}` turns it ON: only false, off, no and 0 turn it off{comment}"
        )
    else:
        message = f"`{option.value}` is neither yes nor no; uWSGI takes every value but false, off, no and 0 as yes{comment}"
    value = "false" if off else "true"
    kept = word if word.lower() in _PLAIN and word else value
    return at_option(
        option,
        message,
        severity=None if off else "warning",
        hint=f"{option.key} = {kept}",
        fix=write_value(
            option,
            kept,
            asks="" if comment_in(option) or off else "it cannot be seen whether yes or no was meant",
        ),
    )


def _means_off(word: str) -> bool:
    """Return True for a word that was meant to turn the flag off."""
    lower = word.lower().strip("\"' .,;")
    if not is_on(word) or not is_on(lower) or lower in _MEANT_OFF:
        return True
    return bool(difflib.get_close_matches(lower, ("false", "off"), n=1, cutoff=0.75))


RULE = Rule("U021", "ini-inline-comment-bool", "error", check)
