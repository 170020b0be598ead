"""A database that other machines reach, whose password of a file of variables everybody tries first."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.container import ComposeService
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import service_is_dev
from enuf.doctor.facts.database_services import database_services, open_ports
from enuf.doctor.facts.deployed_variables import lines_of_file
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.doctor.service_variables import DeployedVariable, env_files, written_variables

_PASSWORD = re.compile(
    r"(?:POSTGRES|PG|MYSQL(?:_ROOT)?|MARIADB(?:_ROOT)?|MONGO_INITDB_ROOT|REDIS|DB|DATABASE)_?(?:PASSWORD|PASSWD|PASS)"
)
_ASKED = re.compile(r"\$\{?(\w+)")
_USUAL = re.compile(
    r"(?:my|the)?(?:postgres(?:ql)?|passw(?:or)?d|passw0rd|pass|root|admin|mysql|mariadb|mongo|secret|user|test|db|database|django|flask|app|dev|"
    r"qwerty|welcome|123(?:456?7?8?9?0?)?|1{3,8}|!|@|_|-)+",
    re.IGNORECASE,
)
"""Passwords of tutorials."""
_SAMPLE = re.compile(r"(?:example|sample|template|dist|dev|local|test)", re.IGNORECASE)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the first such password of each published database that a file of variables gives."""
    for service in database_services(evidence):
        port = next(open_ports(service), None)
        if port is None or service_is_dev(service, evidence):
            continue
        found = next((each for each in _passwords(evidence, service) if _is_usual(evidence, each)), None)
        if found:
            yield at_line(
                found.file,
                found.line,
                f"{found.name} is a password that everybody tries first, and other machines reach the database "
                f"at port {port.outer or port.inner}: whoever finds the port can log in",
                hint=f"a long random {found.name}, and no ports: for {service.name}",
                evidence=(f"{service.file}:{port.line}: ports of {service.name}",),
            )


def _passwords(evidence: Evidence, service: ComposeService) -> Iterator[DeployedVariable]:
    """Yield the passwords that the files of variables of a service hold, and those that compose fills in from `.env`."""
    for path in env_files(service):
        for each in lines_of_file(evidence, path) if not _SAMPLE.search(posixpath.basename(path)) else ():
            if _PASSWORD.fullmatch(each.name):
                yield each
    beside = posixpath.join(posixpath.dirname(service.file), ".env")
    known = {each.name: each for each in lines_of_file(evidence, beside)}
    for name, _, value in written_variables(service):
        asked = _ASKED.match(value.strip("\"'"))
        if asked and _PASSWORD.fullmatch(name) and asked[1] in known:
            yield known[asked[1]]


def _is_usual(evidence: Evidence, variable: DeployedVariable) -> bool:
    """Return True for a password of tutorials, or one that repeats another value of its file, as the name of the user is."""
    others = {
        each.value.lower()
        for each in lines_of_file(evidence, variable.file)
        if each.name.endswith(("USER", "DB", "NAME", "USERNAME", "DATABASE"))
    }
    value = variable.value
    return bool(value) and (_USUAL.fullmatch(value) is not None or value.lower() in others)


RULE = Rule("C025", "open-database-with-a-usual-password", "warning", check)
