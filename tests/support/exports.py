"""Exports of a small app whose plan, facts and version are fixed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import yaml

from enuf.discover.written_paths import WrittenPath
from enuf.export.deployment import Deployment, ExportedFile, ExportPlace, ExportRequest, Packages
from enuf.export.describe import deployment_of
from enuf.export.registry import TARGETS
from enuf.export.survey import ProjectFacts
from enuf.plan.build import build
from enuf.plan.in_container import request_in_container
from enuf.plan.topologies import find_topology
from tests.support.parts import PROJECT, plan_request, settings

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
ENV_FILE = f"{PROJECT}/.env"
INSIDE = ExportPlace(folder="deploy", project="..")
FULL: dict[str, object] = {
    "serve.hosts": ["shop.example.com"],
    "reload.health": "/health",
    "reload.before": ["flask db upgrade"],
    "processes": {"worker": {"command": "celery -A shop worker", "count": 2}},
    "schedule": {"nightly": {"command": "flask cleanup", "cron": "0 3 * * *"}},
}
"""Settings with something for every object of a target."""
UPLOADS = WrittenPath(kind="folder", path=f"{PROJECT}/uploads", file="app.py", line=7)
DATABASE = WrittenPath(kind="database", path=f"{PROJECT}/data/shop.db", file="app.py", line=9)
_DONE: dict[str, dict[str, str]] = {}


def facts(*written: WrittenPath, packages: Packages | None = None) -> ProjectFacts:
    """What a survey of the project says."""
    found = packages or Packages(manager="pip", files=("requirements.txt",))
    return ProjectFacts(packages=found, ignored=("deploy/*", ".env"), own_ignored=(), written=written)


def deployment(
    target: str,
    values: Mapping[str, object] | None = None,
    *,
    facts: ProjectFacts | None = None,
    place: ExportPlace = INSIDE,
    request: ExportRequest | None = None,
    env_files: tuple[str, ...] = (ENV_FILE,),
    **differences: Any,
) -> Deployment:
    """The deployment of the app for a target."""
    chosen = TARGETS[target]
    row = find_topology(str((values or {}).get("topology", "nginx-uwsgi")))
    decided = {
        key: text == "true" if text in ("true", "false") else text
        for key, text in chosen.settings(row).items()
    }
    all_values: dict[str, object] = {**(values or {}), **decided}
    asked = plan_request(all_values, env_files=env_files, **differences)
    return deployment_of(
        build(request_in_container(asked, chosen.peers(row))),
        settings(all_values),
        facts or globals()["facts"](),
        place=place,
        request=request or ExportRequest(),
        words=("app.py:app", "--set", "env_file="),
        project=PROJECT,
        version="1.2.3",
    )


def exported(target: str, values: Mapping[str, object] | None = None, **rest: Any) -> dict[str, str]:
    """The files of an export, by name."""
    key = repr((target, values, rest))
    if key not in _DONE:
        files: tuple[ExportedFile, ...] = TARGETS[target].files(deployment(target, values, **rest), ())
        _DONE[key] = {file.name: file.text for file in files}
    return _DONE[key]


def documents(files: Mapping[str, str], name: str) -> list[dict[str, Any]]:
    """The YAML documents of a file."""
    return list(yaml.load_all(files[name], Loader=_LOADER))


def replaced(value: Any, **fields: Any) -> Any:
    """A struct with other values."""
    return msgspec.structs.replace(value, **fields)
