"""A name in proxy_pass or upstream that no service of the compose file has."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.container import ComposeService
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import service_of_site
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive
from enuf.model.address import TcpAddress
from enuf.syntax.yaml_outline import read_outline


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every plain host name that no service and no upstream block of another file, as of a template, has."""
    names = frozenset(name for service in evidence.services for name in service.names)
    names |= {service.name for service in evidence.cluster_services}
    names |= {match.directive.arg() for site in evidence.sites for match in site.find("upstream")}
    for each in evidence.passes:
        address, directive = each.address, each.named_by
        if not isinstance(address, TcpAddress) or not _is_plain(address.host) or address.host in names:
            continue
        here = service_of_site(evidence, each.site.file)
        if here is None or _may_know_more(evidence, here) or is_template(evidence, directive.file):
            continue
        others = sorted(
            service.name for service in evidence.services if service.file == here.file and service is not here
        )
        yield at_directive(
            directive,
            f"no service is named {address.host}: nginx does not start, `host not found in upstream`",
            severity=None if others else "warning",  # the file of the app may be given with a second -f
            hint=f"one of: {', '.join(others[:6])}" if others else "",
        )


def _is_plain(host: str) -> bool:
    return host.replace("-", "").replace("_", "").isalnum() and not host.isdigit() and host != "localhost"


def _may_know_more(evidence: Evidence, service: ComposeService) -> bool:
    """Return True if names may come from elsewhere: links, networks of other projects, the host."""
    if service.shares_host_network or any(
        service.node.at(key) for key in ("extra_hosts", "external_links", "links", "dns")
    ):
        return True
    file = evidence.file(service.file)
    outline = read_outline(file.text) if file else None
    networks = outline.at("networks") if outline else None
    external = any(
        each.at("external") or each.at("name") for each in (networks.members if networks else {}).values()
    )
    included = outline is not None and outline.at("include") is not None
    return external or included or "extends" in (file.text if file else "")


RULE = Rule("C004", "upstream-name-unknown", "error", check)
