"""pyuwsgi starts the base Python again when it reloads, and the environment is lost."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.facts.uwsgi import has_master, may_be_pyuwsgi, reload_signs
from enuf.doctor.rule import Rule, Sign, add_options, at_config, at_option
from enuf.syntax.uwsgi_config import Option

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


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every server that is, or may be, pyuwsgi, that can be reloaded, and that does not say which program to start."""
    signs = reload_signs(evidence)
    for server in evidence.servers:
        if not server.is_whole or not may_be_pyuwsgi(server) or server.config.last("binary-path"):
            continue
        trigger = server.config.last(*_TRIGGERS)
        sure = server.build == "pyuwsgi"
        if trigger or signs or (sure and has_master(server.config)):
            yield _sign(server, trigger, sure)


def _sign(server: Server, trigger: Option | None, sure: bool) -> Sign:
    home = server.config.value("home").rstrip("/")
    path = f"{home}/bin/python3" if home else _environment(server)
    line = f"binary-path = {path}"
    message = (
        f"{'pyuwsgi' if sure else 'if this is pyuwsgi in a virtual environment, it'} "
        "starts the Python outside of the environment when it reloads, and dies there"
    )
    severity = None if sure and trigger else "advice"
    fix = add_options(server.config, line, safe=sure and not path.startswith("<"))
    if trigger:
        return at_option(trigger, message, severity=severity, hint=line, fix=fix)
    return at_config(server.config, message, severity=severity, hint=line, fix=fix)


def _environment(server: Server) -> str:
    program = server.start.program if server.start else ""
    folder = program.rpartition("/")[0]
    return (
        f"{folder}/python3"
        if folder.endswith("/bin") and folder not in ("/bin", "/usr/bin", "/usr/local/bin")
        else "<venv>/bin/python3"
    )


RULE = Rule("U035", "pyuwsgi-reload-dies", "warning", check)
