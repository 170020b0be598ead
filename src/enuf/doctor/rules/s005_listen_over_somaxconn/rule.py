"""A listen queue longer than the kernel allows, for which uWSGI refuses to start."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.rule import Diagnostic, Rule, at_option, write_value

DEFAULT = 4096
"""Linux's own value since 5.4; earlier kernels have 128."""
_RAISED = re.compile(r"somaxconn[\"']?[ \t]*+[=:][ \t]*+[\"']?([0-9]{1,10})(?![0-9])")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every `listen` above the limit of this machine, or above the kernel's default."""
    listening = [(each, option) for each in evidence.servers if (option := each.config.last("listen"))]
    if not listening:
        return  # before all files are searched
    raised = [int(length) for file in evidence.files for length in _RAISED.findall(file.text)]
    for server, option in listening:
        length = option.number if not option.conditional else None
        if length is None or (raised and length <= max(raised)):
            continue
        here = evidence.somaxconn is not None and _is_here(evidence, server)
        limit = evidence.somaxconn if here and evidence.somaxconn else DEFAULT
        if length > limit:
            yield at_option(
                option,
                f"the kernel allows {limit} waiting connections, not {length}: uWSGI exits at once",
                severity=None if here else "warning",
                hint=f"{option.key} = {limit}, or sysctl net.core.somaxconn={length}",
                fix=write_value(option, str(limit), asks="the limit of the machine can be raised instead"),
            )


def _is_here(evidence: Evidence, server: Server) -> bool:
    """Return True if the configuration runs on this machine, whose limit was read."""
    known = evidence.somaxconn is not None and server.directory_known and not server.in_container
    return known and evidence.fact(server.directory).mode is not None


RULE = Rule("S005", "listen-over-somaxconn", "error", check)
