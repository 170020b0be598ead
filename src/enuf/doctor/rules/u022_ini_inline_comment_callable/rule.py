"""A comment after the name of the app, which becomes part of the name (F200)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import APP_OPTIONS, all_options, comment_in, without_comment
from enuf.doctor.rule import Diagnostic, Rule, at_option, write_value


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every callable, module, wsgi-file or mount with a comment after its value."""
    for _, option in all_options(evidence):
        if option.name in APP_OPTIONS and comment_in(option):
            value = without_comment(option)
            yield at_option(
                option,
                f"uWSGI looks for an app that is literally called `{option.value}`: it has no comments after a value",
                hint=f"{option.key} = {value}",
                fix=write_value(option, value),
            )


RULE = Rule("U022", "ini-inline-comment-callable", "error", check)
