"""Everything that an installed site consists of, as changes of the host. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Protocol

import msgspec
from msgspec.structs import replace

from enuf.errors import Conflict
from enuf.install.certbot import digest_without_certbot
from enuf.install.certificate_script import public_part
from enuf.install.change import (
    HostChange,
    MakeFolder,
    MakeLink,
    MakeLog,
    RemovePath,
    WriteFile,
    digest_of_change,
)
from enuf.install.logrotate import FOLDER as LOGROTATE_FOLDER
from enuf.install.logrotate import HOST_RULE, rotated_by_host
from enuf.install.nginx_layout import SiteLayout
from enuf.install.services.base import ServiceFiles, ServiceFormat
from enuf.install.tree import PathState
from enuf.model.site import LIBRARY, Installed, Site, Written, record_of


class PathReader(Protocol):
    """A function that returns the state of a path of the host: `HostTree.state`."""

    def __call__(self, path: str, *, with_content: bool = True) -> PathState:
        """Return the state of a path, without the content of a file where that is not wanted."""
        ...


class SiteChanges(msgspec.Struct, frozen=True, kw_only=True):
    """The changes that make a site, and the site's record, which is written by the last of them."""

    changes: tuple[HostChange, ...]
    record: Installed
    site_path: str
    service: ServiceFiles


class LogOwner(msgspec.Struct, frozen=True):
    """The ids on the host of the user who may write nginx's logs, and of the group that may read them."""

    user: int | None
    group: int | None


class CertificateTexts(msgspec.Struct, frozen=True, kw_only=True):
    """The certificate that nginx reads, and the files that keep it up to date."""

    pair: str
    is_stand_in: bool
    """True until an authority has issued one: plain HTTP serves the site until then."""
    script: str
    units: tuple[WriteFile | MakeLink, ...]


class FailureTexts(msgspec.Struct, frozen=True, kw_only=True):
    """The files by which a failed site is tried again, and told of."""

    files: tuple[WriteFile, ...]
    secrets: tuple[WriteFile, ...] = ()
    """Files that root alone may read, and whose content no record holds."""


class SiteTexts(msgspec.Struct, frozen=True, kw_only=True):
    """The texts of a site's files, and the files of its service."""

    site: str
    rotation: str
    service: ServiceFiles
    certificate: CertificateTexts | None = None
    failure: FailureTexts


def site_changes(
    record: Installed, texts: SiteTexts, layout: SiteLayout, logs: LogOwner, state: PathReader
) -> SiteChanges:
    """Return every change that makes the site, those included that the host does not need."""
    site, service = record.site, texts.service
    name = f"{site.full_name}{layout.ending}"
    site_path = f"{layout.folder}/{name}"
    files: list[WriteFile | MakeLink] = [
        WriteFile(site_path, texts.site),
        service.definition,
        *service.sockets,
        *service.beside,
    ]
    if state(LOGROTATE_FOLDER).kind == "folder" and not rotated_by_host(
        site.nginx.log, state(HOST_RULE).content
    ):
        files.append(WriteFile(f"{LOGROTATE_FOLDER}/{site.full_name}", texts.rotation))
    if layout.link_folder:
        files.append(MakeLink(f"{layout.link_folder}/{name}", site_path))
    files += service.links
    files += texts.failure.files
    pair = (*texts.failure.secrets, *_certificate(site, texts.certificate, files))
    made = [*(file.path for file in (*files, *pair)), record_of(site.name), site.access_log, site.error_log]
    folders = _missing_folders(made, state)
    written = tuple(
        Written(
            path=file.path,
            digest=digest_of_change(file),
            rest=digest_without_certbot(texts.site) if file.path == site_path else "",
        )
        for file in files
    )
    record = replace(
        record,
        beside=service.stopped,
        job_times=service.job_times,
        files=written,
        folders=tuple(dict.fromkeys((*record.folders, *folders))),
    )
    # Made before nginx makes them, which would let everybody read them.
    nginx_logs = [MakeLog(path, 0o640, logs.user, logs.group) for path in (site.access_log, site.error_log)]
    record_file = WriteFile(record_of(site.name), _as_json(record))
    return SiteChanges(
        changes=(*map(MakeFolder, folders), *nginx_logs, *pair, *files, record_file),
        record=record,
        site_path=site_path,
        service=service,
    )


def _certificate(
    site: Site, texts: CertificateTexts | None, files: list[WriteFile | MakeLink]
) -> tuple[WriteFile | RemovePath, ...]:
    """Add the files that keep the certificate up to date, and return those of the certificate, which changes by itself."""
    if texts is None:
        return ()
    files += (WriteFile(site.certificate_script, texts.script, 0o755), *texts.units)
    return (
        WriteFile(site.certificate, texts.pair, 0o600, is_secret=True),
        WriteFile(site.public_certificate, public_part(texts.pair)),
        WriteFile(site.plain_http, "") if texts.is_stand_in else RemovePath(site.plain_http),
    )


