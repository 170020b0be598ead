"""All that an installed site is, as changes of the host: pure."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence

import msgspec
from msgspec.structs import replace

from enuf.errors import Conflict
from enuf.install.change import Change, File, Folder, Link, Log, Nothing, digest_of
from enuf.install.layout import Layout
from enuf.install.rotation import FOLDER as ROTATIONS
from enuf.install.rotation import HOST_RULE, rotated_by_host
from enuf.install.tree import Seen
from enuf.model.site import LIBRARY, Installed, Written, record_of

SYSTEMD = "/etc/systemd/system"
WANTS = f"{SYSTEMD}/multi-user.target.wants"

See = Callable[[str], Seen]


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """The changes that make a site, and the record that is one of them."""

    changes: tuple[Change, ...]
    record: Installed
    site_path: str
    unit_path: str


class LogOwner(msgspec.Struct, frozen=True):
    """Who may write and who may read what nginx logs, by their numbers on the host."""

    user: int | None
    group: int | None


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    """What the files of a site say."""

    site: str
    unit: str
    rotation: str


def contents_of(record: Installed, texts: Texts, layout: Layout, logs: LogOwner, see: See) -> Contents:
    """What shall be on the host."""
    site = record.site
    name = f"{site.full_name}{layout.ending}"
    site_path, unit_path = f"{layout.folder}/{name}", f"{SYSTEMD}/{site.unit}"
    pieces: list[File | Link] = [File(site_path, texts.site), File(unit_path, texts.unit)]
    if see(ROTATIONS).kind == "folder" and not rotated_by_host(site.nginx.log, see(HOST_RULE).content):
        pieces.append(File(f"{ROTATIONS}/{site.full_name}", texts.rotation))
    if layout.link_folder:
        pieces.append(Link(f"{layout.link_folder}/{name}", site_path))
    pieces.append(Link(f"{WANTS}/{site.unit}", unit_path))
    folders = _missing_folders([*(piece.path for piece in pieces), record_of(site.name)], see)
    written = tuple(Written(path=piece.path, digest=digest_of(piece)) for piece in pieces)
    record = replace(record, files=written, folders=tuple(dict.fromkeys((*record.folders, *folders))))
    remembered = File(record_of(site.name), _as_text(record))
    # Made before nginx makes them, which would let everybody read them.
    logging = [Log(path, 0o640, logs.user, logs.group) for path in (site.access_log, site.error_log)]
    changes = (*map(Folder, folders), *logging, *pieces, remembered)
    return Contents(changes=changes, record=record, site_path=site_path, unit_path=unit_path)


def _missing_folders(paths: Sequence[str], see: See) -> list[str]:
    missing: list[str] = []
    for path in paths:
        chain = []
        folder = posixpath.dirname(path)
        while folder not in ("/", LIBRARY) and folder not in missing and see(folder).kind == "nothing":
            chain.append(folder)
            folder = posixpath.dirname(folder)
        missing += reversed(chain)
    return missing


def _as_text(record: Installed) -> str:
    return msgspec.json.format(msgspec.json.encode(record), indent=1).decode() + "\n"


def needed(changes: Sequence[Change], see: See) -> tuple[Change, ...]:
    """Those that change anything."""
    return tuple(change for change in changes if not _is_so(change, see(change.path)))


def _is_so(change: Change, seen: Seen) -> bool:
    match change:
        case Folder():
            return seen.kind == "folder"
        case Log():
            return seen.kind == "file"
        case Nothing():
            return seen.kind == "nothing"
        case File(mode=mode):
            return seen.digest == digest_of(change) and seen.mode == mode
        case Link():
            return seen.digest == digest_of(change)


def removal_of(record: Installed) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """What takes a site off the host: first what makes nginx ask it, then the rest."""
    paths = [each.path for each in record.files]
    of_nginx = [path for path in paths if not path.startswith((f"{SYSTEMD}/", f"{ROTATIONS}/"))]
    rest = [path for path in reversed(paths) if path not in of_nginx]
    last = [record_of(record.site.name), *reversed(record.folders)]
    return tuple(map(Nothing, reversed(of_nginx))), tuple(map(Nothing, (*rest, *last)))


def outdated(old: Installed | None, new: Installed) -> tuple[Nothing, ...]:
    """What an earlier install wrote and this one does not, as where the host's layout has changed."""
    written = {each.path for each in new.files}
    return tuple(
        Nothing(each.path) for each in reversed(old.files if old else ()) if each.path not in written
    )


def refuse_foreign(changes: Sequence[Change], old: Installed | None, see: See) -> None:
    """Raise Conflict for a path at which something stands that enuf has not written."""
    ours = {each.path for each in old.files} | {record_of(old.site.name)} if old else set()
    for change in changes:
        if isinstance(change, File | Link) and change.path not in ours and see(change.path).kind != "nothing":
            raise Conflict(
                f"{change.path} is there already, and enuf has not written it",
                "choose another name for this site: --name shop2",
                slug="not-ours",
            )


def edited(record: Installed, see: See) -> list[str]:
    """The files of a site that somebody has changed since they were written; one that is gone is none of them."""
    return [
        each.path
        for each in record.files
        if (seen := see(each.path)).kind != "nothing" and seen.digest != each.digest
    ]


def refuse_edited(record: Installed, see: See, verb: str) -> None:
    """Raise Conflict, naming the files that somebody has changed."""
    changed = edited(record, see)
    if changed:
        raise Conflict(
            f"somebody has changed what enuf wrote: {', '.join(changed)}",
            f"keep your lines elsewhere (`systemctl edit {record.site.unit}`, enuf.toml's [raw]), then: enuf {verb} --force",
            slug="edited",
        )
