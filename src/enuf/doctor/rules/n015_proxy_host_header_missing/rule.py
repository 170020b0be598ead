"""`proxy_pass` without a Host header: the app sees the upstream's name as its own (F150)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Pair, Pass
from enuf.doctor.facts.links import is_near
from enuf.doctor.facts.nginx import beside, has_unseen_include, is_template, is_whole_site, params
from enuf.doctor.rule import Rule, Sign, at_directive
from enuf.model.address import TcpAddress

_LINE = "proxy_set_header Host $http_host;"
_NAME = re.compile(r"https?://([^/:$]+)")


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every proxy_pass to an app of one's own, beside which no Host header is set."""
    paired = {id(pair.way) for pair in evidence.pairs if pair.listener}
    seen = {id(pair.way.found.directive) for pair in evidence.pairs if _is_another_fault(pair)}
    for way in evidence.passes:
        directive = way.found.directive
        if directive.name != "proxy_pass" or id(directive) in seen or not _is_own(way):
            continue
        if not is_whole_site(way.site) or has_unseen_include(way.site, directive.file):
            continue
        if any(name.lower() == "host" for name in params(way.found, "proxy_set_header")):
            continue
        if is_template(evidence, directive.file):
            continue
        seen.add(id(directive))
        match = _NAME.match(directive.arg())
        shown = match[1] if match and match[1] != "unix" else "localhost"
        told = "Werkzeug refuses a name with _ and redirects to http:///" if "_" in shown else "links name it"
        yield at_directive(
            directive,
            f"the app is told that its host is {shown}, not what the visitor typed: {told}",
            severity="warning" if "_" in shown or id(way) in paired else "advice",
            hint=_LINE,
            fix=beside(evidence, way.found, "proxy_set_header", _LINE),
        )


def _is_another_fault(pair: Pair) -> bool:
    """True for a pass to a socket that knows no HTTP: its header is the least of it."""
    return pair.listener is not None and pair.listener.protocol == "uwsgi"


def _is_own(way: Pass) -> bool:
    """True for an app on this machine, of an upstream written here or with a name without dots, over plain HTTP."""
    if way.found.directive.arg().startswith("https:"):
        return False
    if way.named_by is not way.found.directive or is_near(way.address):
        return True
    return isinstance(way.address, TcpAddress) and "." not in way.address.host and ":" not in way.address.host


RULE = Rule("N015", "proxy-host-header-missing", "warning", check)
