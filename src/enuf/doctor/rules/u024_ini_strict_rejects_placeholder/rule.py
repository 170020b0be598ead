"""strict, and a placeholder that is set as if it were an option (F202)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_key
from enuf.model.finding import Edit, Fix
from enuf.syntax.uwsgi_config import ParsedOption
from enuf.syntax.uwsgi_values import option_kind

_SETTERS = ("set", "set-ph", "set-placeholder")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every unknown key that is used as %(key) while strict is on."""
    for server in evidence.servers:
        if not server.config.is_on("strict"):
            continue
        used = {
            word.split(" ")[0]
            for option in server.config.options
            for word in re.findall(r"%\(([^()%]{1,200})\)", option.written.raw)
        }
        own = {
            (each.written.line, each.value.partition("=")[0])
            for each in server.config.options
            if each.key in _SETTERS
        }
        for option in server.config.options:
            if (
                option.key in used
                and option_kind(option.key) == "unknown"
                and (option.written.line, option.key) not in own
            ):
                yield at_key(
                    option,
                    f"strict refuses `{option.key}`, which is no option: uWSGI does not start",
                    hint=f"set-placeholder = {option.key}={option.written.raw}",
                    fix=_fix(option),
                )


def _fix(option: ParsedOption) -> Fix | None:
    written = option.written
    text = f"set-placeholder = {option.key}={written.raw}"
    edit = Edit(
        file=written.file,
        line=written.line,
        column=written.key_column,
        end_column=written.end_column,
        text=text,
    )
    return Fix(safe=True, description=f"write `{text}`", edits=(edit,))


RULE = Rule("U024", "ini-strict-rejects-placeholder", "warning", check)
