"""nginx in a cluster that passes to a name which no Service of the manifests has."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.container import EMBEDDED_SIGN
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive
from enuf.model.address import TcpAddress


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every plain name that a site in a ConfigMap passes to, beside Services with other names."""
    for each in evidence.passes:
        address, manifest = each.address, each.site.file.partition(EMBEDDED_SIGN)[0]
        if EMBEDDED_SIGN not in each.site.file or not isinstance(address, TcpAddress):
            continue
        folder = posixpath.dirname(manifest)
        names = sorted(
            service.name for service in evidence.cluster_services if posixpath.dirname(service.file) == folder
        )
        if not names or not _is_plain(address.host) or is_template(evidence, each.site.file):
            continue
        if not _is_named(evidence, address.host):
            yield at_directive(
                each.named_by,
                f"no Service beside this manifest is named {address.host}: nginx ends with `host not found in upstream`",
                hint=f"one of: {', '.join(names[:6])}",
            )


def _is_plain(host: str) -> bool:
    return host.replace("-", "").isalnum() and not host.isdigit() and host != "localhost"


def _is_named(evidence: Evidence, host: str) -> bool:
    """Return True if a Service has the name, also one of another folder, of a chart or of the type ExternalName."""
    if any(service.name == host for service in evidence.cluster_services):
        return True
    texts = (file.text for file in evidence.of_kind("kubernetes") if "Service" in file.text)
    return any(f"name: {host}" in text or "{{" in text for text in texts)


RULE = Rule("K006", "upstream-is-no-service", "warning", check)
