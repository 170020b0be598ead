"""The servers that load Python apps, of whatever program, and how many workers each of them has."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import AnyServer, AppServer, Evidence, Server
from enuf.doctor.facts.uwsgi import processes


def all_servers(evidence: Evidence) -> Iterator[AnyServer]:
    """Yield every uWSGI, then every app server of another kind."""
    yield from evidence.servers
    yield from evidence.app_servers


def worker_count(server: AnyServer) -> int | None:
    """Return the number of worker processes, None if that is unknown."""
    if isinstance(server, Server):
        return processes(server.config)
    setting = server.setting("workers")
    if setting is not None and not setting.certain:
        number = server.settings.number("workers", 1)
        return number if number is not None and number > 1 else None  # of one processor: more on others
    return server.settings.number("workers", 1)


def program_name(server: AnyServer) -> str:
    """Return the name of the program as its users write it."""
    return server.program if isinstance(server, AppServer) else "uWSGI"
