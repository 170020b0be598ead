"""Answers that curl shows and a browser refuses: cookies, CORS, strict transport. Proven from the answer's own headers."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.cookie_facts import CookieFacts
from enuf.doctor.live.front_said import block_of, place_of
from enuf.syntax.nginx_tree import ParsedDirective

_ORIGIN = "access-control-allow-origin"
_KEPT = (200, 201, 204, 206, 301, 302, 303, 304, 307, 308)
"""The statuses with which nginx sends the lines of add_header without `always`."""


def _of_cookie(case: LiveCase) -> Iterator[LiveProof]:
    cookie = case.evidence.topic("cookies", CookieFacts)
    if cookie is None:
        return
    requested = case.evidence.requested
    fault = _cookie_fault(cookie, requested.scheme, requested.host.lower())
    if fault is not None:
        message, hint = fault
        attributes = [
            word
            for word, is_there in (
                ("Secure", cookie.is_secure),
                (f"SameSite={cookie.same_site}", cookie.same_site),
                (f"Domain={cookie.domain}", cookie.domain),
                (f"Path={cookie.path}", cookie.path),
            )
            if is_there
        ]
        yield LiveProof(
            message=message,
            hint=hint,
            evidence=(f"the answer: Set-Cookie: {cookie.name}; {'; '.join(attributes)}",),
            severity="warning",
        )


def _cookie_fault(cookie: CookieFacts, scheme: str, host: str) -> tuple[str, str] | None:
    domain = cookie.domain.lstrip(".")
    if cookie.is_secure and scheme == "http" and host not in ("localhost", "127.0.0.1"):
        return (
            f"the cookie {cookie.name} is Secure, and the site is asked over http://: browsers drop it, so a login does not last; curl keeps it",
            "serve the site over https://; or SESSION_COOKIE_SECURE = False as long as it is plain HTTP",
        )
    if cookie.same_site == "none" and not cookie.is_secure:
        return (
            f"the cookie {cookie.name} has SameSite=None without Secure: browsers drop it",
            "Secure beside SameSite=None, or SameSite=Lax",
        )
    if domain and host != domain and not host.endswith(f".{domain}"):
        return (
            f"the cookie {cookie.name} is for the domain {domain}, and the site is {host}: browsers drop it",
            "SESSION_COOKIE_DOMAIN unset, or the domain of the site",
        )
    if cookie.name.startswith("__Host-") and (not cookie.is_secure or domain or cookie.path != "/"):
        return (
            f"the name {cookie.name} asks for Secure, Path=/ and no Domain: browsers drop it without",
            "Secure, Path=/ and no Domain",
        )
    return None


def _of_origin(case: LiveCase) -> Iterator[LiveProof]:
    """Prove that a CORS header is sent twice, or is lost with an error."""
    values = [value for name, value in case.reply.headers if name == _ORIGIN]
    line = _added(case)
    if "," in "".join(values) or len(values) > 1:
        file, number = place_of(line, case)
        yield LiveProof(
            message="the answer allows two origins at once: the app and nginx both add Access-Control-Allow-Origin, and browsers refuse such an answer",
            hint="keep one of the two: remove add_header Access-Control-Allow-Origin, or: uwsgi_hide_header Access-Control-Allow-Origin;",
            evidence=(f"the answer: {_ORIGIN}: {', '.join(values)[:200]}",),
            file=file,
            line=number,
        )
        return
    if line is None or values or not case.reply.status or case.reply.status in _KEPT:
        return
    yield LiveProof(
        message=f"nginx leaves Access-Control-Allow-Origin out of an answer with {case.reply.status}: the browser shows a CORS error in place of the real one, and curl shows the real one",
        hint=f"add_header {' '.join(line.args)} always;",
        evidence=(
            f"{line.file}:{line.line}: {line.name} {' '.join(line.args)}",
            f"the answer: {case.reply.status} without {_ORIGIN}",
        ),
        file=line.file,
        line=line.line,
        severity="warning",
    )


def _added(case: LiveCase) -> ParsedDirective | None:
    """Return the line that adds the CORS header, unless it adds it to every answer."""
    block = block_of(case)
    lines = block.inherited("add_header") if block else ()
    return next(
        (each for each in lines if each.arg().lower() == _ORIGIN and "always" not in each.args[2:]), None
    )


CAUSES = (
    Cause(code="R039", name="cookie-refused-by-browser", severity="warning", order=910, prove=_of_cookie),
    Cause(code="R040", name="cors-refused-by-browser", severity="error", order=915, prove=_of_origin),
)
