"""A container behind nginx that runs `app.run()`, Flask's own server, perhaps on the loopback address of the container."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.container import ComposeService
from enuf.doctor.evidence import Evidence, PythonFile
from enuf.doctor.facts.python_import import flask_names
from enuf.doctor.facts.server_machines import machines_of_service
from enuf.doctor.rule import Diagnostic, Rule, at_node
from enuf.model.address import TcpAddress

_FOR_DEVELOPMENT = re.compile(
    r"(?<![a-z])(?:dev|devel|develop|development|local|debug|test|tests|ci|override|example|staging)(?![a-z])",
    re.IGNORECASE,
)
_SCRIPT = re.compile(r"(?:^|\s)python[\d.]*\s+(?:-u\s+)?([\w./-]+\.py)$")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every container that nginx stands in front of and that runs a module which starts Flask's own server."""
    for service in evidence.services:
        machine = next(iter(machines_of_service(evidence, service)), None)
        found = _SCRIPT.search(" ".join(machine.command)) if machine else None
        if machine is None or found is None or _FOR_DEVELOPMENT.search(posixpath.basename(service.file)):
            continue
        source = machine.source(posixpath.normpath(posixpath.join(machine.directory, found[1])))
        python_file = next((each for each in evidence.python_files if each.path == source), None)
        call = _run_of_flask(python_file) if python_file else None
        if python_file is None or call is None or not _is_passed_to(evidence, service):
            continue
        alone = _is_on_loopback(call)
        yield at_node(
            python_file.path,
            call,
            "app.run() listens on the loopback address of its container, where nginx does not reach it: 502 on every URL"
            if alone
            else "nginx stands in front of Flask's development server: its own manual says not to use it for a site",
            severity="error" if alone else None,
            hint='CMD ["uwsgi", "uwsgi.ini"], or gunicorn --bind 0.0.0.0:8000 --workers 2 --threads 4 app:app',
            evidence=(f"{service.file}:{service.line}: {service.name} runs {found[1]}",),
        )


def _run_of_flask(python_file: PythonFile) -> ast.Call | None:
    """Return the call of `run` on a Flask object of a module, None if it has none."""
    names = flask_names(python_file)
    for node in python_file.nodes:
        called = node.func if isinstance(node, ast.Call) else None
        if not isinstance(node, ast.Call) or not isinstance(called, ast.Attribute) or called.attr != "run":
            continue
        if isinstance(called.value, ast.Name) and called.value.id in names:
            return node
    return None


def _is_on_loopback(call: ast.Call) -> bool:
    """Return True for a call without a host, or with one that only its own container reaches."""
    host = (
        call.args[0]
        if call.args
        else next((each.value for each in call.keywords if each.arg == "host"), None)
    )
    if any(each.arg is None for each in call.keywords):
        return False
    return host is None or (isinstance(host, ast.Constant) and host.value in ("127.0.0.1", "localhost"))


def _is_passed_to(evidence: Evidence, service: ComposeService) -> bool:
    """Return True if a site of the deployment passes requests to a name of the service, by a variable also."""
    for each in evidence.passes:
        if not any(near.deployment == service.file for near in each.machines):
            continue
        address = each.address
        words = (
            [match.directive.args[-1] for match in each.site.find("set") if match.directive.args]
            if address is None
            else []
        )
        hosts = {address.host} if isinstance(address, TcpAddress) else {_host(word) for word in words}
        if hosts & set(service.names):
            return True
    return False


def _host(word: str) -> str:
    return word.rpartition("//")[2].partition("/")[0].partition(":")[0]


RULE = Rule("A045", "app-run-behind-nginx", "warning", check)
