"""Files of nginx that an adopted site takes the place of: kept aside, and put back when the site goes."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Sequence

from enuf.errors import Conflict
from enuf.install.change import HostChange, MakeFolder, MakeLink, RemovePath, WriteFile
from enuf.install.site_changes import PathReader
from enuf.install.tree import PathState
from enuf.model.site import LIBRARY, Installed, Replaced

ADOPTED = f"{LIBRARY}/adopted"


def replaced_by(name: str, paths: Sequence[str]) -> tuple[Replaced, ...]:
    """Return where the files are kept, for the site of this name."""
    return tuple(
        Replaced(path=path, kept=f"{ADOPTED}/{name}/{number}-{posixpath.basename(path)}")
        for number, path in enumerate(paths, 1)
    )


def replacing_changes(replaced: Sequence[Replaced], state: PathReader) -> tuple[HostChange, ...]:
    """Return the changes that keep the files aside and take them out of nginx.

    Raise Conflict for what is neither a text file nor a link.
    """
    if not replaced:
        return ()
    folders = (ADOPTED, posixpath.dirname(replaced[0].kept))
    made = [MakeFolder(folder, 0o700) for folder in folders if not state(folder).exists]
    kept = [_copy(state(each.path), each.path, each.kept) for each in replaced]
    return (*made, *kept, *(RemovePath(each.path) for each in replaced))


def restoring_changes(record: Installed, state: PathReader) -> tuple[HostChange, ...]:
    """Return the changes that put the replaced files back: those that are still kept, where nothing stands by now."""
    return tuple(
        _copy(state(each.kept), each.kept, each.path)
        for each in record.replaced
        if state(each.kept).exists and not state(each.path).exists
    )


def back_in_nginx(record: Installed) -> tuple[str, ...]:
    """Return the replaced files that stand in their places on this host."""
    return tuple(each.path for each in record.replaced if os.path.lexists(each.path))


def forgetting_changes(record: Installed) -> tuple[HostChange, ...]:
    """Return the changes that remove what was kept aside."""
    return tuple(_forgetting(record))


def _forgetting(record: Installed) -> Iterator[HostChange]:
    for each in record.replaced:
        yield RemovePath(each.kept)
    if record.replaced:
        yield RemovePath(posixpath.dirname(record.replaced[0].kept))
        yield RemovePath(ADOPTED)


def _copy(before: PathState, path: str, target: str) -> HostChange:
    if before.kind == "link":
        return MakeLink(target, before.target)
    try:
        if before.kind == "file":
            return WriteFile(target, before.content.decode(), before.mode)
    except UnicodeDecodeError:
        pass
    raise Conflict(
        f"{path} is neither a text file nor a link", "only such a site can be taken over", slug="not-ours"
    )
