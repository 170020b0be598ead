"""An export from the project's files: its plan for a container, its facts, the doctor's findings, and the remarks."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from enuf import __version__
from enuf.doctor.collect.deployment import collect, findings_of_own_server
from enuf.errors import EnufError
from enuf.export.deployment import Deployment, ExportedFile, ExportPlace, ExportRequest
from enuf.export.describe import LISTEN, deployment_of, setting_words, target_words
from enuf.export.refusals import refuse_what_no_image_holds
from enuf.export.remarks import (
    app_remarks,
    project_remarks,
    setting_remarks,
    survey_remarks,
    variable_remarks,
)
from enuf.export.survey import ProjectFacts, survey_project
from enuf.export.targets.base import ExportTarget
from enuf.model.finding import Finding
from enuf.model.plan import Plan
from enuf.plan.check import refuse_without_files
from enuf.plan.in_container import PATHS
from enuf.plan.topologies import find_topology
from enuf.settings.load import Loaded
from enuf.start.invocation import Invocation
from enuf.start.own_server import own_server
from enuf.start.plan_only import planned
from enuf.start.privileges import read_settings_of_keeper, with_rights_of_keeper

_BY_EXPORT = "enuf export"
"""The origin of a setting that the engine decides, in place of a flag."""


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """The files for an engine, and what people must know about them."""

    deployment: Deployment
    files: tuple[ExportedFile, ...]
    remarks: tuple[str, ...]


def gather(
    invocation: Invocation,
    environ: Mapping[str, str],
    target: ExportTarget,
    place: ExportPlace,
    request: ExportRequest,
) -> Export:
    """Plan the containers of a project and render their files; nothing is written.

    Raise SettingsInvalid for what cannot be in an image, and the EnufError that a start would raise.
    """
    loaded = read_settings_of_keeper(invocation, environ)
    row = find_topology(loaded.settings.topology)
    decided = {key: (_BY_EXPORT, value) for key, value in target.settings(row).items()}
    inside = replace(
        invocation,
        flags={**invocation.flags, **decided},
        container=True,
        rendered=True,
        peers=target.peers(row),
    )
    project = invocation.project
    plan, _ = planned(inside, environ, replace(PATHS, project=project))
    refuse_without_files(plan)
    settings = read_settings_of_keeper(inside, environ).settings
    facts = _facts(Path(project), place, plan)
    refuse_what_no_image_holds(facts, loaded.settings, project)
    deployment = deployment_of(
        plan,
        settings,
        facts,
        place=place,
        request=request,
        words=_words(invocation, loaded, environ, plan),
        project=project,
        version=__version__,
    )
    remarks = (
        *setting_remarks(target, loaded.origins),
        *app_remarks(deployment, target, plan.notes, _findings(Path(project), environ)),
        *project_remarks(deployment, target, has_proxies=bool(settings.serve.trusted_proxies)),
        *survey_remarks(facts, project),
        *variable_remarks(facts, target),
    )
    return Export(
        deployment=deployment,
        files=target.files(deployment, facts.own_ignored),
        remarks=tuple(dict.fromkeys(remarks)),
    )


def _facts(project: Path, place: ExportPlace, plan: Plan) -> ProjectFacts:
    with with_rights_of_keeper(project):
        return survey_project(project, place, _environment(project), plan.env_files)


def _environment(project: Path) -> str:
    """Return the project's own virtual environment, whose packages are the app's; empty without one."""
    from enuf.discover.interpreter import own_environment

    return str(own_environment(project, {}) or "")


def _words(invocation: Invocation, loaded: Loaded, environ: Mapping[str, str], plan: Plan) -> tuple[str, ...]:
    """Return the arguments of `enuf up` in the container: the app, and what stands in no file of the project."""
    given: dict[str, str] = {}
    for key, origin in loaded.origins.items():
        if origin.kind == "env":
            given[key] = environ.get(origin.where, "")
        elif origin.kind == "flag" and key in invocation.flags:
            value = invocation.flags[key][1]
            given[key] = value if isinstance(value, str) else ",".join(value)
    for key in ("python", "nginx", "uwsgi"):
        if loaded.origins[key].kind != "default":
            given[key] = "auto" if key == "python" else "embedded"
    if loaded.settings.tls.on:
        given["tls.mode"] = "off"
    given |= {"env_file": "", "serve.listen": LISTEN}
    app = target_words(plan.app, invocation.target, is_set=bool(loaded.settings.app))
    return (*app, *setting_words(given))


def _findings(project: Path, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return the doctor's findings about the app as enuf serves it; none where the doctor finds no app."""
    try:
        own = own_server(project, environ)
    except EnufError:
        return ()
    if own is None:
        return ()
    found = findings_of_own_server(collect((project,)), own, (project,))
    return tuple(replace(each, file=os.path.relpath(each.file, project)) for each in found)
