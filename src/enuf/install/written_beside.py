"""A word at the install about files that the app writes beside its code, where the service is not allowed to."""

from __future__ import annotations

import os
import posixpath
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from enuf.discover.written_paths import WrittenPath, written_paths
from enuf.install.service_folders import is_in
from enuf.model.plan import Plan
from enuf.model.site import Site
from enuf.system.switch_user import ask_as, keeper_of

MOST_WARNINGS = 3


def written_beside(plan: Plan, writable: Sequence[str], site: Site) -> Iterator[str]:
    """Yield a warning with its cure for each path in the project that the app writes and the service may not write."""
    project = Path(plan.paths.project)
    keeper = keeper_of(project) if os.geteuid() == 0 else None
    found = (
        ask_as(keeper, lambda: written_paths(project), list[WrittenPath])
        if keeper
        else written_paths(project)
    )
    closed = [each for each in found if not is_in(_needed(each), writable)]
    for each in closed[:MOST_WARNINGS]:
        place = posixpath.relpath(each.path, project)
        yield f"{each.file}:{each.line} writes {place}, and the service may not write there: {_cure(each, project, site)}"


def _needed(written: WrittenPath) -> str:
    """Return the path that must be writable: of a database also its folder, for the journal beside it."""
    return posixpath.dirname(written.path) if written.kind == "database" else written.path


def _cure(written: WrittenPath, project: Path, site: Site) -> str:
    folder = posixpath.relpath(_needed(written), project)
    if folder == ".":
        return f"keep it in $STATE_DIRECTORY ({site.state}), or in a folder of its own for --writable"
    if folder == "instance":
        line = 'Flask(__name__, instance_path=os.environ.get("STATE_DIRECTORY"))'
        return f"{line} keeps the instance folder in {site.state}; or: enuf install --writable instance"
    return f"enuf install --writable {shlex.quote(folder)}, or keep it in $STATE_DIRECTORY ({site.state})"
