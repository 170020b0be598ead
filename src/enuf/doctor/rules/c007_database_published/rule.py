"""A database that listens on all addresses of the host."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import is_loopback_host, service_is_dev, service_of_site
from enuf.doctor.rule import Diagnostic, Rule, at_line

_DATABASES = {
    5432: "postgres",
    3306: "mysql",
    6379: "redis",
    27017: "mongo",
    11211: "memcached",
    9200: "elasticsearch",
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
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every published database port of a compose file that also deploys nginx or an app server."""
    deployed = {server.service.file for server in evidence.app_servers if server.service}
    deployed |= {service.file for site in evidence.sites if (service := service_of_site(evidence, site.file))}
    for service in evidence.services:
        if service.file not in deployed or not any(name in service.base for name in _IMAGES):
            continue
        for port in service.ports:
            if port.inner in _DATABASES and not is_loopback_host(port.host):
                yield at_line(
                    service.file,
                    port.line,
                    f"{service.name} is open to everybody who reaches the host, past the host's own firewall",
                    severity="advice" if service_is_dev(service, evidence) else None,
                    hint=f'"127.0.0.1:{port.outer or port.inner}:{port.inner}", or no ports: at all',
                )


RULE = Rule("C007", "database-published", "warning", check)
