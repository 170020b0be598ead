"""A socket or pid file in a folder of /run that the service's user may not write, or that nobody makes at boot."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonServer
from enuf.doctor.facts.app_servers import at_app_setting, unix_binds
from enuf.doctor.facts.host import ROOT_USERS
from enuf.doctor.rule import Diagnostic, Rule
from enuf.syntax.unit import UnitFile
from enuf.syntax.unit_folders import made_folders

_RUN = ("/run", "/var/run")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every unit whose user makes a socket or a pid file below /run without a folder of its own there."""
    for server in evidence.app_servers:
        unit = server.start.unit
        if unit is None or server.start.user in ROOT_USERS:
            continue
        yield from _pid_file(evidence, server, unit)
        if _comes_from_systemd(server):
            continue
        for path in unix_binds(server):
            folder = posixpath.dirname(path).replace("/var/run", "/run", 1)
            if folder == "/run":
                yield at_app_setting(
                    server,
                    "bind",
                    f"{server.start.user} may not make a socket in /run itself: `[Errno 13] Permission denied` at the start",
                    hint=f"RuntimeDirectory={_stem(unit)}   and   --bind unix:/run/{_stem(unit)}/{posixpath.basename(path)}",
                )
            elif folder.startswith("/run/") and not _is_made(evidence, unit, folder):
                yield at_app_setting(
                    server,
                    "bind",
                    f"{folder} is empty memory after every boot, and nothing in these files makes it again: "
                    "the service does not start",
                    severity="warning",
                    hint=f"RuntimeDirectory={folder.removeprefix('/run/')}",
                )


def _pid_file(evidence: Evidence, server: PythonServer, unit: UnitFile) -> Iterator[Diagnostic]:
    """Report a pid file of gunicorn's in a folder of /run that the user may not write, or that is gone after a boot."""
    path = server.settings.text("pidfile") if server.program == "gunicorn" else ""
    folder = posixpath.dirname(path).replace("/var/run", "/run", 1)
    if folder != "/run" and (not folder.startswith("/run/") or _is_made(evidence, unit, folder)):
        return
    yield at_app_setting(
        server,
        "pidfile",
        f"{server.start.user} may not make {path} in /run itself: gunicorn does not start"
        if folder == "/run"
        else f"{folder} is empty memory after every boot, and nothing in these files makes it again: "
        f"gunicorn does not start, `{folder} doesn't exist. Can't create pidfile.`",
        severity=None if folder == "/run" else "warning",
        hint=f"RuntimeDirectory={_stem(unit)}   and   --pid /run/{_stem(unit)}/{posixpath.basename(path)}"
        if folder == "/run"
        else f"RuntimeDirectory={folder.removeprefix('/run/')}",
    )


def _stem(unit: UnitFile) -> str:
    return unit.name.removesuffix(".service")


def _comes_from_systemd(server: PythonServer) -> bool:
    """Return True if systemd opens the socket, or may do so by a unit that is not here."""
    unit = server.start.unit
    named = f"{unit.value('Requires', 'Unit')} {unit.value('Sockets')}" if unit else ""
    return any(bind.activated for bind in server.binds) or ".socket" in named


def _is_made(evidence: Evidence, unit: UnitFile, folder: str) -> bool:
    made = [path for each in evidence.units for path, _ in made_folders(each, "RuntimeDirectory")]
    made += [path.replace("/var/run", "/run", 1) for path in evidence.tmpfiles_folders]
    by_hand = any(folder.rpartition("/")[2] in each.value for each in unit.all("ExecStartPre"))
    return by_hand or any(
        folder == path.rstrip("/") or folder.startswith(path.rstrip("/") + "/") for path in made
    )


RULE = Rule("G009", "socket-folder-missing", "error", check)
