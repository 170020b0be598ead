"""A port without a colon, which uWSGI takes for the name of a socket file."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import all_options, without_comment
from enuf.doctor.rule import Diagnostic, Rule, at_option, write_value
from enuf.model.numbers import decimal
from enuf.syntax.uwsgi_sockets import PROTOCOLS


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every socket whose address is a number alone."""
    for _, option in all_options(evidence):
        is_stats = option.name == "stats"
        port = decimal(without_comment(option).strip(), 5)
        if port is None or option.unresolved or not (is_stats or option.name in PROTOCOLS):
            continue
        yield at_option(
            option,
            f"without a colon {port} is the name of a socket file in the current folder: nothing listens on port {port}",
            severity="warning" if is_stats else None,
            hint=f"{option.key} = {'127.0.0.1' if is_stats else ''}:{port}",
            fix=write_value(
                option, f":{port}", asks="uWSGI then listens on all addresses, and not only on 127.0.0.1"
            ),
        )


RULE = Rule("U072", "port-without-colon", "error", check)
