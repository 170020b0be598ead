"""A listen queue that is longer than the kernel allows: uWSGI refuses to start."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.rule import Rule, Sign, at_option, write_value

DEFAULT = 4096
"""Of Linux since 5.4; before that it was 128."""
_RAISED = re.compile(r"somaxconn[\"']?[ \t]*+[=:][ \t]*+[\"']?([0-9]{1,10})(?![0-9])")


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every `listen` above the limit of this machine, or above the one that every kernel starts with."""
    raised = [int(number) for file in evidence.files for number in _RAISED.findall(file.text)]
    for server in evidence.servers:
        option = server.config.last("listen")
        number = option.number if option and not option.maybe else None
        if option is None or number is None or (raised and number <= max(raised)):
            continue
        limit = DEFAULT if server.in_container or evidence.somaxconn is None else evidence.somaxconn
        if number > limit:
            yield at_option(
                option,
                f"the kernel allows {limit} waiting connections, not {number}: uWSGI exits at once",
                severity=None if _is_here(evidence, server) else "warning",
                hint=f"{option.key} = {limit}, or sysctl net.core.somaxconn={number}",
                fix=write_value(option, str(limit), safe=False),
            )


def _is_here(evidence: Evidence, server: Server) -> bool:
    """True when the configuration runs on this very machine, whose limit was read."""
    known = evidence.somaxconn is not None and server.directory_known and not server.in_container
    return known and evidence.fact(server.directory).mode is not None


RULE = Rule("S005", "listen-over-somaxconn", "error", check)
