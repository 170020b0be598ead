"""Redirects without end, and redirects that lose the port."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from enuf.doctor.facts.nginx import params_in_force
from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import observed
from enuf.doctor.live.front_said import finding_here
from enuf.doctor.live.requested import parse_requested
from enuf.doctor.live.route import Route, chosen_route
from enuf.doctor.live.tls_facts import RedirectFacts, RedirectStep

_USUAL = {"http": 80, "https": 443}
_REDIRECTS = (301, 302, 303, 307, 308)


def _facts(case: LiveCase) -> RedirectFacts | None:
    return case.evidence.topic("redirects", RedirectFacts)


def _steps(facts: RedirectFacts) -> tuple[str, ...]:
    return tuple(
        observed(f"{each.url} answers {each.status}, Location: {each.location}") for each in facts.steps
    )


def _last_route(case: LiveCase, step: RedirectStep) -> Route:
    """Return the way of the request that closes the circle."""
    if case.site is None or step.url == case.url:
        return case.route
    address = case.reply.address.rpartition(":")[0].strip("[]") or "127.0.0.1"
    try:
        return chosen_route(case.site, parse_requested(step.url), address)
    except ValueError:
        return case.route


def _scheme_is_told(route: Route) -> bool:
    """Return True if the pass tells the app the scheme of the visitor."""
    match = route.passes[0].match
    names = {name.lower() for name in params_in_force(match, "proxy_set_header")}
    return "x-forwarded-proto" in names or bool(
        params_in_force(match).keys() & {"HTTPS", "UWSGI_SCHEME", "HTTP_X_FORWARDED_PROTO"}
    )


def _code_of(case: LiveCase, facts: RedirectFacts) -> str:
    """Return which cause a circle has: nginx itself, a pass that hides the scheme, or an app that does not read it."""
    step = facts.steps[-1]
    route = _last_route(case, step)
    if not route.passes or (
        step.is_by_front and not any(each.status and not each.is_by_front for each in facts.steps)
    ):
        return "N023"
    return "A005" if _scheme_is_told(route) else "N041"


_MESSAGES = {
    "N023": (
        "the redirect never ends: nginx's own lines send the visitor in a circle",
        'redirect to https:// only in the server block of port 80; behind a load balancer: if ($http_x_forwarded_proto = "http") { return 301 https://$host$request_uri; }',
    ),
    "N041": (
        "the redirect never ends: the app sends every visitor to https://, and nginx does not tell it who came that way",
        "proxy_set_header X-Forwarded-Proto $scheme; (uwsgi_pass: uwsgi_param HTTPS $https if_not_empty;)",
    ),
    "A005": (
        "the redirect never ends: nginx tells the app the visitor's scheme, and the app does not read it, so it redirects to https:// again and again",
        'Flask: ProxyFix(app.wsgi_app, x_proto=1); Django: SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https"); gunicorn: forwarded_allow_ips',
    ),
}


def _of_loop(code: str, case: LiveCase) -> Iterator[LiveProof]:
    facts = _facts(case)
    if facts is None or not facts.is_endless or _code_of(case, facts) != code:
        return
    route = _last_route(case, facts.steps[-1])
    directive = route.directive or (route.server.directive if route.server else None)
    message, hint = _MESSAGES[code]
    yield LiveProof(
        message=message,
        hint=hint,
        evidence=_steps(facts),
        file=directive.file if directive else "",
        line=directive.line if directive else 1,
    )


def _of_closed_port(case: LiveCase) -> Iterator[LiveProof]:
    facts = _facts(case)
    if facts is None or facts.is_endless or len(facts.steps) < 2 or facts.steps[-1].failure != "refused":
        return
    last = facts.steps[-1]
    found = finding_here(case, "N023")
    yield LiveProof(
        finding=found,
        message=f"every visitor is sent to {last.url}, and no program of this machine listens there: a browser shows an error, where curl without -L shows the redirect",
        hint="listen 443 ssl; with a certificate, as sudo certbot --nginx writes it; where a load balancer ends TLS, let it pass X-Forwarded-Proto and let nginx keep it",
        evidence=(*_steps(facts)[:-1], f"{last.url}: the connection was refused (errno 111)"),
        severity="warning",
    )


def _of_lost_port(case: LiveCase) -> Iterator[LiveProof]:
    requested, location = case.evidence.requested, case.reply.header("location")
    if case.reply.status not in _REDIRECTS or requested.port == _USUAL[requested.scheme]:
        return
    try:
        parts = urlsplit(location)
        port = parts.port
    except ValueError:
        return
    is_same_host = (parts.hostname or "").lower() == requested.host.lower()
    if not is_same_host or parts.scheme != requested.scheme or port not in (None, _USUAL[requested.scheme]):
        return
    evidence = (f"{case.url} answers {case.reply.status}, Location: {location[:300]}",)
    found = finding_here(case, "N013", "N042", "N069", "N084") or case.of_code("N013", "N042")
    if found is not None and found.code == "N013":
        yield LiveProof(finding=found, evidence=evidence, severity="error")
        return
    yield LiveProof(
        message=f"the redirect loses the port {requested.port}: $host has no port, so the app or nginx names the address without it, and the browser ends at port {_USUAL[requested.scheme]}",
        hint="uwsgi_param HTTP_HOST $http_host; behind include uwsgi_params, or proxy_set_header Host $http_host; for nginx's own redirects: absolute_redirect off;",
        evidence=evidence,
    )


def _of_upstream_name(case: LiveCase) -> Iterator[LiveProof]:
    """Prove that a redirect leads visitors to the name that only nginx uses for the app."""
    location = case.reply.header("location")
    host = location.partition("://")[2].partition("/")[0].lower()
    goals = [each.match.directive.arg() for each in case.route.passes]
    named = {goal.partition("://")[2].partition("/")[0].lower() for goal in goals}
    if not host or host == case.evidence.requested.host_header.lower() or host not in named:
        return
    evidence = (observed(f"Location: {location[:300]}"),)
    found = case.of_code("N015")
    if found is not None:
        yield LiveProof(finding=found, evidence=evidence, severity="error")


CAUSES = (
    Cause(
        code="N015", name="proxy-host-header-missing", severity="error", order=232, prove=_of_upstream_name
    ),
    Cause(
        code="N023",
        name="https-redirect-loop",
        severity="error",
        order=220,
        prove=lambda case: _of_loop("N023", case),
    ),
    Cause(
        code="N041",
        name="scheme-header-missing",
        severity="error",
        order=221,
        prove=lambda case: _of_loop("N041", case),
    ),
    Cause(
        code="A005",
        name="proxyfix-missing",
        severity="error",
        order=222,
        prove=lambda case: _of_loop("A005", case),
    ),
    Cause(code="N013", name="redirect-loses-port", severity="error", order=230, prove=_of_lost_port),
    Cause(code="R034", name="redirect-to-closed-port", severity="warning", order=235, prove=_of_closed_port),
)
