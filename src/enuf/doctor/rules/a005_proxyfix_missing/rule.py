"""ProxyFix where it is needed and is not there, or is there and is not needed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Pair, Program
from enuf.doctor.facts.loaded import loaded
from enuf.doctor.facts.module_names import full_name, names_of
from enuf.doctor.facts.nginx import params
from enuf.doctor.rule import Rule, Sign, at_directive, at_node, by_hand

_READS_PROXY = (
    "ProxyFix",
    "ReverseProxied",
    "X_FORWARDED",
    "X-Forwarded",
    "X_REAL_IP",
    "X-Real-IP",
    "X_SCHEME",
)
_LINE = "app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)"


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every app behind an HTTP proxy without ProxyFix, and every one behind uwsgi_pass with it."""
    for server in evidence.servers:
        programs = loaded(evidence, server)
        pairs = [pair for pair in evidence.pairs_of(server) if pair.listener]
        if not programs or not pairs:
            continue
        protocols = {(pair.way.protocol, pair.listener.protocol) for pair in pairs if pair.listener}
        if protocols == {("http", "http")}:
            yield from _missing(evidence, programs)
        elif protocols == {("uwsgi", "uwsgi")}:
            yield from _needless(programs, pairs)
    if not evidence.servers:
        yield from _without_uwsgi(evidence)


def _missing(evidence: Evidence, programs: tuple[Program, ...]) -> Iterator[Sign]:
    if any(word in program.text for program in evidence.programs for word in _READS_PROXY):
        return
    for program in programs:
        made = _flask_object(program)
        if made:
            yield at_node(
                program.path,
                made,
                "nginx passes requests on by HTTP, and Flask ignores its X-Forwarded headers: remote_addr is 127.0.0.1, "
                "and URLs begin with http://",
                hint=_LINE,
                fix=by_hand(f"write `{_LINE}`"),
            )
            return


def _flask_object(program: Program) -> ast.Call | None:
    """The call that makes the Flask object."""
    for node in ast.walk(program.tree) if program.tree else ():
        if isinstance(node, ast.Call) and full_name(program, node.func).rpartition(".")[2] == "Flask":
            return node
    return None


def _needless(programs: tuple[Program, ...], pairs: list[Pair]) -> Iterator[Sign]:
    for pair in pairs:
        found = pair.way.found
        if "HTTP_X_FORWARDED_FOR" in params(found) or found.inherited("set_real_ip_from"):
            return
    for program in programs:
        for node in ast.walk(program.tree) if program.tree and "ProxyFix" in program.text else ():
            if isinstance(node, ast.Call) and full_name(program, node.func).rpartition(".")[2] == "ProxyFix":
                yield at_node(
                    program.path,
                    node,
                    "behind uwsgi_pass the address and the scheme are right already: ProxyFix makes the app believe "
                    "X-Forwarded headers that any client can write",
                    hint="take ProxyFix out, or set `uwsgi_param HTTP_X_FORWARDED_FOR $remote_addr;`",
                    fix=by_hand("take ProxyFix out, unless another proxy stands in front of nginx"),
                )


def _without_uwsgi(evidence: Evidence) -> Iterator[Sign]:
    """A guess: a Flask app and a site that passes to this machine by HTTP, and nothing that starts uWSGI."""
    if any(word in program.text for program in evidence.programs for word in _READS_PROXY):
        return
    apps = [
        each
        for each in evidence.programs
        if "Flask(" in each.text and "flask" in names_of(each).imports.values()
    ]
    apps += [
        each
        for each in evidence.programs
        if "Flask(" in each.text and "flask.Flask" in names_of(each).imports.values()
    ]
    for way in evidence.passes:
        local = way.text.startswith(("127.0.0.1", "localhost", "unix:", "[::1]"))
        if apps and way.protocol == "http" and local:
            yield at_directive(
                way.found.directive,
                "Flask ignores the X-Forwarded headers of a proxy unless ProxyFix is there: remote_addr is 127.0.0.1",
                severity="advice",
                hint=_LINE,
            )
            return


RULE = Rule("A005", "proxyfix-missing", "warning", check)
