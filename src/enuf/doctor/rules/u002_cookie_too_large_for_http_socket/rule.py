"""A buffer too small for a large cookie, on a socket that clients reach directly (F162)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import complete_servers
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_option, write_value
from enuf.model.numbers import decimal

_ENOUGH = 8192


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every http-socket of a server with a small buffer."""
    for server in complete_servers(evidence):
        listener = next(
            (each for each in server.listeners if each.protocol == "http" and not each.router), None
        )
        size = server.config.last("buffer-size")
        if listener is None or (size and (decimal(size.value) is None or (size.number or 0) >= _ENOUGH)):
            continue
        yield at_option(
            size or listener.option,
            f"request line and headers have {size.value if size else 4096} bytes here: "
            "a big cookie ends in a closed connection",
            severity=None if size else "advice",
            hint="buffer-size = 32768",
            fix=write_value(size, "32768") if size else add_options(server.config, "buffer-size = 32768"),
        )


RULE = Rule("U002", "cookie-too-large-for-http-socket", "warning", check)
