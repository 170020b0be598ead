"""`py-autoreload` in the configuration of a service: a thread looks at every source file, and reloads while files are copied."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.rule import Diagnostic, Rule, at_key, remove_lines

_FOR_DEVELOPMENT = re.compile(
    r"(?<![a-z])(dev|devel|development|local|debug|test|staging|vagrant|example)(?![a-z])", re.IGNORECASE
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report py-autoreload in a configuration that a service starts or that a site passes to."""
    for server in evidence.servers:
        option = server.config.last("py-auto-reload")
        if option is None or option.conditional or option.unresolved or not option.number:
            continue
        if _is_for_development(server):
            continue
        yield at_key(
            option,
            "each worker looks at every source file, again and again, and restarts in the middle of a deployment, "
            "when half of the files are new",
            severity=None if _is_service(evidence, server) else "advice",
            hint="remove the line; reload on purpose: touch-reload, or systemctl reload",
            fix=remove_lines([option]),
        )


def _is_service(evidence: Evidence, server: Server) -> bool:
    """Return True for several workers or a TCP or unix socket for nginx, which nobody develops with."""
    several = (server.config.number("processes", 1) or 1) > 1
    return (
        several
        or bool(evidence.pairs_of(server))
        or (server.start is not None and server.start.kind == "unit")
    )


def _is_for_development(server: Server) -> bool:
    return any(_FOR_DEVELOPMENT.search("/".join(path.split("/")[-2:])) for path in (server.config.main_file,))


RULE = Rule("U063", "reloader-in-service", "warning", check)
