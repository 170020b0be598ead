"""The containers that a server runs in, whatever program it is."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.container import ComposeService
from enuf.doctor.evidence import AnyServer, Evidence, Pass, PythonServer
from enuf.doctor.machine import Container


def machines_of(evidence: Evidence, server: AnyServer) -> tuple[Container, ...]:
    """Return the containers that run a server, as far as the files show."""
    if not isinstance(server, PythonServer):
        return server.machines
    service = server.service
    if service is not None:
        return machines_of_service(evidence, service)
    if server.start.kind != "docker":
        return ()
    images = tuple(each for each in evidence.machines if not each.name)
    own = tuple(each for each in images if each.deployment == server.start.file)
    held = tuple(each for each in images if each.paths_of(server.start.file))
    return own or (held if len(held) == 1 else ())


def machines_of_service(evidence: Evidence, service: ComposeService) -> tuple[Container, ...]:
    """Return the container that a compose service describes: one, or none."""
    return tuple(each for each in evidence.machines if each.service is service)


def server_passes(evidence: Evidence) -> Iterator[tuple[AnyServer, Pass]]:
    """Yield every server with each pass that certainly leads to it: uWSGI's first, then those of app servers."""
    for pair in evidence.pairs:
        if pair.listener is not None:
            yield pair.server, pair.site_pass
    for app_pair in evidence.app_pairs:
        yield app_pair.server, app_pair.site_pass
