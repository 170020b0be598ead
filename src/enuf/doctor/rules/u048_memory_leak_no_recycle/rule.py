"""Workers that are never replaced, so that a memory leak grows without limit."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import complete_servers
from enuf.doctor.rule import Diagnostic, Rule, at_config

_RECYCLERS = (
    "max-requests",
    "reload-on-rss",
    "reload-on-as",
    "evil-reload-on-rss",
    "evil-reload-on-as",
    "max-worker-lifetime",
    "limit-as",
    "cheaper-rss-limit-soft",
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every complete configuration that recycles no worker."""
    for server in complete_servers(evidence):
        if server.config.last(*_RECYCLERS) is None:
            yield at_config(
                server.config,
                "no worker is ever replaced: a memory leak of the app or a library grows until the machine has no memory left",
                hint="reload-on-rss = 256 (megabytes), or max-requests = 5000",
            )


RULE = Rule("U048", "memory-leak-no-recycle", "advice", check)
