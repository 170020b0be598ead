"""gevent is asked for and not among the packages."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Rule, Sign, at_option


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every gevent loop while nothing here installs or imports gevent."""
    lists = [file.text.lower() for file in evidence.of_kind("packages", "dockerfile")]
    if any("gevent" in text for text in lists) or any(
        "gevent" in program.text for program in evidence.programs
    ):
        return
    for server in evidence.servers:
        option = server.config.last("gevent") or server.config.last("loop")
        if option and not option.maybe and (option.name == "gevent" or option.value == "gevent"):
            yield at_option(
                option,
                "gevent is turned on, and no list of packages installs it: without it the workers hang or answer 500",
                severity=None if lists else "advice",
                hint="pip install gevent, or drop the line",
            )


RULE = Rule("U019", "gevent-not-installed", "warning", check)
