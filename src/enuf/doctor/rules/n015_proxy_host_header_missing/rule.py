"""A `proxy_pass` without a Host header: the app takes the upstream's name for its own (F150)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Pair, Pass
from enuf.doctor.facts.languages import is_of_another_language
from enuf.doctor.facts.links import is_local, runs_another_server
from enuf.doctor.facts.listens import listens
from enuf.doctor.facts.nginx import (
    add_beside,
    has_unseen_include,
    is_complete_site,
    is_template,
    params_in_force,
)
from enuf.doctor.rule import Diagnostic, Rule, at_directive
from enuf.model.address import TcpAddress

_USUAL_PORTS = frozenset((80, 443))
_ASKS = "the app must know the names that visitors type: Django's ALLOWED_HOSTS, SERVER_NAME, trusted hosts"
_NAME = re.compile(r"https?://([^/:$]+)")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every proxy_pass to an app of the project without a Host header in force."""
    paired = {id(pair.site_pass) for pair in evidence.pairs if pair.listener}
    paired |= {id(app_pair.site_pass) for app_pair in evidence.app_pairs if app_pair.bind}
    seen = {id(pair.site_pass.match.directive) for pair in evidence.pairs if _speaks_uwsgi(pair)}
    for site_pass in evidence.passes:
        directive = site_pass.match.directive
        if directive.name != "proxy_pass" or id(directive) in seen or not _is_own_app(site_pass):
            continue
        if not is_complete_site(site_pass.site) or has_unseen_include(site_pass.site, directive.file):
            continue
        if any(name.lower() == "host" for name in params_in_force(site_pass.match, "proxy_set_header")):
            continue
        if is_template(evidence, directive.file) or is_of_another_language(evidence, site_pass):
            continue
        seen.add(id(directive))
        match = _NAME.match(directive.arg())
        shown = match[1] if match and match[1] != "unix" else "localhost"
        consequence = (
            "Werkzeug refuses a name with _ and redirects to http:///" if "_" in shown else "links name it"
        )
        line = f"proxy_set_header Host {_host(site_pass)};"
        yield at_directive(
            directive,
            f"the app sees {shown} as its host, not the name that the visitor typed: {consequence}",
            severity="warning" if "_" in shown or id(site_pass) in paired else "advice",
            hint=line,
            fix=add_beside(evidence, site_pass.match, "proxy_set_header", line, asks=_ASKS),
        )


def _host(site_pass: Pass) -> str:
    """Return the name that the visitor typed, with the port where it is no usual one.

    $http_host would hand on whatever the client sends, also for a site that answers to every name.
    """
    server = site_pass.match.around("server")
    ports = {listen.port for listen in listens(server)} if server else set()
    return "$host" if not ports or ports & _USUAL_PORTS else "$host:$server_port"


def _speaks_uwsgi(pair: Pair) -> bool:
    """Return True for a pass to a socket that does not speak HTTP, where the header matters least."""
    return pair.listener is not None and pair.listener.protocol == "uwsgi" and not runs_another_server(pair)


def _is_own_app(site_pass: Pass) -> bool:
    """Return True for an app of the project.

    That is one on this machine, of an upstream in these files or with a name without dots, over plain HTTP.
    """
    if site_pass.match.directive.arg().startswith("https:"):
        return False
    if site_pass.named_by is not site_pass.match.directive or is_local(site_pass.address):
        return True
    return (
        isinstance(site_pass.address, TcpAddress)
        and "." not in site_pass.address.host
        and ":" not in site_pass.address.host
    )


RULE = Rule("N015", "proxy-host-header-missing", "warning", check)
