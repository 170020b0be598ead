"""What happens when a site fails: it is tried again, and whoever the settings name is told."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

from enuf.install import alert_program
from enuf.install.change import WriteFile
from enuf.install.failure_script import failure_script
from enuf.install.services.base import ServiceRequest
from enuf.install.site_changes import FailureTexts
from enuf.install.target_host import TargetHost
from enuf.model.service_state import EXITS, RESULTS
from enuf.settings.sections.alert import Alert


def failure_texts(request: ServiceRequest, host: TargetHost) -> FailureTexts:
    """Return the files."""
    site, alert = request.site, request.settings.alert
    alerts = bool(alert.command or alert.webhook)
    script = WriteFile(site.failed_script, failure_script(site, alerts=alerts), 0o755)
    units = host.servers.services.format.failure_files(request, alerts=alerts)
    if not alerts:
        return FailureTexts(files=(script, *units))
    program = WriteFile(site.alert_program, Path(alert_program.__file__).read_text(encoding="utf-8"))
    settings = WriteFile(
        site.alert_settings, _settings(alert, request.plan.paths.project), 0o600, is_secret=True
    )
    return FailureTexts(files=(script, program, *units), secrets=(settings,))


def _settings(alert: Alert, project: str) -> str:
    document = {
        "command": _words(alert.command, project),
        "webhook": alert.webhook,
        "directory": project,
        "exits": EXITS,
        "results": RESULTS,
    }
    return json.dumps(document, indent=1) + "\n"


def _words(command: str, project: str) -> list[str]:
    """Return the words of a command; a program with a slash in its name lies in the project."""
    words = shlex.split(command)
    if words and "/" in words[0]:
        words[0] = os.path.normpath(Path(project) / words[0])
    return words
