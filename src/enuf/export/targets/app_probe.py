"""The health check of an app server that has a container of its own, for an engine with one check for two questions."""

from __future__ import annotations

import json

from enuf.export.deployment import TEMPORARY, Deployment

APP_PROBE = "probe_app.py"


def app_probe_program(deployment: Deployment) -> str:
    """Return the program that asks uWSGI: for an answer of the app until the first good one, then for a connection.

    Docker replaces a container whose check fails at any time. A version must answer before it gets requests; but copies that
    serve, and whose database is away for a minute, must not all be killed for that.
    """
    probe = deployment.probe
    limit = 400 if probe.is_strict else 500
    return f'''"""Ask the app server of this container; exit 0 where it serves. Written by enuf export.

Until the app has answered once, the whole request counts. From then on uWSGI must take connections: a copy that is busy, or
whose database is away, is not killed for that.
"""

import pathlib
import socket
import struct
import sys

PATH = {json.dumps(probe.path)}
SERVED = pathlib.Path({json.dumps(f"{TEMPORARY}/enuf-served")})
REQUEST = {_literal(_variables(deployment))}

connection = socket.create_connection(("127.0.0.1", {deployment.link_port}), 8)
if not SERVED.exists():
    parts = (part.encode() for pair in REQUEST.items() for part in pair)
    body = b"".join(struct.pack("<H", len(part)) + part for part in parts)
    connection.sendall(struct.pack("<BHB", 0, len(body), 0) + body)
    line = connection.makefile("rb").readline(200).decode("latin-1").split()
    status = int(line[1]) if len(line) > 1 else 500
    if status >= {limit}:
        sys.exit(f"GET {{PATH}}: {{status}}")
    SERVED.touch()
'''


def _variables(deployment: Deployment) -> dict[str, str]:
    """Return the request as uWSGI takes it."""
    probe = deployment.probe
    plain, _, query = probe.path.partition("?")
    return {
        "REQUEST_METHOD": "GET",
        "REQUEST_URI": probe.path,
        "SCRIPT_NAME": probe.prefix,
        "PATH_INFO": plain.removeprefix(probe.prefix),
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": probe.host.rpartition(":")[0] or probe.host,
        "SERVER_PORT": str(probe.port),
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": probe.host,
        "HTTP_USER_AGENT": "enuf-probe",
    }


def _literal(values: dict[str, str]) -> str:
    """Return a dictionary as source, a line for each key."""
    lines = (f"    {json.dumps(name)}: {json.dumps(value)},\n" for name, value in values.items())
    return "{\n" + "".join(lines) + "}"
