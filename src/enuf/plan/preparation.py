"""The commands of reload.before, as data."""

from __future__ import annotations

import posixpath

from enuf.model.app import AppRef
from enuf.model.process import Preparation
from enuf.plan.request import PlanRequest


def preparation_of(request: PlanRequest) -> Preparation | None:
    """Return what must succeed before this version takes over; None without commands, and for a developer's stack."""
    reload = request.settings.reload
    if not reload.before or request.dev:
        return None
    return Preparation(
        **app_programs(request), commands=reload.before, within_s=reload.before_timeout.seconds
    )


def app_programs(request: PlanRequest) -> dict[str, str]:
    """Return what a command of the app's needs, as the fields of AppPrograms."""
    python = request.toolchain.python
    return {
        "directory": request.real_paths.get(request.paths.project, request.paths.project),
        "programs": posixpath.dirname(python.executable),
        "virtualenv": python.prefix if python.is_virtualenv else "",
        "flask_app": _flask_app(request.report.app) if request.report.is_flask else "",
    }


def _flask_app(app: AppRef) -> str:
    """Return FLASK_APP for an app that `flask` might not find as enuf does: `toy_flask_app.py`, say; empty for none."""
    if not app.file or app.attribute is None or app.loader != "module":
        return ""
    call = "" if app.call is None else f"({app.call})"
    return f"{app.file}:{app.attribute}{call}"
