"""The databases of a compose file that also serves an app: who reaches them, and with which password."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.container import ComposeService, OuterPort
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import is_loopback_host, service_of_site

PORTS = {
    5432: "postgres",
    3306: "mysql",
    6379: "redis",
    27017: "mongo",
    11211: "memcached",
    9200: "elasticsearch",
    5672: "rabbitmq",
    15672: "rabbitmq",
}
_IMAGES = (
    "postgres",
    "postgis",
    "timescale",
    "mysql",
    "mariadb",
    "percona",
    "redis",
    "valkey",
    "mongo",
    "memcached",
    "elasticsearch",
    "opensearch",
    "rabbitmq",
)
_ADMIN_TOOLS = ("adminer", "phpmyadmin", "pgadmin", "mongo-express", "redis-commander", "redisinsight")


def database_services(evidence: Evidence) -> Iterator[ComposeService]:
    """Yield the databases of the compose files that also deploy nginx, uWSGI or an app server."""
    deployed = {server.service.file for server in evidence.app_servers if server.service}
    deployed |= {service.file for site in evidence.sites if (service := service_of_site(evidence, site.file))}
    held = [machine for server in evidence.servers for machine in server.machines]
    held += [machine for each in evidence.passes for machine in each.machines]
    deployed |= {machine.service.file for machine in held if machine.service}
    for service in evidence.services:
        if service.file in deployed and any(name in service.base for name in _IMAGES):
            yield service


def admin_tools(evidence: Evidence) -> Iterator[ComposeService]:
    """Yield the services for the administration of a database in compose files that deploy a database beside an app."""
    deployed = {service.file for service in database_services(evidence)}
    for service in evidence.services:
        if service.file in deployed and any(name in service.base for name in _ADMIN_TOOLS):
            yield service


def open_ports(service: ComposeService) -> Iterator[OuterPort]:
    """Yield the published ports of a database that other machines reach."""
    for port in service.ports:
        if port.inner in PORTS and not is_loopback_host(port.host):
            yield port
