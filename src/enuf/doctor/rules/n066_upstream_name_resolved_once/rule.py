"""A compose service by its name in nginx: the address is looked up once, when nginx starts."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Pass
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive
from enuf.model.address import TcpAddress
from enuf.syntax.yaml_outline import read_outline


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every pass to a service of a compose file whose address nginx never asks for again."""
    services = _services(evidence)
    seen: set[int] = set()
    for site_pass in evidence.passes if services else ():
        directive = site_pass.named_by
        address = site_pass.address
        if not isinstance(address, TcpAddress) or address.host not in services or id(directive) in seen:
            continue
        if (
            "resolve" in directive.args
            or is_template(evidence, directive.file)
            or not _is_near(site_pass, services)
        ):
            continue
        seen.add(id(directive))
        yield at_directive(
            directive,
            f"nginx looks {address.host} up once, when it starts: a container that is made anew gets another address, and "
            "nginx answers 502 until it is reloaded",
            hint=f"resolver 127.0.0.11 valid=10s; set $app {address.host}:{address.port}; "
            f"{site_pass.match.directive.name} {'http://' if site_pass.protocol == 'http' else ''}$app;",
            evidence=(f"{services[address.host]}: service {address.host}",),
        )


def _services(evidence: Evidence) -> dict[str, str]:
    """Return the names of the services of compose files, each with its file."""
    names: dict[str, str] = {}
    for file in evidence.of_kind("compose"):
        services = read_outline(file.text).at("services")
        names.update((name, file.path) for name in (services.members if services else {}))
    return names


def _is_near(site_pass: Pass, services: dict[str, str]) -> bool:
    """Return True if a compose file lies at or above the site's folder."""
    folder = posixpath.dirname(site_pass.named_by.file)
    return any(
        f"{folder}/".startswith(f"{posixpath.dirname(path).rstrip('/')}/") for path in services.values()
    )


RULE = Rule("N066", "upstream-name-resolved-once", "advice", check)
