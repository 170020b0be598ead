"""The uwsgi protocol spoken to a socket that expects HTTP."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Listener
from enuf.doctor.facts.links import has_matching_protocol, has_site_of_the_same_protocol, is_certain_match
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_key, by_hand


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every uwsgi_pass to the address of an HTTP option of uWSGI."""
    yield from _through_variables(evidence)
    for pair in evidence.pairs:
        listener = pair.listener
        if listener is None or pair.site_pass.protocol != "uwsgi" or listener.protocol != "http":
            continue
        directive = pair.site_pass.match.directive
        if has_site_of_the_same_protocol(evidence, pair):
            continue
        if has_matching_protocol(evidence, pair) or is_template(evidence, directive.file):
            continue
        line = f"socket = {listener.option.value}"
        yield at_key(
            listener.option,
            f"this socket expects HTTP, and nginx speaks uwsgi to it (uwsgi_pass {directive.arg()}): "
            "502, and uWSGI logs nothing",
            severity="error" if is_certain_match(pair) and not listener.option.conditional else None,
            hint=line,
            fix=by_hand(_told(listener, line)),
            evidence=(f"{directive.file}:{directive.line}: uwsgi_pass {directive.arg()};",),
        )


def _through_variables(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report a uwsgi_pass to an address of variables, where the one uWSGI of the files speaks HTTP alone."""
    servers = [server for server in evidence.servers if server.is_complete]
    if len(servers) != 1 or any(each.protocol != "http" or each.router for each in servers[0].listeners):
        return
    listener = servers[0].listeners[0]
    for each in evidence.passes:
        directive = each.match.directive
        if directive.name == "uwsgi_pass" and each.address is None and "${" in each.text:
            yield at_key(
                listener.option,
                f"this socket expects HTTP, and nginx speaks uwsgi to it (uwsgi_pass {directive.arg()}): 502, and uWSGI logs nothing",
                hint=f"socket = {listener.option.value}",
                fix=by_hand(_told(listener, f"socket = {listener.option.value}")),
                evidence=(f"{directive.file}:{directive.line}: uwsgi_pass {directive.arg()};",),
            )
            return


def _told(listener: Listener, line: str) -> str:
    if listener.option.name == "socket":
        return "remove `protocol = http`"
    return f"write `{line}` in place of `{listener.option.key} = {listener.option.value}`"


RULE = Rule("L002", "http-socket-with-uwsgi-pass", "warning", check)
