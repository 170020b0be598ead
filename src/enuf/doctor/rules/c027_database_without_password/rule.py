"""A database of a compose file that gets no password: its image refuses to make an empty data folder ready."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.container import ComposeService
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import service_is_dev
from enuf.doctor.facts.database_services import database_services
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.doctor.service_variables import written_variables

_POSTGRES = re.compile(r"POSTGRES_PASSWORD(?:_FILE)?|POSTGRES_HOST_AUTH_METHOD")
_MYSQL = re.compile(
    r"(?:MYSQL|MARIADB)_(?:ROOT_PASSWORD(?:_HASH)?(?:_FILE)?|(?:ALLOW_EMPTY|RANDOM)_(?:ROOT_)?PASSWORD)"
)
_WANTED = {
    "postgres": (_POSTGRES, "POSTGRES_PASSWORD"),
    "postgis/postgis": (_POSTGRES, "POSTGRES_PASSWORD"),
    "mysql": (_MYSQL, "MYSQL_ROOT_PASSWORD"),
    "mariadb": (_MYSQL, "MARIADB_ROOT_PASSWORD"),
}
_TAKES_NONE = re.compile(
    r"(?:8|9\.[0-4])(?:\D|$)|9\.5\.(?:\d|1\d|20)\b|9\.6\.(?:\d|1[0-6])\b|10\.(?:\d|11)\b|11\.[0-6]\b|12\.[01]\b"
)
"""Tags of PostgreSQL from the time before February 2020, whose images took no password for an open door."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every database of an official image whose service names all of its variables, and no password among them."""
    for service in database_services(evidence):
        name, _, tag = service.image.partition(":")
        pattern, variable = _WANTED.get(name.removeprefix("docker.io/").removeprefix("library/"), (None, ""))
        if pattern is None or (name.endswith("postgres") and _TAKES_NONE.match(tag)):
            continue
        if service_is_dev(service, evidence):
            continue
        said = _joined(evidence, service)
        if not all(map(_is_known, said)) or any(
            pattern.fullmatch(name) for each in said for name in _names(each)
        ):
            continue
        yield at_line(
            service.file,
            service.line,
            f"{service.name} gets no password: with an empty data folder its image prints an error and ends, and the app finds no database",
            hint=f"environment: {variable}: ${{{variable}}}   with the value in .env",
        )


def _joined(evidence: Evidence, service: ComposeService) -> list[ComposeService]:
    """Return what all compose files of the folder say about the service: compose may join them."""
    folder = posixpath.dirname(service.file)
    return [
        each
        for each in evidence.services
        if each.name == service.name and posixpath.dirname(each.file) == folder
    ]


def _is_known(service: ComposeService) -> bool:
    """Return True if all variables of the service stand in the compose file, and the image starts as it does by itself."""
    others = ("env_file", "build", "extends", "entrypoint", "command", "secrets", "configs", "volumes_from")
    return not any(service.node.at(key) for key in others) and not any(
        "${" in each for each in _names(service)
    )


def _names(service: ComposeService) -> list[str]:
    return [name.strip("\"' ") for name, _, _ in written_variables(service)]


RULE = Rule("C027", "database-without-password", "warning", check)
