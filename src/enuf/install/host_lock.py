"""The lock that one enuf process holds while it changes the host: on the folder of its records."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from enuf.errors import Conflict, PrivilegeNeeded
from enuf.install.tree import HostTree
from enuf.model.site import CERTIFICATES, LIBRARY
from enuf.system import files

LIBRARY_HINT = "enuf notes every step there before it is done: make it writable, or run this with sudo"


@contextlib.contextmanager
def host_lock(tree: HostTree) -> Iterator[None]:
    """Hold the lock in the block; the empty folders are removed afterwards.

    Raise Conflict while another process holds the lock, and PrivilegeNeeded where the folder cannot be made.
    """
    library = tree.local_path(LIBRARY)
    descriptor = _acquire(library)
    try:
        yield
    finally:
        for folder in (library / "sites", tree.local_path(CERTIFICATES), library):
            with contextlib.suppress(OSError):
                folder.rmdir()  # while nothing is installed, no folder stays
        os.close(descriptor)


def _acquire(library: Path) -> int:
    """Make the folder and lock it. Return the descriptor that holds the lock."""
    while True:
        try:
            with contextlib.suppress(FileExistsError):
                library.mkdir(mode=0o755)
            descriptor = files.lock_folder(library)
        except FileNotFoundError:
            continue  # the last holder of the lock has just removed the folder
        except OSError as error:
            raise PrivilegeNeeded(f"{library} cannot be made: {error.strerror}", LIBRARY_HINT) from None
        if descriptor is None:
            raise Conflict(
                "another enuf is changing this host right now", "wait until it has ended, and try again"
            )
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), library.stat()):
                return descriptor
        os.close(descriptor)  # the last holder has removed the folder that was locked here
