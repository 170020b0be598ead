"""A socket at the path of a regular file, which uWSGI deletes."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_option
from enuf.model.address import UnixAddress


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every unix socket whose path is a regular file or a folder today."""
    for server in evidence.servers:
        for listener in server.listeners:
            address = listener.address
            if not isinstance(address, UnixAddress):
                continue
            kind = evidence.fact(address.path).kind
            if kind == "file":
                yield at_option(
                    listener.option,
                    f"{address.path} is a regular file: uWSGI deletes whatever lies at the socket's path, and vacuum does so again",
                    severity="warning" if address.path.endswith((".sock", ".socket")) else None,
                    hint="choose a path where nothing lies",
                )
            elif kind == "folder":
                yield at_option(
                    listener.option,
                    f"{address.path} is a folder, and a socket cannot be made there: uWSGI exits",
                    hint=f"{listener.option.key} = {address.path}/app.sock",
                )


RULE = Rule("U031", "socket-path-deletes-file", "error", check)
