"""A uWSGI without a master, so that no process starts a worker again after a crash."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import complete_servers, has_master
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_config, at_option, write_value


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every complete configuration without a master, stated or implied by another option."""
    for server in complete_servers(evidence):
        if has_master(server.config) is not False:
            continue
        message = (
            "there is no master: after one crash nobody starts the worker again, and the site stays down"
        )
        own = server.config.last("master")
        severity = "advice" if server.in_container else "warning"
        if own:
            yield at_option(
                own, message, severity=severity, hint="master = true", fix=write_value(own, "true")
            )
        else:
            fix = add_options(server.config, "master = true")
            yield at_config(server.config, message, severity=severity, hint="master = true", fix=fix)


RULE = Rule("U007", "worker-segfault-no-master", "warning", check)
