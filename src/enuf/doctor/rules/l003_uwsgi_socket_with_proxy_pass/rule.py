"""HTTP spoken to a socket that expects the uwsgi protocol."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Listener, Pair, Pass
from enuf.doctor.facts.links import (
    has_matching_protocol,
    has_site_of_the_same_protocol,
    is_certain_match,
    runs_another_server,
)
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.model.address import TcpAddress
from enuf.model.finding import Edit, Fix


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every proxy_pass to the address of a `socket` option.

    Where a container that the name leads to may run another server, because no command starts this uWSGI, a fix would guess.
    """
    for pair in evidence.pairs:
        listener, directive = pair.listener, pair.site_pass.match.directive
        if listener is None or directive.name != "proxy_pass" or listener.protocol != "uwsgi":
            continue
        if has_site_of_the_same_protocol(evidence, pair):
            continue
        if has_matching_protocol(evidence, pair) or is_template(evidence, directive.file):
            continue
        if _is_named_elsewhere(evidence, pair):
            continue
        if runs_another_server(pair) or _has_http_at_this_port(pair, listener):
            continue
        corrected = _corrected(pair.site_pass)
        is_started = pair.server.start is not None or not pair.site_pass.machines
        yield at_directive(
            directive,
            "nginx speaks HTTP here, and uWSGI's socket expects the uwsgi protocol: 502, and uWSGI logs "
            "`invalid request block size: 21573`",
            severity="error"
            if is_started and is_certain_match(pair) and not listener.option.conditional
            else None,
            hint=corrected or "include uwsgi_params; uwsgi_pass ...;",
            fix=_fix(pair.site_pass, corrected if is_started else ""),
            evidence=(
                f"{listener.option.written.file}:{listener.option.written.line}: "
                f"{listener.option.key} = {listener.option.value}",
            ),
        )


def _is_named_elsewhere(evidence: Evidence, pair: Pair) -> bool:
    """Return True if the pass names a service that is not built from the folder of this uWSGI, as another one is."""
    address, path = pair.site_pass.address, pair.server.config.main_file
    if not isinstance(address, TcpAddress) or pair.server.machines:
        return False
    named = [each for each in evidence.services if address.host in each.names]
    around = [each for each in evidence.services if each.context and path.startswith(f"{each.context}/")]
    return bool(named) and bool(around) and not any(each in around for each in named)


def _has_http_at_this_port(pair: Pair, listener: Listener) -> bool:
    """Return True if the same uWSGI is to speak HTTP at the port, too: it does not start before one of both is gone."""
    address = listener.address
    return any(
        isinstance(each.address, TcpAddress)
        and isinstance(address, TcpAddress)
        and each.address.port == address.port
        for each in pair.server.listeners
        if each.protocol == "http"
    )


def _corrected(site_pass: Pass) -> str:
    """Return the directive to write instead, empty if the pass also changes the path."""
    text = site_pass.match.directive.arg().removeprefix("http://").rstrip("/")
    if text.startswith("unix:"):
        path, _, uri = text.removeprefix("unix:").partition(":")
        return "" if uri else f"include uwsgi_params; uwsgi_pass unix:{path};"
    return "" if "/" in text or "://" in text else f"include uwsgi_params; uwsgi_pass {text};"


def _fix(site_pass: Pass, corrected: str) -> Fix:
    directive = site_pass.match.directive
    name, place = directive.name_place, directive.place()
    changes_path = directive.arg().removeprefix("http://").rstrip("/") != directive.arg().removeprefix(
        "http://"
    )
    if not corrected or changes_path or name.line != place.line or not name.column or not place.column:
        return by_hand("use `include uwsgi_params; uwsgi_pass ...;` in place of proxy_pass")
    edit = Edit(
        file=directive.file,
        line=name.line,
        column=name.column,
        end_column=place.end_column,
        text=corrected.removesuffix(";"),
    )
    return Fix(safe=True, description=f"write `{corrected}`", edits=(edit,))


RULE = Rule("L003", "uwsgi-socket-with-proxy-pass", "warning", check)
