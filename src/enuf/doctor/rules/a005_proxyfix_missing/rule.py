"""ProxyFix that is needed and missing, or present and not needed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Pair, PythonFile
from enuf.doctor.facts.loaded_files import loaded_files
from enuf.doctor.facts.module_names import full_name, module_names
from enuf.doctor.facts.nginx import params_in_force
from enuf.doctor.rule import Diagnostic, Rule, at_directive, at_node, by_hand

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


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every app behind an HTTP proxy without ProxyFix, and every app behind uwsgi_pass with it."""
    for server in evidence.servers:
        python_files = loaded_files(evidence, server)
        pairs = [pair for pair in evidence.pairs_of(server) if pair.listener]
        if not python_files or not pairs:
            continue
        protocols = {(pair.site_pass.protocol, pair.listener.protocol) for pair in pairs if pair.listener}
        if protocols == {("http", "http")}:
            yield from _missing(evidence, python_files)
        elif protocols == {("uwsgi", "uwsgi")}:
            yield from _needless(python_files, pairs)
    for app_server in evidence.app_servers:
        app_pairs = [each for each in evidence.app_pairs_of(app_server) if each.bind]
        python_files = loaded_files(evidence, app_server)
        if (
            app_pairs
            and app_server.program == "gunicorn"
            and any(_reads_address(each) for each in python_files)
        ):
            yield from _missing(evidence, python_files)
    if not evidence.servers:
        yield from _without_uwsgi(evidence)


def _reads_address(python_file: PythonFile) -> bool:
    """Return True for a source that asks for the visitor's address."""
    return any(word in python_file.text for word in ("remote_addr", "get_remote_address", "access_route"))


def _missing(evidence: Evidence, python_files: tuple[PythonFile, ...]) -> Iterator[Diagnostic]:
    if any(word in python_file.text for python_file in evidence.python_files for word in _READS_PROXY):
        return
    for python_file in python_files:
        made = _flask_object(python_file)
        if made:
            yield at_node(
                python_file.path,
                made,
                "nginx passes requests on by HTTP, and Flask ignores its X-Forwarded headers: remote_addr is 127.0.0.1, "
                "and URLs begin with http://",
                hint=_LINE,
                fix=by_hand(f"write `{_LINE}`"),
            )
            return


def _flask_object(python_file: PythonFile) -> ast.Call | None:
    """Return the call that creates the Flask object, None if no source shows one."""
    for node in python_file.nodes:
        if isinstance(node, ast.Call) and full_name(python_file, node.func).rpartition(".")[2] == "Flask":
            return node
    return None


def _needless(python_files: tuple[PythonFile, ...], pairs: list[Pair]) -> Iterator[Diagnostic]:
    for pair in pairs:
        match = pair.site_pass.match
        if "HTTP_X_FORWARDED_FOR" in params_in_force(match) or match.inherited("set_real_ip_from"):
            return
    for python_file in python_files:
        for node in python_file.nodes if "ProxyFix" in python_file.text else ():
            if (
                isinstance(node, ast.Call)
                and full_name(python_file, node.func).rpartition(".")[2] == "ProxyFix"
            ):
                yield at_node(
                    python_file.path,
                    node,
                    "behind uwsgi_pass the address and the scheme are right already: ProxyFix makes the app believe "
                    "X-Forwarded headers that any client can write",
                    hint="take ProxyFix out, or set `uwsgi_param HTTP_X_FORWARDED_FOR $remote_addr;`",
                    fix=by_hand("take ProxyFix out, unless another proxy stands in front of nginx"),
                )


def _without_uwsgi(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report, as a guess, a Flask app beside a site that passes to this machine by HTTP without any uWSGI."""
    if any(word in python_file.text for python_file in evidence.python_files for word in _READS_PROXY):
        return
    apps = [
        each
        for each in evidence.python_files
        if "Flask(" in each.text and "flask" in module_names(each).imports.values()
    ]
    apps += [
        each
        for each in evidence.python_files
        if "Flask(" in each.text and "flask.Flask" in module_names(each).imports.values()
    ]
    for site_pass in evidence.passes:
        local = site_pass.text.startswith(("127.0.0.1", "localhost", "unix:", "[::1]"))
        if apps and site_pass.protocol == "http" and local:
            yield at_directive(
                site_pass.match.directive,
                "Flask ignores the X-Forwarded headers of a proxy unless ProxyFix is there: remote_addr is 127.0.0.1",
                severity="advice",
                hint=_LINE,
            )
            return


RULE = Rule("A005", "proxyfix-missing", "warning", check)
