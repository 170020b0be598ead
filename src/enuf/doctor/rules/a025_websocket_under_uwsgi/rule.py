"""A WebSocket of flask-sock under uWSGI: the library cannot get at the connection, so each one ends in a 500."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonFile
from enuf.doctor.facts.loaded_files import loaded_files
from enuf.doctor.facts.module_names import full_name
from enuf.doctor.rule import Diagnostic, Rule, at_node

_CLASSES = {
    "flask_sock.Sock": "flask-sock",
    "simple_websocket.Server": "simple-websocket",
    "simple_websocket.Server.accept": "simple-websocket",
}


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every use of flask-sock in an app that uWSGI serves."""
    for server in evidence.servers:
        for python_file in loaded_files(evidence, server):
            found = _use(python_file)
            if found:
                node, library = found
                yield at_node(
                    python_file.path,
                    node,
                    f"{library} finds no connection under uWSGI: each WebSocket ends in a 500, and uwsgi_pass carries none anyway",
                    hint="gunicorn --threads 100 with proxy_pass, Upgrade and Connection headers, for this part of the app",
                )
                return


def _use(python_file: PythonFile) -> tuple[ast.Call, str] | None:
    if "flask_sock" not in python_file.text and "simple_websocket" not in python_file.text:
        return None
    for node in ast.walk(python_file.tree) if python_file.tree else ():
        if isinstance(node, ast.Call) and full_name(python_file, node.func) in _CLASSES:
            return node, _CLASSES[full_name(python_file, node.func)]
    return None


RULE = Rule("A025", "websocket-under-uwsgi", "error", check)
