"""A Host with a port written down that visitors do not use: the app's links lead to that port."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.listens import listens
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.facts.secure_listens import is_secure
from enuf.doctor.rule import Diagnostic, Rule, at_directive, write_argument

_FIXED = re.compile(r"(\$host|\$http_host|\$server_name):(\d{1,5})")
_NAMES = ("host", "http_host", "x-forwarded-host", "http_x_forwarded_host")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every Host header with a port at which the server does not listen."""
    for site in evidence.sites:
        for match in site.find("proxy_set_header", "uwsgi_param"):
            directive = match.directive
            found = _FIXED.fullmatch(directive.arg(1))
            server = match.around("server")
            if found is None or server is None or directive.arg().lower() not in _NAMES:
                continue
            if is_template(evidence, directive.file):
                continue
            ports = {each.port for each in listens(server)}
            wrong_scheme = found[2] == "80" and any(is_secure(each) for each in listens(server))
            if (int(found[2]) in ports and not wrong_scheme) or _is_published(evidence, found[2]):
                continue
            right = "$http_host"
            yield at_directive(
                directive,
                f"the app takes :{found[2]} for its port, and visitors use {', '.join(map(str, sorted(ports))) or 'another one'}: "
                "redirects and absolute links lead to the wrong port",
                1,
                hint=f"{directive.name} {directive.arg()} {right};",
                fix=write_argument(directive, 1, right, safe=False),
            )


def _is_published(evidence: Evidence, port: str) -> bool:
    """Return True for a port that visitors use although the server listens on another one."""
    mapped = re.compile(rf"(?<!\d){port}:\d")
    return port == "443" or any(mapped.search(file.text) for file in evidence.of_kind("compose"))


RULE = Rule("N084", "host-with-fixed-port", "warning", check)
