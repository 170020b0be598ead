"""cheaper must be lower than processes, or uWSGI exits (F203)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import processes
from enuf.doctor.rule import Rule, Sign, at_option


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every cheaper that is not lower than processes, where both are known."""
    for server in evidence.servers:
        option = server.config.last("cheaper")
        count = processes(server.config)
        if option is None or option.maybe or count is None or not server.config.is_whole:
            continue
        lowest = option.number
        if lowest and lowest >= count:
            yield at_option(
                option,
                f"cheaper is {lowest} and there are {count} processes: it must be lower, so uWSGI exits",
                hint=f"cheaper = {max(count - 1, 1)}, or more processes",
            )


RULE = Rule("U029", "cheaper-invalid", "error", check)
