"""A reload of a uWSGI without a master, which ends uWSGI."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import complete_servers, has_master, reload_commands
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_config


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every complete configuration without a master if some file reloads it."""
    commands = reload_commands(evidence)
    for server in complete_servers(evidence):
        if commands and has_master(server.config) is False:
            yield at_config(
                server.config,
                "without a master a reload stops the site: the worker exits and nobody starts another one",
                hint="master = true",
                fix=add_options(server.config, "master = true"),
                evidence=commands,
            )


RULE = Rule("U034", "reload-without-master-stops", "warning", check)
