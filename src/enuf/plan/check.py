"""What cannot be right about a plan, seen before anything is started."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from enuf.errors import AppNotFound, SettingsInvalid
from enuf.model.address import UNIX_PATH_LIMIT_BYTES, Address, UnixAddress
from enuf.model.app import AppReport, StaticFolder
from enuf.model.topology import Topology
from enuf.plan.topologies import FRONTS, SERVERS, illegal_because
from enuf.settings.schema import Settings


def settings_contradictions(settings: Settings, row: Topology) -> list[str]:
    """Settings that this topology cannot honour, one sentence each."""
    problems = [reason] if (reason := illegal_because(row)) else []
    if row.front not in FRONTS:
        needs_front = {
            "serve.hosts": settings.serve.hosts,
            "static.extra": settings.static.extra,
            "serve.trusted_proxies": settings.serve.trusted_proxies,
            "serve.prefix": settings.serve.prefix,
            "cache": settings.cache,
        }
        problems += [
            f"{key} needs a web server in front, and topology {row.id!r} has none"
            for key, value in needs_front.items()
            if value
        ]
        if settings.tls.mode != "off":
            problems.append(f"tls.mode needs a web server in front, and topology {row.id!r} has none")
    limit = SERVERS[row.server].max_header_bytes
    if limit is not None and settings.serve.max_header.bytes > limit:
        problems.append(
            f"serve.max_header = {settings.serve.max_header}: {row.server} takes {limit // 1024}k at most"
        )
    return problems


def refuse_contradictions(settings: Settings, row: Topology) -> None:
    """Raise SettingsInvalid with all contradictions at once."""
    problems = settings_contradictions(settings, row)
    if len(problems) == 1:
        raise SettingsInvalid(problems[0], "`enuf config` shows every setting and where it came from")
    if problems:
        raise SettingsInvalid(
            f"{len(problems)} settings contradict the topology",
            "`enuf config` shows where each came from",
            detail="\n".join(problems),
        )


def refuse_app(report: AppReport, row: Topology) -> None:
    """Raise AppNotFound when the server cannot run this kind of app."""
    if not report.is_flask and not SERVERS[row.server].takes_any_wsgi:
        raise AppNotFound(
            f"{report.app} is not a Flask app, and topology {row.id!r} can only run Flask apps",
            "use the default topology, nginx-uwsgi, which runs any WSGI app",
            slug="app-not-flask",
        )


def refuse_static(folders: Sequence[StaticFolder], app_directory: str, project: str) -> None:
    """Raise SettingsInvalid for a folder that would hand out the app's source, its settings or its logs (F170)."""
    for folder in folders:
        for private, what in (
            (app_directory, "the app's own folder"),
            (project, "the project's folder"),
            (f"{project}/.enuf", "enuf's folder"),
        ):
            if _contains(folder.directory, private):
                relation = "is" if PurePosixPath(folder.directory) == PurePosixPath(private) else "contains"
                raise SettingsInvalid(
                    f"the static folder {folder.directory} (from {folder.owner}) {relation} {what}: {folder.url}app.py would hand out your source",
                    f'move the files that are meant for the public into a folder of their own; or static.mode = "off" in enuf.toml leaves {folder.url} to the app',
                    slug="static-folder-unsafe",
                )


def refuse_long_socket(address: Address) -> None:
    """Raise SettingsInvalid for a unix socket path that the kernel cannot bind (F22)."""
    if isinstance(address, UnixAddress) and len(address.path.encode()) > UNIX_PATH_LIMIT_BYTES:
        raise SettingsInvalid(
            f"the socket path {address.path} is {len(address.path.encode())} bytes long, and {UNIX_PATH_LIMIT_BYTES} is the limit of the system",
            "choose a shorter path, for example below /tmp or /run",
        )


def _contains(outer: str, inner: str) -> bool:
    return PurePosixPath(inner).is_relative_to(PurePosixPath(outer))
