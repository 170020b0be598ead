"""A reload of a uWSGI that has no master ends it."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import has_master, reload_signs, whole_servers
from enuf.doctor.rule import Rule, Sign, add_options, at_config


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every whole configuration without a master while some file reloads it."""
    signs = reload_signs(evidence)
    for server in whole_servers(evidence):
        if signs and has_master(server.config) is False:
            yield at_config(
                server.config,
                "without a master a reload stops the site: the worker exits and nobody starts another one",
                hint="master = true",
                fix=add_options(server.config, "master = true"),
                evidence=signs,
            )


RULE = Rule("U034", "reload-without-master-stops", "warning", check)
