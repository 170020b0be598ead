"""An app with WebSockets behind a proxy_pass that does not hand the Upgrade header on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import AppPair, Evidence, PythonFile
from enuf.doctor.facts.app_servers import bound_pairs
from enuf.doctor.facts.nginx import has_unseen_include, is_template, params_in_force
from enuf.doctor.rule import Diagnostic, Rule, at_directive

_CERTAIN = re.compile(
    r"^[ \t]*(?:from|import)[ \t]+(?:flask_sock|channels\.generic\.websocket|simple_websocket|geventwebsocket|flask_sockets)\b|"
    r"^[ \t]*@\w+\.websocket(?:_route)?\(|^[ \t]*(?:from|import)[ \t]+starlette\.websockets\b|^[ \t]*[\"']websocket[\"'][ \t]*:",
    re.MULTILINE,
)
_LIKELY = re.compile(r"^[ \t]*(?:from|import)[ \t]+(?:flask_socketio|socketio)\b", re.MULTILINE)
_LINES = (
    'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";'
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report one pass to each app with WebSockets, if no pass to the app hands the Upgrade header on."""
    pairs = [pair for pair in bound_pairs(evidence) if pair.site_pass.match.directive.name == "proxy_pass"]
    if not pairs:
        return  # before all sources are searched
    certain, likely = _first(evidence, _CERTAIN), _first(evidence, _LIKELY)
    source = certain or likely
    if source is None:
        return
    if any(_upgrades(pair) or _is_open(evidence, pair) for pair in pairs) or _upgrades_elsewhere(evidence):
        return
    for pair in sorted(pairs, key=_likeliest)[:1]:
        yield at_directive(
            pair.site_pass.match.directive,
            "the app has WebSockets, and nginx drops the Upgrade header on the way: the handshake fails with 400 or 404",
            severity=None if certain else "advice",
            hint=_LINES,
            evidence=(source.path,),
        )


def _upgrades_elsewhere(evidence: Evidence) -> bool:
    """Return True if a location for sockets of any site hands the header on, to whatever address."""
    for site_pass in evidence.passes:
        location = site_pass.match.around("location")
        path = location.args[-1] if location and location.args else ""
        names = {name.lower() for name in params_in_force(site_pass.match, "proxy_set_header")}
        if "upgrade" in names and ("ws" in path or "socket" in path):
            return True
    return False


def _likeliest(pair: AppPair) -> int:
    """Return 0 for a location named after sockets, 1 for the one of the whole app, 2 for others."""
    location = pair.site_pass.match.around("location")
    path = location.args[-1] if location and location.args else ""
    return 0 if "ws" in path or "socket" in path else 1 if path == "/" else 2


def _first(evidence: Evidence, pattern: re.Pattern[str]) -> PythonFile | None:
    sources = (each for each in evidence.python_files if "/test" not in each.path)
    return next((each for each in sources if pattern.search(each.text)), None)


def _upgrades(pair: AppPair) -> bool:
    return any(
        name.lower() == "upgrade" for name in params_in_force(pair.site_pass.match, "proxy_set_header")
    )


def _is_open(evidence: Evidence, pair: AppPair) -> bool:
    file = pair.site_pass.match.directive.file
    return has_unseen_include(pair.site_pass.site, file) or is_template(evidence, file)


RULE = Rule("N040", "websocket-headers-missing", "warning", check)
