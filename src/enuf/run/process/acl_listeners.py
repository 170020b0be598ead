"""Listening sockets to which one more user may connect: the user of the host's own nginx."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from enuf.errors import ToolUnusable
from enuf.model.address import Address, UnixAddress
from enuf.run.process.listeners import Listeners
from enuf.system import acl


class AclListeners(Listeners):
    """Listeners that grant one user the right to connect to every unix socket.

    An access list, not a common group: the app would be in the group too and could connect to the sockets of
    other sites, and a process that can write to such a socket can run code.
    """

    def __init__(self, uid: int) -> None:
        super().__init__()
        self._uid = uid

    def open(self, address: Address, *words: Any, **options: Any) -> Address:
        """Bind the address as Listeners do, and grant access to a unix socket."""
        bound = super().open(address, *words, **options)
        if isinstance(bound, UnixAddress) and not self.is_handed_over(bound):
            grant_access(Path(bound.path), self._uid, acl.CONNECT)
            self._note(bound)  # the access list changes the mode
        return bound


def grant_access(path: Path, uid: int, right: int) -> None:
    """Grant the user this right to the path. Raise ToolUnusable on a file system without access lists."""
    try:
        acl.grant(path, uid, right)
    except OSError as error:
        raise ToolUnusable(
            f"no access list can be set on {path}: {error.strerror}",
            "the file system of /run must have POSIX access lists (a kernel with CONFIG_TMPFS_POSIX_ACL)",
        ) from None
