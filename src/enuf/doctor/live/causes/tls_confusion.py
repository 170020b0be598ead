"""HTTP where HTTPS is spoken and the other way round, and certificates that browsers refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.facts.nginx import directives_in
from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line, observed
from enuf.doctor.live.front_said import finding_here, said_by_front, seen_here, severity_of
from enuf.doctor.live.tls_facts import ServedCertificate, TlsFacts
from enuf.syntax.nginx_tree import ParsedDirective
from enuf.tls.names import uncovered

_BAD_REQUEST, _BAD_GATEWAY = 400, 502
_PLAIN_TO_TLS = re.compile("The plain HTTP request was sent to HTTPS port")
_NOT_TLS = re.compile(
    r"(?:wrong version number|record layer failure|packet length too long|http request)\)? ?while SSL handshaking to upstream"
)


def _certificate_line(case: LiveCase) -> ParsedDirective | None:
    server = case.route.server
    return next(iter(server.inherited("ssl_certificate")), None) if server else None


def _of_plain_request(case: LiveCase) -> Iterator[LiveProof]:
    if case.reply.status == _BAD_GATEWAY and case.backend and case.backend.wire == "tls":
        yield LiveProof(
            message="nginx speaks plain HTTP to a server behind it that speaks TLS: that one closes the connection, and nginx answers 502",
            hint="proxy_pass https:// in place of http://, or let the server behind speak plain HTTP on loopback",
            evidence=(observed(f"{case.backend.address}: {case.backend.answer}"),),
        )
    if case.reply.status != _BAD_REQUEST or not _PLAIN_TO_TLS.search(case.reply.body):
        return
    requested, evidence = case.evidence.requested, (observed(f"the answer: 400 {_PLAIN_TO_TLS.pattern}"),)
    if requested.scheme == "https" or (case.route.handler == "pass" and not _has_tls(case)):
        yield LiveProof(
            message="nginx speaks plain HTTP to a server behind it that speaks TLS: that one answers 400",
            hint="proxy_pass https:// in place of http://, or let the server behind speak plain HTTP on loopback",
            evidence=evidence,
        )
        return
    yield LiveProof(
        message=f"port {requested.port} speaks TLS, and the visitor asked it in plain HTTP: nginx answers 400",
        hint=f"ask for https://{requested.host_header}; to send such visitors on: error_page 497 =301 https://$http_host$request_uri;",
        evidence=evidence,
    )


def _has_tls(case: LiveCase) -> bool:
    server = case.route.server.directive if case.route.server else None
    return any("ssl" in each.args for each in directives_in(server, "listen"))


def _of_tls_request(case: LiveCase) -> Iterator[LiveProof]:
    facts = case.evidence.topic("tls", TlsFacts)
    requested = case.evidence.requested
    if facts is not None and facts.speaks_plain:
        evidence = (
            observed(f"port {requested.port} does not answer a TLS handshake, and answers plain HTTP"),
        )
        found = finding_here(case, "N020")
        if found is not None:
            yield LiveProof(finding=found, evidence=evidence, severity="error")
        else:
            yield LiveProof(
                message=f"port {requested.port} speaks plain HTTP, and the visitor asked it for TLS: the browser shows a protocol error",
                hint=f"listen {requested.port} ssl; with ssl_certificate and ssl_certificate_key; or ask for http://{requested.host}:{requested.port}/",
                evidence=evidence,
            )
        return
    seen = seen_here(case, lambda error: bool(_NOT_TLS.search(error.text)))
    if seen is not None:
        yield LiveProof(
            message="nginx speaks TLS to a server behind it that speaks plain HTTP: the handshake fails, and nginx answers 502",
            hint="proxy_pass http:// in place of https://",
            evidence=(log_line(seen),),
            severity=severity_of(seen),
        )


def _of_code(code: str, case: LiveCase) -> Iterator[LiveProof]:
    for proof in _of_tls_request(case):
        if (proof.finding.code if proof.finding else "R032") == code:
            yield proof


def _of_certificate(case: LiveCase) -> Iterator[LiveProof]:
    facts = case.evidence.topic("tls", TlsFacts)
    served = facts.certificate if facts else None
    if served is None:
        return
    host = case.evidence.requested.host
    fault = _fault(case, served, host)
    if fault is None:
        return
    message, hint, is_error = fault
    names = ", ".join(served.names[:5]) or "no name"
    line = _certificate_line(case)
    yield LiveProof(
        message=message,
        hint=hint,
        evidence=(
            f"the certificate: {names}; issued by {served.issuer or 'nobody'}; valid until {served.not_after}",
        ),
        file=line.file if line else "",
        line=line.line if line else 1,
        severity="error" if is_error else "warning",
    )


def _fault(case: LiveCase, served: ServedCertificate, host: str) -> tuple[str, str, bool] | None:
    """Return what is wrong with a certificate, the cure, and whether every browser refuses it."""
    now = case.evidence.host.now
    renew = "sudo certbot renew && sudo nginx -s reload; a renewed file counts only after the reload; with enuf: enuf cert renew"
    if served.expires_at < now:
        return (
            f"the certificate has expired: it was valid until {served.not_after}, and browsers refuse the site",
            renew,
            True,
        )
    if served.not_before > now:
        return (
            "the certificate is not valid yet: the clock of this machine is behind, or the certificate is from the future",
            "timedatectl",
            True,
        )
    if not _is_own_host(host) and uncovered((host,), served.names):
        names = ", ".join(served.names[:5]) or "no name"
        return (
            f"the certificate is for {names} and not for {host}: browsers refuse the site",
            f"a certificate with the name {host}: sudo certbot --nginx -d {host}; or the right ssl_certificate in the server block of {host}",
            True,
        )
    if served.is_chain_cut:
        return (
            "the certificate between the site's and its authority is not sent: browsers know many of them, while curl, phones and other servers refuse the site",
            "ssl_certificate with fullchain.pem in place of cert.pem",
            False,
        )
    return None


def _is_own_host(host: str) -> bool:
    """Return True for loopback: the owner looks from the machine itself, and no certificate has that name."""
    return host == "localhost" or host.startswith("127.") or host == "::1"


def _of_upstream_certificate(case: LiveCase) -> Iterator[LiveProof]:
    seen = said_by_front(
        case, "upstream SSL certificate verify error", "upstream SSL certificate does not match"
    )
    if seen is not None:
        yield LiveProof(
            message="nginx refuses the certificate of the server behind it, and answers 502",
            hint="proxy_ssl_name with the name in that certificate, proxy_ssl_trusted_certificate with its authority",
            evidence=(log_line(seen),),
            severity=severity_of(seen),
        )


CAUSES = (
    Cause(code="R031", name="plain-http-to-tls-port", severity="error", order=130, prove=_of_plain_request),
    Cause(
        code="N020",
        name="listen-443-without-ssl",
        severity="error",
        order=131,
        prove=lambda case: _of_code("N020", case),
    ),
    Cause(
        code="R032",
        name="tls-to-plain-port",
        severity="error",
        order=132,
        prove=lambda case: _of_code("R032", case),
    ),
    Cause(code="N024", name="certificate-refused", severity="error", order=135, prove=_of_certificate),
    Cause(
        code="R033",
        name="upstream-certificate-refused",
        severity="error",
        order=540,
        prove=_of_upstream_certificate,
    ),
)
