"""Close a running site for maintenance, and open it: a file that nginx looks for."""

from __future__ import annotations

from pathlib import Path

from enuf.control.client import ask_supervisor
from enuf.errors import SettingsInvalid
from enuf.model.paths import StackPaths
from enuf.model.protocol import StatusRequest
from enuf.model.status import StackStatus
from enuf.system import files

_MODE = 0o644


def maintenance_of(paths: StackPaths) -> str:
    """Return `on` or `off`. Raise NotRunning without a stack, SettingsInvalid where no page is set."""
    status = ask_supervisor(paths, StatusRequest(), StackStatus)
    if status.maintenance == "none":
        raise SettingsInvalid(
            "this stack has no page for maintenance",
            'http.maintenance = "./maintenance.html" in enuf.toml, then: enuf reload',
            slug="no-maintenance-page",
        )
    return status.maintenance


def switch_maintenance(paths: StackPaths, *, closed: bool) -> str:
    """Close or open the site and return `on` or `off`. Raise as `maintenance_of` does."""
    maintenance_of(paths)
    mark = Path(paths.closed)
    if closed:
        files.write_whole(mark, "The site is closed. Open it: enuf maintenance off\n", _MODE)
    else:
        files.remove(mark)
    return maintenance_of(paths)
