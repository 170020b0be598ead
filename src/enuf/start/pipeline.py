"""The pipeline from an invocation to a plan: settings, discovery, import proof, plan."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

import enuf
from enuf.errors import EnufError, SettingsInvalid
from enuf.model.address import ANY_IPV4, HTTP_PORT, HTTPS_PORT, Address, TcpAddress
from enuf.model.app import AppRef, AppReport, ProtectedFolder, SitePages, StaticFolder
from enuf.model.certificate import TlsPlan
from enuf.model.paths import StackPaths
from enuf.model.plan import Plan, Watch
from enuf.model.release import ProjectRelease, inside_release, name_of_release
from enuf.model.tool import Interpreter, Machine, Toolchain
from enuf.plan.build import build
from enuf.plan.check import contradictions
from enuf.plan.in_container import request_in_container
from enuf.plan.in_image import request_in_image
from enuf.plan.release_paths import through_link
from enuf.plan.request import PlanRequest
from enuf.plan.topologies import SERVERS, TOPOLOGIES, find_topology, tools_needed
from enuf.settings.load import Loaded, Surveyed, survey
from enuf.settings.procfile import Procfile, read_procfile
from enuf.settings.schema import Settings
from enuf.settings.sections.processes import ProcessSetting
from enuf.start.certificate import tls_plan
from enuf.start.invocation import Invocation
from enuf.start.named_folders import extra_static, protected_folders, site_pages
from enuf.start.password_files import refuse_unusable_passwords
from enuf.system.git import revision_of
from enuf.system.release_link import find_release_link
from enuf.system.tree import fingerprint


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """The inputs of a plan that are known before the app is imported."""

    invocation: Invocation
    loaded: Loaded
    app: AppRef
    toolchain: Toolchain
    paths: StackPaths
    env_files: tuple[str, ...]
    extra_static: tuple[StaticFolder, ...]
    protected: tuple[ProtectedFolder, ...]
    pages: SitePages
    processes: dict[str, ProcessSetting]
    """The processes of a Procfile, where the settings name none."""
    tls: TlsPlan | None
    notes: tuple[str, ...]

    @property
    def settings(self) -> Settings:
        """The effective settings."""
        return self.loaded.settings


def read_settings(invocation: Invocation, environ: Mapping[str, str]) -> Loaded:
    """Load the settings of the project. Raises SettingsInvalid, which lists every problem."""
    return at_bound(survey_settings(invocation, environ).accepted(), invocation.bound)


def survey_settings(invocation: Invocation, environ: Mapping[str, str]) -> Surveyed:
    """Load the settings of the project as far as they can be read, with every problem."""
    flags: dict[str, tuple[str, object]] = dict(invocation.flags)
    if invocation.dev:
        flags["reload.watch"] = ("--dev", "true")
    return survey(
        Path(invocation.project),
        flags=flags,
        environ=environ,
        topologies=tuple(TOPOLOGIES),
        also=lambda settings, origins: contradictions(settings, find_topology(settings.topology), origins),
        defaults=_of_site if invocation.for_site else None,
    )


def _of_site(values: Mapping[str, object]) -> Mapping[str, object]:
    """Return the defaults of a site behind the host's nginx, which differ from those of a stack of its own."""
    port = HTTP_PORT if values.get("tls.mode", "off") == "off" else HTTPS_PORT
    return {"serve.listen": TcpAddress(ANY_IPV4, port)}


def at_bound(loaded: Loaded, bound: Mapping[str, Address]) -> Loaded:
    """Replace port 0 in the settings by the port that the system chose."""
    serve = loaded.settings.serve
    for key, address in bound.items():
        section, _, name = key.partition(".")
        wish = getattr(serve, name) if section == "serve" else None
        if isinstance(wish, TcpAddress) and wish.port == 0:
            serve = replace(serve, **{name: address})
    return Loaded(replace(loaded.settings, serve=serve), loaded.origins)


