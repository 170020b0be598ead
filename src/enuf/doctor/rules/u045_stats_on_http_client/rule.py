"""A stats server that does not speak HTTP."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import comment_in
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_option
from enuf.model.address import TcpAddress
from enuf.syntax.uwsgi_sockets import address_of


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every stats server on TCP without stats-http."""
    for server in evidence.servers:
        option = server.config.last("stats")
        if (
            option is None
            or option.unresolved
            or comment_in(option)
            or server.config.is_on("stats-http") is not False
        ):
            continue
        if isinstance(address_of(option.value, server.directory), TcpAddress):
            yield at_option(
                option,
                "a browser or curl shows nothing here: the stats server sends bare JSON, no HTTP",
                hint="stats-http = true, or read it with uwsgitop",
                fix=add_options(
                    server.config,
                    "stats-http = true",
                    asks="a client that reads the plain stream would then fail",
                ),
            )


RULE = Rule("U045", "stats-on-http-client", "advice", check)
