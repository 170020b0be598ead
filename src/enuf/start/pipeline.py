"""From what a person typed to a plan: discover, settings and plan, in their order, with their effects."""

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
from enuf.model.address import Address, TcpAddress
from enuf.model.app import AppRef, AppReport, StaticFolder
from enuf.model.paths import StackPaths
from enuf.model.plan import Plan, Watch
from enuf.model.site import Site
from enuf.model.tool import Interpreter, Machine, Toolchain
from enuf.plan.build import PlanRequest, build
from enuf.plan.check import contradictions
from enuf.plan.topologies import SERVERS, TOPOLOGIES, find_topology, tools_needed
from enuf.settings.load import Loaded, load
from enuf.settings.schema import Settings
from enuf.system.tree import fingerprint


class Invocation(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed, so that a reload can read everything else anew."""

    project: str
    target: str | None = None
    flags: dict[str, tuple[str, str | tuple[str, ...]]] = {}
    dev: bool = False
    bound: dict[str, Address] = {}
    """The addresses that are already bound, by their settings, for those that leave the choice to the system (port 0)."""
    pinned: AppRef | None = None
    """The app that `wish` meant when the stack was started: a reload asks for the same one, however broken it is now."""
    pinned_wish: str | None = None
    site: Site | None = None
    """The host's own nginx stands in front, with this site."""


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """All that a plan needs but what only an import of the app can tell."""

    invocation: Invocation
    loaded: Loaded
    app: AppRef
    toolchain: Toolchain
    paths: StackPaths
    env_files: tuple[str, ...]
    extra_static: tuple[StaticFolder, ...]

    @property
    def settings(self) -> Settings:
        """The effective settings."""
        return self.loaded.settings


def read_settings(invocation: Invocation, environ: Mapping[str, str]) -> Loaded:
    """The settings of the project. Raises SettingsInvalid with every problem at once."""
    flags: dict[str, tuple[str, object]] = dict(invocation.flags)
    if invocation.dev:
        flags["reload.watch"] = ("--dev", "true")
    loaded = load(
        Path(invocation.project),
        flags=flags,
        environ=environ,
        topologies=tuple(TOPOLOGIES),
        also=lambda settings, origins: contradictions(settings, find_topology(settings.topology), origins),
    )
    return at_bound(loaded, invocation.bound)


def at_bound(loaded: Loaded, bound: Mapping[str, Address]) -> Loaded:
    """The same settings, with the addresses that the system chose where they left it the choice."""
    serve = loaded.settings.serve
    for key, address in bound.items():
        name = key.removeprefix("serve.")
        wish = getattr(serve, name)
        if isinstance(wish, TcpAddress) and wish.port == 0:
            serve = replace(serve, **{name: address})
    return Loaded(replace(loaded.settings, serve=serve), loaded.origins)


def outline(invocation: Invocation, loaded: Loaded, environ: Mapping[str, str], paths: StackPaths) -> Outline:
    """What is to be served and with which tools; the app is not imported.

    Raises AppNotFound, ToolUnusable or SettingsInvalid.
    """
    from enuf.discover.app import find_app
    from enuf.discover.interpreter import find_interpreter

    project, settings = Path(invocation.project), loaded.settings
    wish = invocation.target or settings.app or None
    is_pinned = invocation.pinned is not None and wish == invocation.pinned_wish
    app = invocation.pinned if invocation.pinned and is_pinned else find_app(project, wish, environ)
    python = find_interpreter(project, settings.python, environ)
    return Outline(
        invocation=invocation,
        loaded=loaded,
        app=app,
        toolchain=_toolchain(settings, python),
        paths=paths,
        env_files=_env_files(project, loaded),
        extra_static=_extra_static(project, settings),
    )


def what_must_be_read(
    invocation: Invocation, loaded: Loaded, environ: Mapping[str, str], app: AppRef
) -> Iterator[Path]:
    """What the servers' user must be able to read, one by one: each is asked for as that user, once those before are fine.

    A problem of another kind ends the list: it is told when the real work comes upon it.
    """
    project, wish = Path(invocation.project), loaded.settings.python
    yield project
    yield from (path for name in ("enuf.toml", "pyproject.toml") if os.path.lexists(path := project / name))
    yield Path(app.file or project)
    yield from (project / name for name in loaded.settings.env_file)
    yield from (Path(os.__file__), Path(enuf.__file__).parent, Path(msgspec.__file__))  # the supervisor's own
    # Not before: who may not read those cannot import either.
    from enuf.discover.interpreter import choose_interpreter, find_interpreter

    yield Path(choose_interpreter(project, wish, environ)[0])
    with contextlib.suppress(EnufError):
        python = find_interpreter(project, wish, environ)
        yield from (Path(python.prefix), Path(f"{python.base_prefix}/lib/python{python.minor}/os.py"))
        tools = _toolchain(loaded.settings, python).tools.values()
        yield from (Path(word) for tool in tools for word in tool.argv if word.startswith("/"))


def pin(invocation: Invocation, found: Outline) -> Invocation:
    """The invocation, bound to the app that was found."""
    return replace(invocation, pinned=found.app, pinned_wish=invocation.target or found.settings.app or None)


def _toolchain(settings: Settings, python: Interpreter) -> Toolchain:
    from enuf.discover.machine import find_machine
    from enuf.discover.tools import FINDERS

    wishes = {"nginx": settings.nginx, "uwsgi": settings.uwsgi, "gunicorn": "embedded"}
    needed = tools_needed(find_topology(settings.topology))
    return Toolchain(
        machine=find_machine(),
        python=python,
        tools={name: FINDERS[name](wishes[name], python) for name in needed},
    )


def _env_files(project: Path, loaded: Loaded) -> tuple[str, ...]:
    """The files that exist; one that somebody named must exist."""
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


def _extra_static(project: Path, settings: Settings) -> tuple[StaticFolder, ...]:
    folders = []
    for url, name in settings.static.extra.items():
        path = Path(os.path.normpath(project / name))
        if not path.is_dir():
            raise SettingsInvalid(
                f"static.extra: there is no folder {path} for {url}",
                "create it, or remove it from static.extra",
            )
        if not os.access(path, os.R_OK | os.X_OK):
            raise SettingsInvalid(
                f"static.extra: the user who runs the app may not read {path}: nginx is not to serve it for {url}",
                "give that user the right to read it, or remove it from static.extra",
            )
        if "$" in str(path) + url:
            raise SettingsInvalid(
                f"static.extra: nginx cannot serve {path}, the $ in it would be a variable",
                "rename the folder",
            )
        folders.append(
            StaticFolder(url=settings.serve.prefix + url, directory=str(path), owner="static.extra")
        )
    return tuple(folders)


def app_environment(outline: Outline, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment that the app sees when it is imported; a real variable wins over one from a file."""
    from enuf.system.env_files import values_of

    return {**values_of(outline.env_files), **environ}


def prove(outline: Outline, environ: Mapping[str, str]) -> AppReport:
    """What importing the app in a throw-away process tells. Raises AppImportFailed with the app's own traceback."""
    from enuf.discover.importable import import_app

    return import_app(
        outline.app,
        outline.toolchain.python,
        project=Path(outline.invocation.project),
        environ=app_environment(outline, environ),
        timeout_s=outline.settings.reload.wait.seconds,
    )


def assumed(outline: Outline) -> AppReport | None:
    """The report that is enough to start the app server with, before the import has told the rest.

    None where only an import can tell what to serve, or where the server depends on it.
    """
    server = SERVERS[find_topology(outline.settings.topology).server]
    if not outline.app.is_resolved or not server.takes_any_wsgi:
        return None
    return AppReport(app=outline.app, is_flask=False, python_version=outline.toolchain.python.version)


def plan_of(outline: Outline, report: AppReport, notes: tuple[str, ...] = ()) -> Plan:
    """The plan. Raises SettingsInvalid or AppNotFound."""
    settings = outline.settings
    plan = build(
        PlanRequest(
            report=report,
            settings=settings,
            origins=dict(outline.loaded.origins),
            toolchain=outline.toolchain,
            paths=outline.paths,
            extra_static=outline.extra_static,
            real_paths=_real_paths(outline, report),
            env_files=outline.env_files,
            watch=settings.reload.watch,
            notes=notes,
            enuf_python=sys.executable,
            site=outline.invocation.site,
        )
    )
    watch = plan.watch or Watch(folders=tuple({outline.paths.project, outline.app.directory}))
    sources = tuple(
        suffix for suffix in watch.suffixes if suffix != ".toml"
    )  # settings are compared as settings
    return replace(plan, code=fingerprint(watch.folders, sources))


def _real_paths(outline: Outline, report: AppReport) -> dict[str, str]:
    """Where links lead: a static folder may be the app's own folder under another name."""
    statics = (folder.directory for folder in (*report.static_folders, *outline.extra_static))
    named = (outline.paths.project, report.app.directory, *statics)
    return {path: os.path.realpath(path) for path in named}


def full_plan(
    invocation: Invocation, environ: Mapping[str, str], paths: StackPaths, machine: Machine | None = None
) -> Plan:
    """The whole first half of the pipeline: settings and app read anew, the app imported, the plan made.

    `machine` is given where the plan is made by one user and meant for another.
    """
    loaded = read_settings(invocation, environ)
    found = outline(invocation, loaded, environ, paths)
    if machine is not None:
        found = replace(found, toolchain=replace(found.toolchain, machine=machine))
    return plan_of(found, prove(found, environ))
