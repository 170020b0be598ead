"""Names: of the visitor's host that no server block or app takes, and of upstreams that are not resolved."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.facts.listens import server_block_names
from enuf.doctor.facts.nginx import directives_in
from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line, said_line
from enuf.doctor.live.front_said import finding_here, is_by_nginx, said_by_front, severity_of
from enuf.model.address import TcpAddress

_REFUSED = 111
_BAD_REQUEST = 400
_UNRESOLVED = re.compile(r"(?P<name>[\w.-]{1,253}) could not be resolved \((?P<number>\d+)")
_NO_RESOLVER = re.compile(r"no resolver defined to resolve (?P<name>[\w.-]{1,253})")
_UNTRUSTED = re.compile(
    r"Invalid HTTP_HOST header: '(?P<host>[^']{1,300})'|Host '(?P<other>[^']{1,300})' is not trusted"
)
_IN_BODY = re.compile(
    r"(?i)host (?:&#39;|'|&quot;|\")?[^<\s]{1,300} is not trusted|DisallowedHost|Invalid host header|Invalid Host Header"
)


def _of_same_name(case: LiveCase) -> Iterator[LiveProof]:
    """Prove that another server block has the same name, so that nginx ignores it."""
    route, host = case.route, case.evidence.requested.host.lower()
    if route.server is None or not route.by_name or case.reply.status < _BAD_REQUEST:
        return
    ignored = [each for each in route.beside if host in server_block_names(each.directive)]
    if not ignored or host not in server_block_names(route.server.directive):
        return
    used, other = route.server.directive, ignored[0].directive
    yield LiveProof(
        message=f"two server blocks have the name {host}: nginx uses the one at {used.file}:{used.line} and ignores the one at {other.file}:{other.line}",
        hint="keep one of the two, or give them different names; sudo nginx -t shows the conflict",
        evidence=(
            f"{used.file}:{used.line}: this server block answers",
            f"{other.file}:{other.line}: this one is ignored",
        ),
        file=other.file,
        line=other.line,
    )


def _of_unknown_host(case: LiveCase) -> Iterator[LiveProof]:
    """Prove that the default block refuses the host, or serves another site in the app's place."""
    route, requested = case.route, case.evidence.requested
    if route.server is None or route.by_name or not route.beside:
        return
    block = route.server.directive
    rejects = any(each.arg() == "on" for each in directives_in(block, "ssl_reject_handshake"))
    returned = next(
        (each for each in directives_in(block, "return") if each.arg().startswith(("4", "5"))), None
    )
    is_refused = case.reply.failure in ("closed", "tls") or case.reply.status >= _BAD_REQUEST
    if not is_refused or (returned is None and not (rejects and case.reply.failure == "tls")):
        return
    names = ", ".join(
        dict.fromkeys(name for each in route.beside for name in server_block_names(each.directive) if name)
    )
    line = returned.line if returned else block.line
    yield LiveProof(
        message=f"no server block at port {requested.port} has the name {requested.host}: the default one at {block.file}:{block.line} refuses it; "
        f"the others have {names or 'no name'}",
        hint=f"add {requested.host} to the server_name of your site, or ask for one of its names",
        evidence=(
            f"{block.file}:{line}: {'ssl_reject_handshake on' if returned is None else f'return {returned.arg()}'}",
        ),
        file=block.file,
        line=line,
    )


def _of_refusing_app(case: LiveCase) -> Iterator[LiveProof]:
    if case.reply.status != _BAD_REQUEST or is_by_nginx(case):
        return
    match = case.said.find(_UNTRUSTED) if case.is_said_by_server else None
    if match is None and not _IN_BODY.search(case.reply.body):
        return
    host = (match["host"] or match["other"]) if match else case.evidence.requested.host
    yield LiveProof(
        message=f"the app refuses the host {host} with 400: it is not among the names that the app takes",
        hint=f"ALLOWED_HOSTS (Django) or TRUSTED_HOSTS (Flask) with {host}; and proxy_set_header Host $http_host; so that the app sees the visitor's",
        evidence=(said_line(match.string),) if match else ("the answer: 400, and its page names the host",),
    )


def _of_unresolved_upstream(case: LiveCase) -> Iterator[LiveProof]:
    seen = said_by_front(case, "could not be resolved")
    match = _UNRESOLVED.search(seen.error.text) if seen else None
    if seen is None or match is None:
        return
    yield LiveProof(
        message=f"nginx asked its resolver for the upstream {match['name']} and got no address (answer {match['number']}): it answered 502",
        hint=f"getent hosts {match['name']} on this machine; then correct the name, or the resolver line in nginx's configuration",
        evidence=(log_line(seen),),
        severity=severity_of(seen),
    )


def _of_missing_resolver(case: LiveCase) -> Iterator[LiveProof]:
    seen = said_by_front(case, "no resolver defined to resolve")
    match = _NO_RESOLVER.search(seen.error.text) if seen else None
    if seen is None or match is None:
        return
    found = finding_here(case, "N067")
    yield LiveProof(
        finding=found,
        message=f"a pass with a variable makes nginx look up {match['name']} at every request, and no resolver is named: it answered 502",
        hint="resolver 127.0.0.53 valid=30s; in Docker: resolver 127.0.0.11; or write the name without a variable",
        evidence=(log_line(seen),),
        severity=severity_of(seen),
    )


def _of_ipv6(case: LiveCase) -> Iterator[LiveProof]:
    backend = case.backend
    seen = case.seen(lambda error: error.errno == _REFUSED and "[::1]" in error.upstream)
    if backend is None or seen is None or not isinstance(backend.address, TcpAddress):
        return
    if backend.address.host != "localhost" or not backend.listeners:
        return
    found = finding_here(case, "L010") or case.of_code("L010")
    listening = backend.listeners[0].address
    yield LiveProof(
        finding=found,
        message=f"localhost is two addresses: nginx tried [::1]:{backend.address.port}, where no process listens (errno 111); the app server listens at {listening}",
        hint=f"write 127.0.0.1:{backend.address.port} in place of localhost",
        evidence=(log_line(seen), f"/proc/net/tcp: a socket listens at {listening}"),
        severity=severity_of(seen),
    )


CAUSES = (
    Cause(code="N009", name="duplicate-server-name", severity="error", order=205, prove=_of_same_name),
    Cause(code="R028", name="host-not-served", severity="error", order=200, prove=_of_unknown_host),
    Cause(code="R029", name="host-refused-by-app", severity="error", order=640, prove=_of_refusing_app),
    Cause(
        code="R030",
        name="upstream-name-unresolved",
        severity="error",
        order=396,
        prove=_of_unresolved_upstream,
    ),
    Cause(
        code="N067", name="variable-without-resolver", severity="error", order=395, prove=_of_missing_resolver
    ),
    Cause(code="L010", name="localhost-ipv6-first", severity="error", order=385, prove=_of_ipv6),
)