def outline(invocation: Invocation, loaded: Loaded, environ: Mapping[str, str], paths: StackPaths) -> Outline:
    """Find the app, its interpreter and the servers' programs; the app is not imported.

    Raises AppNotFound, ToolUnusable or SettingsInvalid.
    """
    from enuf.discover.app import find_app
    from enuf.discover.interpreter import find_interpreter

    # Without links: what a server starts with must not change under it when `current` leads to the next release.
    project, settings = Path(os.path.realpath(invocation.project)), loaded.settings
    wish = invocation.target or settings.app or None
    env_files = _env_files(project, loaded)
    app = _pinned_app(invocation, wish) or find_app(project, wish, environ, env_files)
    if invocation.site is None:  # else the host's nginx reads them, and the app's user need not
        refuse_unusable_passwords(project, settings)
    tls, notes = tls_plan(project, invocation, settings, paths)
    procfile = read_procfile(project) if loaded.origins["processes"].kind == "default" else Procfile()
    python = find_interpreter(project, settings.python, environ)
    return Outline(
        invocation=invocation,
        loaded=loaded,
        app=app,
        toolchain=_toolchain(settings, python),
        paths=paths,
        env_files=env_files,
        extra_static=extra_static(project, settings),
        protected=protected_folders(project, settings),
        pages=site_pages(project, settings),
        processes=procfile.processes,
        tls=tls,
        notes=(*notes, *procfile.notes),
    )


def _pinned_app(invocation: Invocation, wish: str | None) -> AppRef | None:
    """Return the app of the start, in the folder where the project is now.

    None when another one is asked for.
    """
    pinned, before = invocation.pinned, invocation.pinned_in
    if pinned is None or wish != invocation.pinned_target:
        return None
    now = os.path.realpath(invocation.project)
    file = None if pinned.file is None else through_link(pinned.file, now, before)
    return replace(pinned, directory=through_link(pinned.directory, now, before), file=file)


def required_paths(
    invocation: Invocation, loaded: Loaded, environ: Mapping[str, str], app: AppRef
) -> Iterator[Path]:
    """Yield the paths that the servers' user must be able to read, in the order in which a start needs them.

    The caller tests each path as that user before the next one is computed. Any other problem ends the list:
    the start itself reports that problem later.
    """
    project, wish = Path(invocation.project), loaded.settings.python
    yield project
    yield from (path for name in ("enuf.toml", "pyproject.toml") if os.path.lexists(path := project / name))
    yield Path(app.file or project)
    yield from (project / name for name in loaded.settings.env_file)
    yield from (Path(os.__file__), Path(enuf.__file__).parent, Path(msgspec.__file__))  # the supervisor's own
    # Imported only now: the files above must be readable for these imports to succeed.
    from enuf.discover.interpreter import choose_interpreter, find_interpreter

    yield Path(choose_interpreter(project, wish, environ)[0])
    with contextlib.suppress(EnufError):
        python = find_interpreter(project, wish, environ)
        yield from (Path(python.prefix), Path(f"{python.base_prefix}/lib/python{python.minor}/os.py"))
        tools = _toolchain(loaded.settings, python).tools.values()
        yield from (Path(word) for tool in tools for word in tool.argv if word.startswith("/"))


def pin_app(invocation: Invocation, found: Outline) -> Invocation:
    """Bind the invocation to the app that was found, so that a reload asks for that app again."""
    return replace(
        invocation,
        pinned=found.app,
        pinned_target=invocation.target or found.settings.app or None,
        pinned_in=os.path.realpath(invocation.project),
    )


def _toolchain(settings: Settings, python: Interpreter) -> Toolchain:
    from enuf.discover.machine import find_machine
    from enuf.discover.tools import FINDERS

    return Toolchain(
        machine=find_machine(),
        python=python,
        tools={name: FINDERS[name](choice, python) for name, choice in tools_needed(settings).items()},
    )


def _env_files(project: Path, loaded: Loaded) -> tuple[str, ...]:
    """Return the env files that exist.

    Raises SettingsInvalid for a file that the settings name and that is missing.
    """
    found = []
    for name in loaded.settings.env_file:
        path = project / name
        if path.is_file():
            if not os.access(path, os.R_OK):
                raise SettingsInvalid(
                    f"{path} cannot be read",
                    f"chmod or chown it, or change env_file ({loaded.origins['env_file']})",
                )
            found.append(str(path))
        elif loaded.origins["env_file"].kind != "default":
            raise SettingsInvalid(
                f"{loaded.origins['env_file']}: there is no env_file {path}",
                "create it, or remove it from env_file",
            )
    return tuple(found)


