"""A published port that the app never learns of, because nginx passes `$host` on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import bound_pairs, service_is_dev, service_of_site
from enuf.doctor.facts.listens import listens
from enuf.doctor.facts.nginx import params_in_force
from enuf.doctor.rule import Diagnostic, Rule, at_directive

_USUAL = (80, 443)
_OLD_PYTHON = re.compile(r"python:3\.[0-7](?![0-9])")
"""Images that have no Django 4, which needs Python 3.8."""
_OLD_DJANGO = re.compile(r"^[ \t]*django[ \t]*[=~]=[ \t]*[123]\.", re.MULTILINE | re.IGNORECASE)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every `Host $host` behind a published port that is neither 80 nor 443."""
    for pair in bound_pairs(evidence):
        match = pair.site_pass.match
        here = service_of_site(evidence, pair.site_pass.site.file)
        header = next(
            (
                line
                for name, line in params_in_force(match, "proxy_set_header").items()
                if name.lower() == "host"
            ),
            None,
        )
        server = match.around("server")
        if (
            here is None
            or header is None
            or server is None
            or header.arg(1).strip("\"'") not in ("$host", "$server_name")
        ):
            continue
        inner = {listen.port for listen in listens(server)}
        outer = [port.outer for port in here.ports if port.inner in inner and port.outer]
        if not outer or any(port in _USUAL for port in outer):
            continue
        refused = _refuses_forms(evidence) and not service_is_dev(here, evidence)
        yield at_directive(
            header,
            f"visitors type port {outer[0]} and the app sees the host without it: "
            + (
                "Django refuses every form (403, Origin checking failed)"
                if refused
                else "absolute links lose the port"
            ),
            1,
            severity="warning" if refused else None,
            hint="proxy_set_header Host $http_host;",
        )


def _refuses_forms(evidence: Evidence) -> bool:
    """Return True for Django 4 and later that checks the origin of forms and trusts no other one."""
    text = "\n".join(each.text for each in evidence.python_files if "csrf" in each.text.lower())
    versions = "\n".join(file.text for file in evidence.of_kind("packages"))
    return (
        "CsrfViewMiddleware" in text
        and "CSRF_TRUSTED_ORIGINS" not in text
        and not _OLD_DJANGO.search(versions)
        and not any(_OLD_PYTHON.search(each.image) for each in evidence.machines)
    )


RULE = Rule("N042", "host-loses-published-port", "advice", check)
