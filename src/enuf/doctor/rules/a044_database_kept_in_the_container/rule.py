"""A database whose files lie in the writable layer of a container: they go away with the container."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import service_is_dev
from enuf.doctor.facts.app_settings import flask_settings
from enuf.doctor.facts.database_services import database_services
from enuf.doctor.facts.deployed_variables import lines_of_file
from enuf.doctor.facts.django import last_assignment
from enuf.doctor.facts.django_static import path_in
from enuf.doctor.facts.kept_data import database_folder, is_kept
from enuf.doctor.facts.server_machines import machines_of, machines_of_service
from enuf.doctor.facts.workers import all_servers
from enuf.doctor.rule import Diagnostic, Rule, at_line, at_node, by_hand
from enuf.doctor.service_variables import env_files

_FLASK_NAMES = ("DATABASE", "SQLALCHEMY_DATABASE_URI", "DATABASE_URI")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the databases of compose files without a volume at their data, and the SQLite files of Django projects."""
    for service in database_services(evidence):
        folder = database_folder(service)
        machine = next(iter(machines_of_service(evidence, service)), None)
        if (
            not folder
            or machine is None
            or service_is_dev(service, evidence)
            or is_kept(machine, service, folder)
            or any(
                each.name == "PGDATA" for path in env_files(service) for each in lines_of_file(evidence, path)
            )
        ):
            continue
        beside = next((each for each in service.volumes if each.source and "init" not in each.target), None)
        yield at_line(
            service.file,
            beside.line if beside else service.line,
            f"the data of {service.name} lies in {folder}, where no volume is: docker compose down and the next up begin with an "
            "empty database",
            severity=None if beside else "advice",
            hint=f"- data:{folder}   below volumes: of {service.name}",
            fix=by_hand("mount a volume at the data of the database"),
        )
    yield from _of_redis(evidence)
    yield from _of_sqlite(evidence)
    yield from _of_flask(evidence)


def _of_redis(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every volume of an official Redis that lies beside its data, which is in /data."""
    for service in database_services(evidence):
        name = service.image.partition(":")[0]
        beside = next((each for each in service.volumes if each.source and "/lib/redis" in each.target), None)
        if name not in ("redis", "valkey/valkey") or beside is None or service.node.at("command"):
            continue
        if not any(each.target.rstrip("/") == "/data" for each in service.volumes):
            yield at_line(
                service.file,
                beside.line,
                f"the data of {service.name} lies in /data, where no volume is: docker compose down and the next up begin with an "
                "empty database",
                hint=f"- {beside.source}:/data",
                fix=by_hand("mount the volume at /data"),
            )


def _of_sqlite(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the SQLite file of a project that a compose service serves from its own image."""
    seen: set[tuple[str, int]] = set()
    for server in all_servers(evidence):
        found = last_assignment(evidence, server, "DATABASES")
        name = _sqlite_name(found[1].value) if found else None
        for machine in machines_of(evidence, server) if found and name else ():
            service = machine.service
            if found is None or name is None or service is None or service_is_dev(service, evidence):
                continue
            path = path_in(found[0], name, machine)
            if not path or is_kept(machine, service, path) or (found[0].path, name.lineno) in seen:
                continue
            seen.add((found[0].path, name.lineno))
            yield at_node(
                found[0].path,
                name,
                f"the database is {path} in the container of {service.name}, where no volume is: it is lost when the container is "
                "made anew",
                severity="advice",
                hint=f"a volume for a folder of its own, or a database service beside {service.name}",
                fix=by_hand("keep the database file in a volume"),
                evidence=(f"{service.file}:{service.line}: {service.name}",),
            )


def _of_flask(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the SQLite file of a Flask app that a compose service serves from its own image."""
    seen: set[tuple[str, int]] = set()
    for server in all_servers(evidence):
        machines = machines_of(evidence, server)
        for setting in flask_settings(evidence, server) if machines else ():
            if setting.name not in _FLASK_NAMES or not _is_sqlite_file(setting.value):
                continue
            for machine in machines:
                service = machine.service
                paths = machine.paths_of(setting.python_file.path)
                if service is None or not paths or service_is_dev(service, evidence):
                    continue
                place = (setting.python_file.path, setting.value.lineno)
                if place in seen or any(
                    is_kept(machine, service, posixpath.dirname(posixpath.dirname(path))) for path in paths
                ):
                    continue
                seen.add(place)
                yield at_node(
                    setting.python_file.path,
                    setting.node,
                    f"the database is a file in the container of {service.name}, where no volume is: it is lost when the container is "
                    "made anew",
                    severity="advice",
                    hint=f"a volume for a folder of its own, or a database service beside {service.name}",
                    fix=by_hand("keep the database file in a volume"),
                    evidence=(f"{service.file}:{service.line}: {service.name}",),
                )


def _is_sqlite_file(value: ast.expr) -> bool:
    """Return True for `sqlite:///shop.db`, and for a path that ends with the name of such a file."""
    texts = [
        each.value
        for each in ast.walk(value)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    if any("://" in each and not each.startswith("sqlite:") for each in texts):
        return False
    named = any(each.endswith((".db", ".sqlite", ".sqlite3")) for each in texts)
    return named and not any(":memory:" in each for each in texts)


def _sqlite_name(node: ast.expr) -> ast.expr | None:
    """Return the NAME of the default database if that is an SQLite file, None for any other."""
    default = _value(node, "default")
    engine = _value(default, "ENGINE") if default else None
    is_sqlite = isinstance(engine, ast.Constant) and str(engine.value).endswith("sqlite3")
    return _value(default, "NAME") if default and is_sqlite else None


def _value(node: ast.expr, key: str) -> ast.expr | None:
    if not isinstance(node, ast.Dict):
        return None
    pairs = zip(node.keys, node.values, strict=True)
    return next(
        (value for name, value in pairs if isinstance(name, ast.Constant) and name.value == key), None
    )


RULE = Rule("A044", "database-kept-in-the-container", "warning", check)