def app_environment(outline: Outline, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the app."""
    from enuf.system.env_files import with_values_of

    return with_values_of(outline.env_files, environ)


def probe_import(outline: Outline, environ: Mapping[str, str]) -> AppReport:
    """Import the app in a throw-away process. Raises AppImportFailed with the app's traceback."""
    from enuf.discover.importable import import_app

    return import_app(
        outline.app,
        outline.toolchain.python,
        project=Path(outline.invocation.project),
        environ=app_environment(outline, environ),
        timeout_s=outline.settings.reload.wait.seconds,
        in_uwsgi=find_topology(outline.settings.topology).server == "uwsgi",
    )


def provisional_report(outline: Outline) -> AppReport | None:
    """Return a provisional report to start the app server with, while the import proof still runs.

    None where only an import can tell what to serve, or where the server depends on the report.
    """
    server = SERVERS[find_topology(outline.settings.topology).server]
    if not outline.app.is_resolved or not server.takes_any_wsgi:
        return None
    return AppReport(app=outline.app, is_flask=False, python_version=outline.toolchain.python.version)


def plan_of(outline: Outline, report: AppReport, notes: tuple[str, ...] = ()) -> Plan:
    """Build the plan. Raises SettingsInvalid or AppNotFound."""
    settings = outline.settings
    request = PlanRequest(
        report=report,
        settings=settings,
        origins=dict(outline.loaded.origins),
        toolchain=outline.toolchain,
        paths=outline.paths,
        extra_static=outline.extra_static,
        protected=outline.protected,
        pages=outline.pages,
        real_paths=_real_paths(outline, report),
        env_files=outline.env_files,
        processes=outline.processes,
        watch=settings.reload.watch,
        dev=outline.invocation.dev,
        notes=(*notes, *outline.notes),
        enuf_python=sys.executable,
        site=outline.invocation.site,
        tls=outline.tls,
        rendered=outline.invocation.rendered,
    )
    plan = build(_placed(request, outline.invocation))
    watch = plan.watch or Watch(folders=tuple({outline.paths.project, outline.app.directory}))
    sources = tuple(
        suffix for suffix in watch.suffixes if suffix != ".toml"
    )  # settings are compared as settings
    return replace(
        plan, code=fingerprint(watch.folders, sources), release=_release(Path(outline.invocation.project))
    )


def _placed(request: PlanRequest, invocation: Invocation) -> PlanRequest:
    """Return the request with the paths of the place that the plan is for: this host, an image's tree, a container."""
    if invocation.image:
        return request_in_image(request, invocation.image)
    return request_in_container(request, invocation.peers) if invocation.container else request


def _release(project: Path) -> ProjectRelease:
    """Return the version of the project's code that is there now."""
    folder, link = os.path.realpath(project), find_release_link(project)
    name = name_of_release(inside_release(folder, link.inside)) if link else ""
    revision, changed = revision_of(Path(folder), os.environ)
    return ProjectRelease(folder=folder, name=name, revision=revision, changed=changed)


def _real_paths(outline: Outline, report: AppReport) -> dict[str, str]:
    """Resolve the links of the plan's folders.

    A static folder may be the app's own folder under another name.
    """
    statics = (folder.directory for folder in (*report.static_folders, *outline.extra_static))
    protected = (folder.directory for folder in outline.protected)
    passwords = outline.settings.access.paths_in(outline.paths.project)
    named = (outline.paths.project, report.app.directory, *passwords, *statics, *protected)
    return {path: os.path.realpath(path) for path in named}


def full_plan(
    invocation: Invocation, environ: Mapping[str, str], paths: StackPaths, machine: Machine | None = None
) -> Plan:
    """Run the whole pipeline: read the settings, find and import the app, build the plan.

    Pass `machine` where one user makes the plan for another one.
    """
    loaded = read_settings(invocation, environ)
    found = outline(invocation, loaded, environ, paths)
    if machine is not None:
        found = replace(found, toolchain=replace(found.toolchain, machine=machine))
    return plan_of(found, probe_import(found, environ))
