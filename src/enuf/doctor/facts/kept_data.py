"""Whether a path of a container outlives the container."""

from __future__ import annotations

from enuf.doctor.container import ComposeService
from enuf.doctor.machine import Container
from enuf.doctor.service_variables import written_variables

_DATA = {
    "postgres": "/var/lib/postgresql",
    "postgis": "/var/lib/postgresql",
    "mysql": "/var/lib/mysql",
    "mariadb": "/var/lib/mysql",
    "percona": "/var/lib/mysql",
    "mongo": "/data/db",
}
"""The folders in which the official images keep their data."""


def database_folder(service: ComposeService) -> str:
    """Return the folder in which a database of an official image keeps its data, empty for any other service."""
    name = service.base.partition("@")[0].rpartition("/")[2].partition(":")[0]
    if (
        service.build is not None
        or service.base.startswith(("bitnami", "rapidfort"))
        or service.node.at("tmpfs")
    ):
        return ""
    if any(name.startswith(("PGDATA", "MYSQL_DATADIR")) for name, _, _ in written_variables(service)):
        return ""
    return _DATA.get(name, "")


def is_kept(machine: Container, service: ComposeService, path: str) -> bool:
    """Return True if a volume or a folder of the host is mounted at a path, above or below, or if that is not known."""
    if service.node.at("volumes_from") or len(service.volumes) < len(service.node.each("volumes")):
        return True
    return any(
        f"{path}/".startswith(f"{mount.target.rstrip('/')}/")
        or mount.target.startswith(f"{path.rstrip('/')}/")
        for mount in service.volumes
    ) or machine.places.source(path).startswith("volume:")
