"""A second equals sign, which uWSGI takes as a part of the value."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import all_options, is_flag
from enuf.doctor.rule import Diagnostic, Rule, at_option, write_value
from enuf.syntax.uwsgi_sockets import PROTOCOLS
from enuf.syntax.uwsgi_values import option_kind


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every value that begins with an equals sign, but for sockets, where `=0` names a shared one."""
    for _, option in all_options(evidence):
        raw = option.written.raw.strip()
        if not raw.startswith("=") or option_kind(option.key) == "unknown" or option.name in PROTOCOLS:
            continue
        value = raw.lstrip("= \t")
        yield at_option(
            option,
            f"the second = is a part of the value: {option.key} is `{raw}`",
            severity="warning" if is_flag(option) else None,
            hint=f"{option.key} = {value}",
            fix=write_value(option, value),
        )


RULE = Rule("U073", "second-equals-sign", "error", check)
