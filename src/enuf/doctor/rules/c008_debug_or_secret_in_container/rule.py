"""Django's debug mode in the served container, or a secret written into the image or the compose file."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.container import ComposeService
from enuf.doctor.evidence import Evidence, PythonServer
from enuf.doctor.facts.app_servers import has_nginx_in_front, service_is_dev
from enuf.doctor.facts.database_services import database_services, open_ports
from enuf.doctor.facts.deployed_variables import lines_of_file
from enuf.doctor.read.images import read_image
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.doctor.service_variables import env_files, written_variables

_DEBUG = ("DEBUG", "DJANGO_DEBUG", "APP_DEBUG", "DJANGO_DEBUG_MODE")
_TRUE = ("1", "true", "yes", "on")
_SECRET = re.compile(r"(?:^|_)(SECRET_KEY|SECRET|PASSWORD|PASSWD|TOKEN|API_KEY|PRIVATE_KEY|ACCESS_KEY)$")
_KEY = re.compile(r"(?:^|_)(?:SECRET_KEY|SECRET|PRIVATE_KEY|SECRET_ACCESS_KEY)$")
_PLACEHOLDER = re.compile(
    r"<.*>|\$.*|\{\{.*|x{3,}|\*{3,}|.*change[-_ ]?(?:me|this|it).*|(?:your|my)[-_ ].*|.*replace[-_ ]?(?:me|this|with).*|"
    r".*placeholder.*|.*overwr[io]t.*|.*overrid.*|.*insert.*here.*|.*example.*|dummy|todo|none|null|unset|true|false|yes|no|on|off|",
    re.IGNORECASE,
)
"""What stands for a secret that is still to be written."""


_SIGNING_KEY = re.compile(r"(?:DJANGO_|FLASK_|APP_)?SECRET_KEY")
_SAMPLE = re.compile(r"example|sample|template|dist|dev|local|test", re.IGNORECASE)
_SHORTEST_KEY = 16
_FILLED_IN = re.compile(r"\$\{?[A-Za-z_]")
_PASSWORD = re.compile(r"[A-Z0-9_]*PASS(?:WORD|WD)?")
_USUAL = re.compile(
    r"(?:my)?(?:postgres|password|passw0rd|pass|root|admin|mysql|secret|user|test|db|django|flask|1?23456?7?8?9?0?)+",
    re.IGNORECASE,
)
"""Passwords of tutorials: everybody tries them, and nobody takes them for a secret."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report debug switches of services behind nginx, and secrets in ENV of an image that serves an app."""
    for server in evidence.app_servers:
        yield from _debug(evidence, server)
    yield from _written_secrets(evidence)
    yield from _passwords_of_databases(evidence)
    for file in evidence.of_kind("dockerfile"):
        image = read_image(file.path, file.text)
        for name, value in image.environ.items() if image else ():
            if (
                image
                and _SECRET.search(name.upper())
                and not _FILLED_IN.search(value)
                and not _PLACEHOLDER.fullmatch(value)
                and len(value) > 3
            ):
                yield at_line(
                    file.path,
                    image.environ_lines[name],
                    f"{name} is part of the image: everybody who can pull it can read it with docker history",
                    hint="environment: or env_file: of the service, or a secret that is mounted",
                )


