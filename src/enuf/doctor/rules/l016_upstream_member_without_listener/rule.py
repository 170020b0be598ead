"""A member of an upstream at which nothing listens, beside one that answers."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Pass, Server
from enuf.doctor.facts.app_servers import is_loopback_host
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.machine import run_together
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.model.address import TcpAddress

_NOT_USED = ("down", "backup")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report members at another loopback address of the port that answers, or at a silent port of its container."""
    by_pass: dict[int, list[Pass]] = {}
    for each in evidence.passes:
        if each.named_by is not each.match.directive:
            by_pass.setdefault(id(each.match.directive), []).append(each)
    seen: set[int] = set()
    for members in by_pass.values():
        answering = {id(pair.site_pass): pair.server for pair in evidence.pairs if pair.listener}
        live = [(each, answering[id(each)]) for each in members if id(each) in answering]
        for member in members:
            other = next((one for one, server in live if _is_silent_beside(member, one, server)), None)
            if id(member) in answering or other is None or id(member.named_by) in seen:
                continue
            if is_template(evidence, member.named_by.file) or set(member.named_by.args) & set(_NOT_USED):
                continue
            if any(pair.site_pass is member and pair.bind for pair in evidence.app_pairs):
                continue
            seen.add(id(member.named_by))
            yield at_directive(
                member.named_by,
                f"the server listens at {other.text}, and nothing does at {member.text}: nginx tries it again and again, "
                "and a request that must not be repeated, such as a POST, may fail with 502",
                hint="remove the line: more workers belong into uWSGI (processes = 4)",
                fix=by_hand("remove the member, or start a server there"),
            )


def _is_silent_beside(member: Pass, other: Pass, server: Server) -> bool:
    """Return True if the server that answers at one member certainly does not at the other, nor does another one."""
    address, right = member.address, other.address
    if not isinstance(address, TcpAddress) or not isinstance(right, TcpAddress) or not server.is_complete:
        return False
    if any(listener.address is None for listener in server.listeners) or server.emperor is not None:
        return False
    loopback = is_loopback_host(address.host) and is_loopback_host(right.host)
    if loopback and address.port == right.port and {address.host, right.host} != {"localhost", "127.0.0.1"}:
        return "::1" not in (address.host, right.host)
    return address.host == right.host and any(
        address.host in far.names for _, far in run_together(member.machines, server.machines)
    )


RULE = Rule("L016", "upstream-member-without-listener", "warning", check)
