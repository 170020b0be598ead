"""Quotes around a variable, which uWSGI takes for a part of its name or its value."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_option, write_value
from enuf.syntax.uwsgi_config import ParsedOption

_QUOTES = ('"', "'")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every `env` of an ini file whose variable or value stands in quotes."""
    for server in evidence.servers:
        for option in server.config.all("env"):
            name, equals, value = option.value.partition("=")
            file = evidence.file(option.written.file)
            if not equals or option.unresolved or file is None or file.kind != "uwsgi-ini":
                continue
            if name[:1] in _QUOTES and value[-1:] == name[:1]:
                yield _diagnostic(
                    option,
                    f"uWSGI takes the quotes for a part of the name: {name[1:]} is not set",
                    f"{name[1:]}={value[:-1]}",
                    severity="error",
                )
            elif value[:1] in _QUOTES and value[-1:] == value[:1] and len(value) > 1:
                yield _diagnostic(
                    option,
                    f"uWSGI takes the quotes for a part of the value of {name}",
                    f"{name}={value[1:-1]}",
                )


def _diagnostic(option: ParsedOption, message: str, right: str, **rest: object) -> Diagnostic:
    return at_option(option, message, hint=f"env = {right}", fix=write_value(option, right), **rest)


RULE = Rule("U071", "quotes-around-env", "warning", check)