def paths_beside_record(record: Installed | None) -> tuple[str, ...]:
    """Return the paths of a site's files whose content is not recorded: the certificate, which changes, and secrets."""
    if record is None:
        return ()
    site = record.site
    certificate = (site.certificate, site.public_certificate, site.plain_http) if record.tls else ()
    return (*certificate, *((site.alert_settings,) if record.has_alerts else ()))


def certificate_leftovers(site: Site) -> tuple[str, ...]:
    """Return the paths that the script of the certificate makes beside the certificate."""
    return (site.certificate_problem, f"{site.certificate}.old", f"{site.certificate}.new")


def _missing_folders(paths: Sequence[str], state: PathReader) -> list[str]:
    missing: list[str] = []
    for path in paths:
        chain = []
        folder = posixpath.dirname(path)
        while folder not in ("/", LIBRARY) and folder not in missing and not state(folder).exists:
            chain.append(folder)
            folder = posixpath.dirname(folder)
        missing += reversed(chain)
    return missing


def _as_json(record: Installed) -> str:
    return msgspec.json.format(msgspec.json.encode(record), indent=1).decode() + "\n"


def pending_changes(changes: Sequence[HostChange], state: PathReader) -> tuple[HostChange, ...]:
    """Return the changes that the host needs: those whose path is not yet as they would leave it."""
    return tuple(
        change
        for change in changes
        # Of a log, which may be large, only its existence counts.
        if not _is_applied(change, state(change.path, with_content=not isinstance(change, MakeLog)))
    )


def _is_applied(change: HostChange, state: PathState) -> bool:
    match change:
        case MakeFolder():
            return state.kind == "folder"
        case MakeLog():
            return state.kind == "file"
        case RemovePath():
            return not state.exists
        case WriteFile(mode=mode):
            return state.digest == digest_of_change(change) and state.mode == mode
        case MakeLink():
            return state.digest == digest_of_change(change)


def removal_changes(
    record: Installed, services: ServiceFormat
) -> tuple[tuple[HostChange, ...], tuple[HostChange, ...]]:
    """Return the changes that remove a site: first those that end nginx's requests, then the rest."""
    paths = [file.path for file in record.files]
    others = tuple(f"{folder}/" for folder in (*services.folders, LOGROTATE_FOLDER, LIBRARY))
    of_nginx = [path for path in paths if not path.startswith(others)]
    rest = [path for path in reversed(paths) if path not in of_nginx]
    last = [record_of(record.site.name), *reversed(record.folders)]
    beside = paths_beside_record(record)
    return tuple(map(RemovePath, reversed(of_nginx))), tuple(map(RemovePath, (*rest, *beside, *last)))


def obsolete_files(old: Installed | None, new: Installed) -> tuple[RemovePath, ...]:
    """Return the removal of files that only an earlier install wrote, as after a change of the layout."""
    written = {*(file.path for file in new.files), *paths_beside_record(new)}
    before = [*(file.path for file in reversed(old.files if old else ())), *paths_beside_record(old)]
    return tuple(RemovePath(path) for path in before if path not in written)


def refuse_foreign(changes: Sequence[HostChange], old: Installed | None, state: PathReader) -> None:
    """Raise Conflict for a path that exists and was not written by enuf."""
    ours = {file.path for file in old.files} | {record_of(old.site.name)} if old else set[str]()
    ours |= {*paths_beside_record(old)}
    for change in changes:
        if isinstance(change, WriteFile | MakeLink) and change.path not in ours and state(change.path).exists:
            raise Conflict(
                f"{change.path} is there already, and enuf has not written it",
                "choose another name for this site: --name shop2",
                slug="not-ours",
            )


def edited_files(record: Installed, state: PathReader) -> list[str]:
    """Return the paths of a site's files that were changed after enuf wrote them, without missing files."""
    return [
        file.path for file in record.files if (now := state(file.path)).exists and now.digest != file.digest
    ]


def edited_error(edited: Sequence[str], record: Installed, services: ServiceFormat, verb: str) -> Conflict:
    """Return the error for files of a site that were changed after enuf wrote them."""
    override = services.commands.override(record.site.unit)
    return Conflict(
        f"somebody has changed what enuf wrote: {', '.join(edited)}",
        f"keep your lines elsewhere (`{override}`, enuf.toml's [raw]), then: enuf {verb} --force",
        slug="edited",
    )
