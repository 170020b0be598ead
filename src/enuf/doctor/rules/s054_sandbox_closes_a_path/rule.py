"""A unit whose sandbox closes a folder that the server needs: to read its code, or to write its socket, logs or database."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonServer
from enuf.doctor.facts.app_servers import unix_binds
from enuf.doctor.facts.sandbox import Sandbox, sandbox_of
from enuf.doctor.facts.service_units import has_placeholder, services
from enuf.doctor.rule import Diagnostic, Rule, at_setting
from enuf.syntax.unit import UnitFile, UnitSetting

_DATABASES = (".sqlite3", ".sqlite", ".db")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report what a unit starts or writes in folders that it hides or makes read-only, and databases without their folder."""
    by_unit = {id(server.start.unit): server for server in evidence.app_servers if server.start.unit}
    for unit in services(evidence):
        sandbox = sandbox_of(unit)
        yield from _hidden(unit, sandbox)
        yield from _databases(sandbox)
        server = by_unit.get(id(unit))
        if server:
            yield from _written(server, sandbox)


def _hidden(unit: UnitFile, sandbox: Sandbox) -> Iterator[Diagnostic]:
    """Report the first folder or program of a unit that ProtectHome hides from the unit itself."""
    for setting in (*unit.all("WorkingDirectory")[-1:], *unit.all("ExecStart")[:1]):
        path = setting.value.lstrip("-@:+!|").split(" ")[0].strip("\"'")
        by = sandbox.hidden_by(path)
        if by and not has_placeholder(setting) and "$" not in path:
            status = "200/CHDIR" if setting.name == "WorkingDirectory" else "203/EXEC"
            yield at_setting(
                setting,
                f"{by} hides {path} from the service: it does not start, status={status}",
                hint="ProtectHome=read-only   or the project below /srv",
            )
            return


def _written(server: PythonServer, sandbox: Sandbox) -> Iterator[Diagnostic]:
    """Report the first socket, pid file or log in a folder that the service may only read."""
    for what, path in _paths(server):
        place = posixpath.normpath(posixpath.join(server.directory, path))
        by = sandbox.closed_by(place) if place.startswith("/") and not {"$", "%", "{"} & set(place) else None
        if by and not sandbox.hidden_by(place):
            yield at_setting(
                by,
                f"{by.name}={by.value} makes {posixpath.dirname(place)} read-only: {server.program} cannot make its {what} "
                f"{posixpath.basename(place)} there and does not start",
                hint=f"ReadWritePaths={posixpath.dirname(place)}",
                evidence=(f"{server.start.file}:{server.start.line}: {what} {path}",),
            )
            return


def _paths(server: PythonServer) -> Iterator[tuple[str, str]]:
    """Yield what the server writes before it serves, with its path."""
    if server.program == "gunicorn":
        for name, what in (("errorlog", "log"), ("accesslog", "log"), ("pidfile", "pid file")):
            setting = server.setting(name)
            if setting and setting.certain and setting.text not in ("", "-", "None"):
                yield what, setting.text
    for path in unix_binds(server):
        yield "socket", path


def _databases(sandbox: Sandbox) -> Iterator[Diagnostic]:
    """Report the database files of SQLite that may be written while their folder may not."""
    for path, setting in sandbox.writable:
        if path.endswith(_DATABASES) and _is_read_only(sandbox, posixpath.dirname(path)):
            yield _of_database(setting, path)


def _is_read_only(sandbox: Sandbox, folder: str) -> bool:
    return sandbox.closed_by(posixpath.join(folder, "journal")) is not None


def _of_database(setting: UnitSetting, path: str) -> Diagnostic:
    folder = posixpath.dirname(path)
    return at_setting(
        setting,
        f"SQLite writes a journal beside {posixpath.basename(path)}, and {folder} is read-only: every write fails with "
        "`unable to open database file`",
        severity="warning",
        hint=f"ReadWritePaths={folder}",
    )


RULE = Rule("S054", "sandbox-closes-a-path", "error", check)
