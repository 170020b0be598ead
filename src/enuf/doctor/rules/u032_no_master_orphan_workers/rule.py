"""Several workers without a master, of which a stop reaches only the first."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import complete_servers, has_master, processes
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_option


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every complete configuration with several processes and no master, stated or implied."""
    for server in complete_servers(evidence):
        option = server.config.last("processes")
        count = processes(server.config)
        if option is None or count is None or count < 2 or has_master(server.config) is not False:
            continue
        yield at_option(
            option,
            f"{count} workers without a master: `uwsgi --stop` and SIGTERM end only the first one, "
            "the others keep the socket and the old code",
            hint="master = true",
            fix=add_options(server.config, "master = true"),
        )


RULE = Rule("U032", "no-master-orphan-workers", "warning", check)
