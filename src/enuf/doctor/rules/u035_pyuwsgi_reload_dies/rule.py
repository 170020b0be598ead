"""A reload of pyuwsgi, which starts the base Python and loses the environment."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.facts.uwsgi import has_master, may_be_pyuwsgi, reload_commands
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_config, at_option
from enuf.syntax.uwsgi_config import ParsedOption

_TRIGGERS = (
    "touch-reload",
    "touch-workers-reload",
    "touch-chain-reload",
    "py-auto-reload",
    "fs-reload",
    "reload-on-exception",
    "brutal-reload-on-fd",
    "reload-on-fd",
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every server that is, or may be, pyuwsgi, can be reloaded, and names no executable to start."""
    commands = reload_commands(evidence)
    for server in evidence.servers:
        if not server.is_complete or not may_be_pyuwsgi(server) or server.config.last("binary-path"):
            continue
        trigger = server.config.last(*_TRIGGERS)
        sure = server.build == "pyuwsgi"
        if trigger or commands or (sure and has_master(server.config)):
            yield _diagnostic(server, trigger, sure)


def _diagnostic(server: Server, trigger: ParsedOption | None, sure: bool) -> Diagnostic:
    home = server.config.value("home").rstrip("/")
    path = f"{home}/bin/python3" if home else _environment(server)
    line = f"binary-path = {path}"
    message = (
        f"{'pyuwsgi' if sure else 'if this is pyuwsgi in a virtual environment, it'} "
        "starts the Python outside of the environment when it reloads, and dies there"
    )
    severity = None if sure and trigger else "advice"
    fix = add_options(
        server.config,
        line,
        asks="" if sure and not path.startswith("<") else "the path of the environment's Python is not known",
    )
    if trigger:
        return at_option(trigger, message, severity=severity, hint=line, fix=fix)
    return at_config(server.config, message, severity=severity, hint=line, fix=fix)


def _environment(server: Server) -> str:
    executable = server.start.executable if server.start else ""
    folder = executable.rpartition("/")[0]
    return (
        f"{folder}/python3"
        if folder.endswith("/bin") and folder not in ("/bin", "/usr/bin", "/usr/local/bin")
        else "<venv>/bin/python3"
    )


RULE = Rule("U035", "pyuwsgi-reload-dies", "warning", check)
