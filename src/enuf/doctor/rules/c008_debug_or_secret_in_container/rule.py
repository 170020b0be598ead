"""Django's debug mode in the served container, or a secret written into the image or the compose file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonServer
from enuf.doctor.facts.app_servers import has_nginx_in_front, service_is_dev
from enuf.doctor.read.images import read_image
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.syntax.yaml_outline import YamlNode

_DEBUG = ("DEBUG", "DJANGO_DEBUG", "APP_DEBUG", "DJANGO_DEBUG_MODE")
_TRUE = ("1", "true", "yes", "on")
_SECRET = re.compile(r"(?:^|_)(SECRET_KEY|SECRET|PASSWORD|PASSWD|TOKEN|API_KEY|PRIVATE_KEY|ACCESS_KEY)$")
_KEY = re.compile(r"(?:^|_)(?:SECRET_KEY|SECRET|PRIVATE_KEY|SECRET_ACCESS_KEY)$")
_PLACEHOLDER = re.compile(
    r"<.*>|\$.*|\{\{.*|x{3,}|\*{3,}|.*change[-_ ]?(?:me|this|it).*|(?:your|my)[-_ ].*|.*replace[-_ ]?(?:me|this|with).*|"
    r".*placeholder.*|.*insert.*here.*|.*example.*|dummy|todo|none|null|unset|true|false|",
    re.IGNORECASE,
)
"""What stands for a secret that is still to be written."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report debug switches of services behind nginx, and secrets in ENV of an image that serves an app."""
    for server in evidence.app_servers:
        yield from _debug(evidence, server)
        yield from _written_secrets(evidence, server)
    for file in evidence.of_kind("dockerfile"):
        image = read_image(file.path, file.text)
        for name, value in image.environ.items() if image else ():
            if (
                image
                and _SECRET.search(name.upper())
                and "$" not in value
                and not _PLACEHOLDER.fullmatch(value)
                and len(value) > 3
            ):
                yield at_line(
                    file.path,
                    image.environ_lines[name],
                    f"{name} is part of the image: everybody who can pull it can read it with docker history",
                    hint="environment: or env_file: of the service, or a secret that is mounted",
                )


def _written_secrets(evidence: Evidence, server: PythonServer) -> Iterator[Diagnostic]:
    """Report the key of an app behind nginx that stands in its compose file."""
    service = server.service
    if service is None or not has_nginx_in_front(evidence, server) or service_is_dev(service, evidence):
        return
    environment = service.node.at("environment")
    pairs = {name: node.text for name, node in (environment.members if environment else {}).items()}
    pairs |= {
        each.text.partition("=")[0]: each.text.partition("=")[2] for each in service.node.each("environment")
    }
    for name, value in pairs.items():
        plain = value.strip("\"'")
        node = _variable(environment, name)
        is_secret = (
            len(plain) > 7 and not _PLACEHOLDER.fullmatch(plain) and "$" not in plain and "{{" not in plain
        )
        if node and _KEY.search(name.upper()) and is_secret:
            yield at_line(
                service.file,
                node.line,
                f"{name} is written in the compose file: everybody who can read the repository can sign sessions and tokens",
                hint="a value from the environment, or from an env_file that is not committed",
            )


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
        node = _variable(service.node.at("environment"), name)
        if (
            node
            and server.start.environ.get(name, "").strip("\"'").lower() in _TRUE
            and _is_read(evidence, name)
        ):
            yield at_line(
                service.file,
                node.line,
                f"{name} is on in the deployment: an error shows settings, paths and source code to visitors",
                hint=f"{name}=0",
            )


def _variable(environment: YamlNode | None, name: str) -> YamlNode | None:
    if environment is None:
        return None
    listed = next((each for each in environment.items if each.text.partition("=")[0] == name), None)
    return environment.members.get(name) or listed


def _is_read(evidence: Evidence, name: str) -> bool:
    """Return True if Django's settings ask for the variable; without settings among the files that is unknown."""
    return any(
        "django" in each.text.lower() and re.search(rf"[\"']{name}[\"']", each.text)
        for each in evidence.python_files
    )


RULE = Rule("C008", "debug-or-secret-in-container", "warning", check)
