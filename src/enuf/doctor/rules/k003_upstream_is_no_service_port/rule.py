"""nginx in a cluster that passes to a port which the Service does not have, or to a Service that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.container import EMBEDDED_SIGN
from enuf.doctor.evidence import Evidence, Pass
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.facts.pods import pod_of_config, pod_ports
from enuf.doctor.rule import Diagnostic, Rule, at_directive
from enuf.model.address import TcpAddress

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every pass of a site in a ConfigMap whose port nothing answers."""
    for each in evidence.passes:
        address = each.address
        inside = EMBEDDED_SIGN in each.site.file and not is_template(evidence, each.site.file)
        if not inside or not isinstance(address, TcpAddress):
            continue
        if address.host in _LOOPBACK:
            yield from _sidecar(evidence, each, address)
        else:
            yield from _service(evidence, each, address)


def _service(evidence: Evidence, site_pass: Pass, address: TcpAddress) -> Iterator[Diagnostic]:
    services = [each for each in evidence.cluster_services if each.name == address.host.partition(".")[0]]
    numbers = {port.number for service in services for port in service.ports}
    if services and None not in numbers and address.port not in numbers:
        shown = ", ".join(str(number) for number in sorted(filter(None, numbers)))
        yield at_directive(
            site_pass.named_by,
            f"the Service {services[0].name} has no port {address.port}, only {shown}: 504 after the connect timeout",
            hint=f"{address.host}:{min(filter(None, numbers), default=address.port)}",
        )


def _sidecar(evidence: Evidence, site_pass: Pass, address: TcpAddress) -> Iterator[Diagnostic]:
    pod = pod_of_config(evidence, site_pass.site.file)
    ports = pod_ports(evidence, pod) if pod else None
    if pod and ports is not None and address.port not in ports:
        yield at_directive(
            site_pass.named_by,
            f"nothing in the pod {pod.name} listens on port {address.port}, only on {', '.join(map(str, sorted(ports)))}: 502",
            hint=f"{address.host}:{min(ports)}",
        )


RULE = Rule("K003", "upstream-is-no-service-port", "error", check)
