"""`max-worker-lifetime` without a delta: all workers end in the same second."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import processes
from enuf.doctor.rule import Diagnostic, Rule, at_key


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every max-worker-lifetime of several workers that end at once."""
    for server in evidence.servers:
        config = server.config
        option = config.last("max-worker-lifetime")
        if option is None or option.conditional or config.last("max-worker-lifetime-delta"):
            continue
        if config.is_complete and (processes(config) or 2) > 1:
            yield at_key(
                option,
                "all workers began together and so end together: for the time of a start nobody answers",
                hint="max-worker-lifetime-delta = 60",
            )


RULE = Rule("U067", "workers-end-together", "advice", check)
