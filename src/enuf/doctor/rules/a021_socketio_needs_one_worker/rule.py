"""Socket.IO behind several workers: a session lives in one of them, and its requests come to the others too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonFile
from enuf.doctor.facts.loaded_files import loaded_files
from enuf.doctor.facts.module_names import full_name
from enuf.doctor.facts.workers import all_servers, worker_count
from enuf.doctor.rule import Diagnostic, Rule, at_node

_CLASSES = ("flask_socketio.SocketIO", "socketio.Server")
_WEBSOCKET_ALONE = re.compile(r"transports[\"']?\s*[:=]\s*\[\s*[\"']websocket[\"']\s*\]")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every Socket.IO server that several workers of one server run, unless clients use WebSockets alone."""
    if any(_WEBSOCKET_ALONE.search(file.text) for file in evidence.files):
        return
    for server in all_servers(evidence):
        count = worker_count(server)
        if count is None or count < 2:
            continue
        for python_file in loaded_files(evidence, server):
            made = _socketio(python_file)
            if made:
                yield at_node(
                    python_file.path,
                    made,
                    f"a Socket.IO session lives in one of the {count} workers, and the next request of the browser may come to another: "
                    "400, invalid session",
                    hint="one worker with gevent or threads; several servers behind `ip_hash` and a message_queue for more",
                )
                return


def _socketio(python_file: PythonFile) -> ast.Call | None:
    """Return the call that makes a Socket.IO server."""
    if "socketio" not in python_file.text:
        return None
    for node in ast.walk(python_file.tree) if python_file.tree else ():
        if isinstance(node, ast.Call) and full_name(python_file, node.func) in _CLASSES:
            return node
    return None


RULE = Rule("A021", "socketio-needs-one-worker", "warning", check)
