"""A probe of Kubernetes that the app answers with 400 or 404."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from enuf.doctor.container import Pod, PodContainer, Probe
from enuf.doctor.evidence import Evidence, PythonFile, PythonServer
from enuf.doctor.facts.app_servers import tcp_binds
from enuf.doctor.facts.loaded_files import loaded_files
from enuf.doctor.facts.python_import import dotted
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.model.numbers import decimal

_ROUTES = frozenset(("route", "get", "head", "api_route"))
_OPEN = re.compile(
    r"register_blueprint|include_router|add_url_rule|add_api_route|\.mount\(|errorhandler|exception_handler|add_route|"
    r"<path:|:path\}|Api\(|middleware|before_request|dispatch|import_string|Healthcheck|healthcheck|init_app|routes=|urlpatterns"
)
"""What may answer a path that no decorator in the sources names."""
_DYNAMIC_HOSTS = re.compile(r"ALLOWED_HOSTS[ \t]*(?:\+=|=(?![ \t]*\[))|ALLOWED_HOSTS\.")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every HTTP probe at an app that refuses the pod's address as host, or that has no such path."""
    for pod in evidence.pods:
        for container in pod.containers:
            for probe in container.probes:
                server = _asked(evidence, container, probe)
                if server and probe.path:
                    yield from _judged(evidence, pod, container, probe, server)


def _asked(evidence: Evidence, container: PodContainer, probe: Probe) -> PythonServer | None:
    """Return the one app server that can be behind the port of a probe."""
    own = [server for server in evidence.app_servers if server.container is container]
    number = decimal(probe.port, 5) or next(
        (port.number for port in container.ports if port.name == probe.port), None
    )
    built = [server for server in evidence.app_servers if server.start.kind in ("docker", "compose")]
    fitting = [server for server in own or built if any(bind.port == number for bind in tcp_binds(server))]
    files = {server.python_file.path for server in fitting if server.python_file}
    return fitting[0] if len(files) == 1 and all(server.python_file for server in fitting) else None


def _judged(
    evidence: Evidence, pod: Pod, container: PodContainer, probe: Probe, server: PythonServer
) -> Iterator[Diagnostic]:
    effect = "it is restarted again and again" if probe.kind == "livenessProbe" else "it never becomes ready"
    asked = container.node.at(probe.kind, "httpGet")
    if asked is not None and not asked.at("httpHeaders") and not asked.at("host"):
        settings = _closed_hosts(evidence)
        if settings and server.python_file and "django" in server.python_file.text:
            yield at_line(
                pod.file,
                probe.line,
                f"{probe.kind} asks with the pod's address as Host, which ALLOWED_HOSTS does not have: "
                f"Django answers 400, and the container fails: {effect}",
                severity="warning",
                hint="httpHeaders: below httpGet:, with the name Host and the name of the site as value",
                evidence=(settings.path,),
            )
    paths = _paths(loaded_files(evidence, server))
    if paths and probe.path.partition("?")[0].rstrip("/") not in paths:
        yield at_line(
            pod.file,
            probe.line,
            f"{probe.kind} asks {probe.path}, and the app has no such path: it answers 404, and the container fails: {effect}",
            severity="warning",
            hint=f"path: one of {', '.join(sorted(path or '/' for path in paths)[:4])}",
            evidence=(server.python_file.path,) if server.python_file else (),
        )


def _closed_hosts(evidence: Evidence) -> PythonFile | None:
    """Return the settings with ALLOWED_HOSTS if all settings name plain hosts there, none of them a wildcard."""
    named = [
        each for each in evidence.python_files if "ALLOWED_HOSTS" in each.text and "/test" not in each.path
    ]
    if len(named) != 1 or _DYNAMIC_HOSTS.search(named[0].text) or named[0].tree is None:
        return None
    for statement in named[0].tree.body:
        if isinstance(statement, ast.Assign) and any(
            dotted(each) == "ALLOWED_HOSTS" for each in statement.targets
        ):
            value = statement.value
            hosts = (
                [each.value for each in value.elts if isinstance(each, ast.Constant)]
                if isinstance(value, ast.List)
                else []
            )
            whole = isinstance(value, ast.List) and len(hosts) == len(value.elts)
            return named[0] if whole and hosts and "*" not in hosts else None
    return None


def _paths(python_files: tuple[PythonFile, ...]) -> frozenset[str]:
    """Return the paths that decorators name, empty if more may be answered."""
    if any(_OPEN.search(each.text) for each in python_files):
        return frozenset()
    found: set[str] = set()
    for python_file in python_files:
        for node in ast.walk(python_file.tree) if python_file.tree else ():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for call in node.decorator_list:
                    path = _path_of(call)
                    if path is None:
                        return frozenset()
                    found |= {path} if path.startswith("/") else set()
    return (
        frozenset(path.rstrip("/") for path in found) | {"/docs", "/openapi.json"} if found else frozenset()
    )


def _path_of(call: ast.expr) -> str | None:
    """Return the path of a route's decorator, empty for another decorator, None for a path with variables."""
    if not isinstance(call, ast.Call) or dotted(call.func).rpartition(".")[2] not in _ROUTES:
        return ""
    first = call.args[0] if call.args else None
    text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
    return None if text is None or "<" in text or "{" in text else text


RULE = Rule("K007", "probe-refused-by-app", "warning", check)
