"""A golden case as a plan: what is found on a machine is fixed here, all else comes from the case's own folder.

A folder holds enuf.toml, the app, what is rendered, and perhaps a case.toml with `build`, `user`, `project` or `dev`.
"""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

import msgspec

from enuf.discover.app import find_app
from enuf.discover.importable import import_app
from enuf.discover.interpreter import find_interpreter
from enuf.model.app import SPA, AppReport, ProtectedFolder, SitePages, StaticFolder
from enuf.model.plan import Plan
from enuf.plan.build import build
from enuf.plan.request import PlanRequest
from enuf.plan.topologies import TOPOLOGIES
from enuf.servers.shim import MORE, PARTS
from enuf.settings.load import survey
from enuf.settings.schema import Settings
from enuf.start.named_folders import PROTECTED
from tests.support.parts import PROJECT, paths, toolchain

HERE = Path(__file__).parent
CASES = sorted(path.parent.name for path in HERE.glob("*/enuf.toml"))
TYPES = HERE / "mime.types"
REGENERATE = "python -m tests.golden.regenerate"


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a case.toml may say."""

    build: str = "embedded"
    user: str = "shop"
    project: str = PROJECT
    dev: bool = False


def case_of(name: str) -> Case:
    """The fixed surroundings of a case."""
    file = HERE / name / "case.toml"
    return msgspec.convert(tomllib.loads(file.read_text()) if file.exists() else {}, Case)


def rendered(name: str) -> dict[str, str]:
    """The files of a case, by name; the types and the wrapper's modules are the same in all."""
    return {
        file.name: file.text for file in plan_of(name).files if file.name not in ("mime.types", *PARTS, *MORE)
    }


def kept(case: str, name: str) -> Path:
    """Where a rendered file is kept; one in Python ends in .txt, or checkers would take it for code of this project."""
    return HERE / case / (f"{name}.txt" if name.endswith(".py") else name)


def types() -> str:
    """The file that every nginx.conf includes."""
    return plan_of("default").file("mime.types").text


def plan_of(name: str) -> Plan:
    """The plan of a case, as it would be on the fixed machine."""
    case, folder = case_of(name), HERE / name
    settings = survey(folder, flags={}, environ={}, topologies=tuple(TOPOLOGIES)).accepted().settings
    return build(
        PlanRequest(
            report=_report(folder, case, settings),
            settings=settings,
            toolchain=toolchain(case.build, user=case.user, is_root=case.user == "root"),
            paths=paths(case.project),
            extra_static=tuple(
                StaticFolder(
                    url=settings.serve.prefix + url,
                    directory=os.path.normpath(f"{case.project}/{directory}"),
                    owner=owner,
                )
                for owner, folders in (("static.extra", settings.static.extra), (SPA, settings.static.spa))
                for url, directory in folders.items()
            ),
            pages=_pages(case, settings),
            protected=tuple(
                ProtectedFolder(
                    url=url,
                    directory=os.path.normpath(f"{case.project}/{directory}"),
                    address=f"{PROTECTED}{number}/",
                )
                for number, (url, directory) in enumerate(settings.static.protected.items())
            ),
            watch=case.dev,
        )
    )


def _pages(case: Case, settings: Settings) -> SitePages:
    http = settings.http
    errors: dict[str, str] = {
        status: os.path.normpath(f"{case.project}/{file}") for status, file in http.error_pages.items()
    }
    closed = os.path.normpath(f"{case.project}/{http.maintenance}") if http.maintenance else ""
    return SitePages(errors=errors, maintenance=closed)


def _report(folder: Path, case: Case, settings: Settings) -> AppReport:
    """What importing the case's app tells, as if its folder were the fixed one."""
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    report = import_app(
        find_app(folder, settings.app or None, {}),
        find_interpreter(folder, sys.executable, {}),
        project=folder,
        environ=environ,
        timeout_s=60,
    )
    moved = msgspec.json.encode(report).decode().replace(str(folder), case.project)
    return msgspec.json.decode(moved, type=AppReport)
