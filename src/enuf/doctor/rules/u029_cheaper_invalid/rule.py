"""A cheaper that is not lower than processes, for which uWSGI exits (F203)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import processes
from enuf.doctor.rule import Diagnostic, Rule, at_option


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every cheaper that is not lower than processes, if both are known."""
    for server in evidence.servers:
        option = server.config.last("cheaper")
        count = processes(server.config)
        if option is None or option.conditional or count is None or not server.config.is_complete:
            continue
        lowest = option.number
        if lowest and lowest >= count:
            yield at_option(
                option,
                f"cheaper is {lowest} and there are {count} processes: it must be lower, so uWSGI exits",
                hint=f"cheaper = {max(count - 1, 1)}, or more processes",
            )


RULE = Rule("U029", "cheaper-invalid", "error", check)
