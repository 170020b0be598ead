"""The summary of a stack: a few lines for people, and a JSON document."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from enuf.cli.widths import columns
from enuf.language.spoken import translated
from enuf.model.plan import Plan
from enuf.model.secrets import masked_code
from enuf.plan.topologies import SERVERS
from enuf.system.switch_user import FALLBACKS

_SHOWN = 3
WIDTH = 78


def introduction(plan: Plan) -> list[str]:
    """Return the lines in the language of the run: the address, the chain of servers, its verdict, the app and how it is served, the folders."""
    configs, logs = plan.paths.shortened(plan.paths.conf), plan.paths.shortened(plan.paths.log)
    user = plan.toolchain.machine.user
    runs_as = [] if user in FALLBACKS else [translated(f"runs as {user}")]
    files = "   ".join([translated(f"configs {configs}"), translated(f"logs {logs}"), *runs_as])
    verdict = translated(f"for {translated(plan.topology.verdict)}: {plan.topology.why}")
    return [
        translated(f"{plan.name} is served at {plan.url}"),
        _chain(plan),
        verdict,
        _served(plan),
        *_loading(plan),
        *_user(plan),
        *_beside(plan),
        *map(translated, plan.static_through_app),
        files,
    ]


def _served(plan: Plan) -> str:
    """Return the app, its Python and its static folders, as far as they fit into one line."""
    app, python = masked_code(str(plan.app)), plan.toolchain.python
    is_named = "FLASK_APP" in plan.app.found_by
    app = translated(f"app {app} (by {plan.app.found_by})" if is_named else f"app {app}")
    on_python = translated(f"{app} on Python {python.version} ({python.origin})")
    static = _static(plan)
    wanted = (f"{on_python}, {static}", f"{app}, {static}") if static else ()
    return next((line for line in wanted if columns(line) <= WIDTH), on_python)


def _loading(plan: Plan) -> list[str]:
    """Return the line about workers that load the app themselves without having been told so."""
    how = plan.loading
    if not how.lazy or how.why.startswith("workers.lazy"):
        return []
    return [translated(f"each worker loads the app itself: {how.why}")]


def _user(plan: Plan) -> list[str]:
    """Return the line about a user whom enuf has chosen itself: root does not know that the app is somebody else."""
    user = plan.toolchain.machine.user
    if user not in FALLBACKS:
        return []
    why = ", because the project belongs to root" if _is_roots(Path(plan.paths.project)) else ""
    return [translated(f"the servers and the app run as {user}{why}: serve.user names another user")]


def _beside(plan: Plan) -> list[str]:
    """Return the lines about what runs beside the app, each by name."""
    processes = ", ".join(each.name for each in plan.beside.processes) if plan.beside else ""
    jobs = ", ".join(f"{each.name} ({each.times})" for each in plan.beside.jobs) if plan.beside else ""
    return [
        *([translated(f"beside the app: {processes}")] if processes else []),
        *([translated(f"at certain times: {jobs}")] if jobs else []),
    ]


def _is_roots(project: Path) -> bool:
    with contextlib.suppress(OSError):
        return project.stat().st_uid == 0
    return False


def _chain(plan: Plan) -> str:
    tools, server = plan.toolchain.tools, plan.server.process.name
    version = tools[server].version if server in tools else plan.toolchain.python.flask_version
    kind = "greenlets" if plan.greenlets else "threads"
    size = translated(f"{plan.processes} processes x {plan.threads} {kind}")
    parts = [f"{plan.front.process.name} {tools[plan.front.process.name].version}"] if plan.front else []
    parts += [translated(_LINKS[plan.topology.link.transport])] if plan.front else []
    title = f"{translated(SERVERS[server].title)} {version}"
    return " -> ".join([*parts, f"{title}, {size}" if server in tools else title])


_LINKS = {"unix": "unix socket", "tcp": "TCP port"}


def _static(plan: Plan) -> str:
    urls = sorted({folder.url for folder in plan.static_folders})
    if not urls or plan.front is None:
        return ""
    more = f" and {len(urls) - _SHOWN} more" if len(urls) > _SHOWN else ""
    return translated(f"static {', '.join(urls[:_SHOWN])}{more} by {plan.front.process.name}")


def as_document(plan: Plan) -> dict[str, Any]:
    """Return the summary as a JSON document."""
    return {
        "state": "serving",
        "url": plan.url,
        "topology": plan.topology.id,
        "app": masked_code(str(plan.app)),
        "generation": 1,
        "paths": {"conf": plan.paths.conf, "log": plan.paths.log, "socket": plan.paths.app_socket},
    }
