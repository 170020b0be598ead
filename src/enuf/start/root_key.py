"""A private key that only root may read, for servers that run as another user."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from enuf.settings.load import Loaded
from enuf.start.certificate import pair_files
from enuf.start.invocation import Invocation
from enuf.start.privileges import settings_file
from enuf.system.trust import changeable_by_others


def with_root_reader(invocation: Invocation, loaded: Loaded) -> Invocation:
    """Return the invocation with a reader of the certificate and its key that stays root.

    Return it unchanged where we are not root, and where another user could have chosen the files or what stands at their
    paths: such a user must not get what only root may read.
    """
    if os.geteuid() != 0 or loaded.settings.tls.mode != "files":
        return invocation
    if chosen_by_others(invocation, loaded) is not None:
        return invocation
    from enuf.tls.root_reader import read_as_root

    return replace(invocation, root_reader=read_as_root(*_files(invocation, loaded)))


def chosen_by_others(invocation: Invocation, loaded: Loaded) -> Path | None:
    """Return the place that a user other than root can change, and by which that user chooses what root reads.

    A file of the settings or of the pair, or a folder above.
    """
    return next(filter(None, map(changeable_by_others, _deciding(invocation, loaded))), None)


def _files(invocation: Invocation, loaded: Loaded) -> tuple[str, str]:
    return pair_files(Path(invocation.project), loaded.settings)


def _deciding(invocation: Invocation, loaded: Loaded) -> Iterator[Path]:
    """Yield the files that decide what root would read."""
    project = Path(invocation.project)
    for key in ("tls.certificate", "tls.key"):
        file = settings_file(loaded, key, project)
        if file is not None:
            yield file
    yield from map(Path, _files(invocation, loaded))
