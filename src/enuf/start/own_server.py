"""enuf as the server of a project, for the doctor: from the settings, the sources and a running stack.

Neither the app nor any program is run for it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from enuf.control.client import ask_supervisor, locate_stack
from enuf.discover.app import find_app
from enuf.discover.machine import find_machine
from enuf.discover.run_user import likely_user
from enuf.doctor.own_server import OwnServer
from enuf.errors import EnufError
from enuf.model.app import AppRef
from enuf.model.finding import Finding
from enuf.model.protocol import StatusRequest
from enuf.model.status import StackStatus
from enuf.plan.build import process_count
from enuf.plan.topologies import SERVERS, find_topology
from enuf.settings.schema import Settings
from enuf.start.invocation import Invocation
from enuf.start.own_certificate import certificate_findings
from enuf.start.privileges import read_settings_of_keeper, with_rights_of_keeper
from enuf.system.sites import site_of
from enuf.system.stack_lock import is_running
from enuf.system.user import owner_of

ANSWERS_WITHIN_S = 6.0
CODE, NAME = "S019", "site-not-in-force"
_NOT_IN_A_PATH = "%$@\n"
"""Signs that the doctor's reader of uWSGI's files does not take as they are."""


def is_enufs(project: Path) -> bool:
    """Return True for a project that enuf has served, or that has settings of enuf's own."""
    return os.path.lexists(project / ".enuf") or (project / "enuf.toml").is_file()


def own_server(project: Path, environ: Mapping[str, str]) -> OwnServer | None:
    """Return what enuf serves the project with, None where it finds no app.

    Raise SettingsInvalid for settings that no start would accept.
    """
    loaded = read_settings_of_keeper(Invocation(project=str(project)), environ)
    try:
        app = _app(project, loaded.settings, environ)
    except EnufError:
        return None
    if app.loader == "paste" or any(sign in f"{project}{app.directory}" for sign in _NOT_IN_A_PATH):
        return None
    status, user = _running(project)
    served = _served(
        project, app, loaded.settings, status, user or likely_user(loaded.settings.serve.user, project)
    )
    findings = (*certificate_findings(project, loaded), *_unserved(project, status))
    return msgspec.structs.replace(served, findings=findings)


def running_url(project: Path) -> str:
    """Return the URL of the project's running stack; empty where none runs, and for a unix socket."""
    status, _ = _running(project)
    return status.url if status and status.url.startswith("http") and "+unix" not in status.url else ""


def _unserved(project: Path, status: StackStatus | None) -> Iterator[Finding]:
    """Yield a finding for each reason why visitors of the installed site get no answer, as the running stack says."""
    record = site_of(project)
    if record is None or status is None or status.paths.runtime != record.site.runtime:
        return
    file = next(iter(record.nginx_files), str(project))
    for problem in status.problems:
        yield Finding(code=CODE, name=NAME, severity="error", message=problem, file=file, line=1)


def _app(project: Path, settings: Settings, environ: Mapping[str, str]) -> AppRef:
    with with_rights_of_keeper(project):
        files = (project / name for name in settings.env_file)
        return find_app(
            project, settings.app or None, environ, [str(file) for file in files if file.is_file()]
        )


def _served(
    project: Path, app: AppRef, settings: Settings, status: StackStatus | None, user: str
) -> OwnServer:
    server = SERVERS[find_topology(status.topology if status else settings.topology).server]
    ignores_lazy = "workers.lazy" in server.ignores
    lazy = settings.workers.lazy
    return OwnServer(
        project=os.path.realpath(project),
        app=app,
        server=server.title,
        forks=server.most_processes != 1,
        processes=status.server.processes
        if status
        else process_count(settings, find_machine(), server.most_processes),
        threads=status.server.threads if status else settings.serve.threads,
        lazy=False if ignores_lazy else None if lazy == "auto" else lazy,
        user=user,
        delivers=bool(settings.static.protected),
        said=status.plan_notes if status else (),
        says=status.warnings if status else (),
    )


def _running(project: Path) -> tuple[StackStatus | None, str]:
    """Return the status and the user of the running stack; None where none runs, or where it does not answer."""
    with contextlib.suppress(EnufError, OSError):
        paths = locate_stack(project, "doctor")
        if is_running(paths):
            user = owner_of(Path(paths.runtime)).name
            return ask_supervisor(paths, StatusRequest(checked=True), StackStatus, ANSWERS_WITHIN_S), user
    return None, ""
