"""What is installed on this machine for the servers that are compared."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from enuf.bench.results import Version
from enuf.bench.subjects.base import Need, Subject
from enuf.discover.tools import find_nginx, find_uwsgi
from enuf.errors import ToolUnusable
from enuf.model.tool import Interpreter, Tool
from enuf.system.subprocesses import answer_of

_ASK_WITHIN_S = 30
_PROGRAM = Path(__file__).with_name("packages_program.py")


class InstalledServers(msgspec.Struct, frozen=True, kw_only=True):
    """Programs and packages that are there."""

    nginx: str = ""
    uwsgi: tuple[str, ...] = ()
    packages: dict[str, str] = {}
    """Versions in the app's Python, by name."""
    versions: tuple[Version, ...] = ()

    def lacks(self, subject: Subject) -> str:
        """Return what a way to serve needs and this machine lacks, with what to type; empty when all is there."""
        lacking = [need for need in subject.needs if not self._has(need)]
        names = " and ".join(need.program or need.package for need in lacking)
        commands = "; ".join(need.install for need in lacking)
        return f"{names} is not installed: {commands}" if lacking else ""

    def _has(self, need: Need) -> bool:
        if need.package:
            return need.package in self.packages
        at_hand = {"nginx": bool(self.nginx), "uwsgi": bool(self.uwsgi)}
        return at_hand[need.program] if need.program in at_hand else shutil.which(need.program) is not None


def look_for(subjects: Iterable[Subject], python: Interpreter) -> InstalledServers:
    """Look for everything that the ways to serve need: the same nginx and uWSGI as enuf's own topologies use."""
    wanted = sorted({need.package for subject in subjects for need in subject.needs if need.package})
    packages = _packages(wanted, python.executable)
    tools = [tool for find in (find_nginx, find_uwsgi) for tool in _found(find, python)]
    versions = [Version(name=tool.name, version=tool.version) for tool in tools]
    versions += [Version(name=name, version=version) for name, version in sorted(packages.items())]
    argv = {tool.name: tool.argv for tool in tools}
    return InstalledServers(
        nginx=argv.get("nginx", ("",))[0],
        uwsgi=argv.get("uwsgi", ()),
        packages=packages,
        versions=tuple(versions),
    )


def _packages(names: list[str], python: str) -> dict[str, str]:
    try:
        done = answer_of([python, str(_PROGRAM), *names], within_s=_ASK_WITHIN_S)
        found: dict[str, str] = json.loads(done.stdout)
    except (OSError, ValueError):
        return {}
    return found


def _found(find: Callable[[str, Interpreter], Tool], python: Interpreter) -> list[Tool]:
    """Return the embedded program, or else the system's, in a list; an empty list without both."""
    for choice in ("embedded", "system"):
        with contextlib.suppress(ToolUnusable):
            return [find(choice, python)]
    return []
