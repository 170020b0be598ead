"""A gevent loop without gevent among the packages."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_option


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every gevent loop if no file installs or imports gevent."""
    lists = [file.text.lower() for file in evidence.of_kind("packages", "dockerfile")]
    if any("gevent" in text for text in lists) or any(
        "gevent" in python_file.text for python_file in evidence.python_files
    ):
        return
    for server in evidence.servers:
        option = server.config.last("gevent") or server.config.last("loop")
        if option and not option.conditional and (option.name == "gevent" or option.value == "gevent"):
            yield at_option(
                option,
                "gevent is turned on, and no list of packages installs it: without it the workers hang or answer 500",
                severity=None if lists else "advice",
                hint="pip install gevent, or drop the line",
            )


RULE = Rule("U019", "gevent-not-installed", "warning", check)
