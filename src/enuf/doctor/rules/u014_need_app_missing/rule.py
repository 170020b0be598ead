"""A uWSGI without need-app, which goes on and serves errors if the app does not load."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import complete_servers
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_config


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every complete configuration without need-app."""
    for server in complete_servers(evidence):
        if server.config.is_on("need-app") is False:
            yield at_config(
                server.config,
                "when the app cannot be imported, uWSGI runs on without it: the service looks fine and answers 500",
                hint="need-app = true",
                fix=add_options(server.config, "need-app = true"),
            )


RULE = Rule("U014", "need-app-missing", "advice", check)