def _written_secrets(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the keys of apps behind nginx that stand in their compose files."""
    behind = {
        id(server.service)
        for server in evidence.app_servers
        if server.service and has_nginx_in_front(evidence, server)
    }
    for service in evidence.services:
        if (id(service) not in behind and not _holds_a_site(evidence, service)) or service_is_dev(
            service, evidence
        ):
            continue
        yield from _keys_of_env_files(evidence, service)
        for name, node, value in written_variables(service):
            if _KEY.search(name.upper()) and _is_written(value.strip("\"'")):
                yield at_line(
                    service.file,
                    node.line,
                    f"{name} is written in the compose file: everybody who can read the repository can sign sessions and tokens",
                    hint="a value from the environment, or from an env_file that is not committed",
                )


def _keys_of_env_files(evidence: Evidence, service: ComposeService) -> Iterator[Diagnostic]:
    """Report the first key that a file of variables among the files gives to a service for production."""
    for path in env_files(service):
        if _SAMPLE.search(posixpath.basename(path)):
            continue
        for each in lines_of_file(evidence, path):
            is_key = (
                _SIGNING_KEY.fullmatch(each.name) and each.value and not _PLACEHOLDER.fullmatch(each.value)
            )
            if is_key and "$" not in each.value and "{{" not in each.value:
                yield at_line(
                    each.file,
                    each.line,
                    f"{each.name} lies in a file beside the code: if the file is committed, everybody who can read the repository can "
                    "sign sessions and tokens",
                    severity=None if len(each.value) < _SHORTEST_KEY else "advice",
                    hint="a long random value in a file that is not committed",
                    evidence=(f"{service.file}:{service.line}: {service.name}",),
                )
                return


def _is_written(plain: str) -> bool:
    """Return True for a key itself; a dollar sign behind its beginning is a part of it, unless it names a variable."""
    filled_in = re.search(r"^\$|\$\{|\$[A-Z_]+\b", plain)
    return len(plain) > 7 and not _PLACEHOLDER.fullmatch(plain) and not filled_in and "{{" not in plain


def _holds_a_site(evidence: Evidence, service: ComposeService) -> bool:
    """Return True for a service with nginx and a Python app in its own image."""
    image = service.build
    is_both = image is not None and "python" in image.base and "nginx" in image.packages
    return is_both and bool(evidence.sites) and bool(evidence.app_servers)


def _passwords_of_databases(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the first written password of each database; a usual one only where other machines reach the database."""
    for service in database_services(evidence):
        if service_is_dev(service, evidence):
            continue
        is_open = any(open_ports(service))
        for name, node, value in written_variables(service):
            plain = value.strip("\"'")
            written = (
                _PASSWORD.fullmatch(name) and plain and not _PLACEHOLDER.fullmatch(plain) and "$" not in plain
            )
            written = written and plain.upper() != name.upper()
            if not written or (not is_open and (len(plain) < 6 or _is_usual(service, plain))):
                continue
            reach = (
                "everybody who reaches the open port can log in"
                if is_open
                else "the database is open to whoever gets near it"
            )
            yield at_line(
                service.file,
                node.line,
                f"{name} is written in the compose file: everybody who can read the repository knows it, and {reach}",
                hint=f"{name}: ${{{name}}}  # from a file of variables that is not committed",
            )
            break


def _is_usual(service: ComposeService, password: str) -> bool:
    """Return True for a password of tutorials, or one that repeats the name of the user or the database."""
    others = {
        value.strip("\"'").lower()
        for name, _, value in written_variables(service)
        if not _PASSWORD.fullmatch(name)
    }
    return _USUAL.fullmatch(password) is not None or password.lower() in others


def _of_env_file(evidence: Evidence, service: ComposeService, name: str) -> tuple[str, int] | None:
    """Return the place where a committed file of variables turns a switch on, None if none does."""
    variables = (each for path in env_files(service) for each in lines_of_file(evidence, path))
    found = (each for each in variables if each.name == name and each.value.lower() in _TRUE)
    return next(((each.file, each.line) for each in found), None)


def _debug(evidence: Evidence, server: PythonServer) -> Iterator[Diagnostic]:
    service = server.service
    if (
        service is None
        or not has_nginx_in_front(evidence, server)
        or service_is_dev(service, evidence)
        or server.dev
    ):
        return
    for name in _DEBUG:
        node = next((node for each, node, _ in written_variables(service) if each == name), None)
        place = (service.file, node.line) if node else _of_env_file(evidence, service, name)
        if (
            place
            and server.start.environ.get(name, "").strip("\"'").lower() in _TRUE
            and _is_read(evidence, name)
        ):
            yield at_line(
                *place,
                f"{name} is on in the deployment: an error shows settings, paths and source code to visitors",
                hint=f"{name}=0",
            )


def _is_read(evidence: Evidence, name: str) -> bool:
    """Return True if Django's settings ask for the variable; without settings among the files that is unknown."""
    return any(
        "django" in each.text.lower() and re.search(rf"[\"']{name}[\"']", each.text)
        for each in evidence.python_files
    )


RULE = Rule("C008", "debug-or-secret-in-container", "warning", check)
