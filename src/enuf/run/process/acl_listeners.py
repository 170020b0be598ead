"""Listening sockets that one more user may connect to: the host's own nginx, which does not run as we do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from enuf.errors import ToolUnusable
from enuf.model.address import Address, UnixAddress
from enuf.run.process.listeners import Listeners
from enuf.system import acl


class AclListeners(Listeners):
    """Every unix socket that is opened admits the guest.

    Not by a group that both are in: the app would be in it too, and could connect to the sockets of other sites, and
    whoever can write to such a socket can run code.
    """

    def __init__(self, uid: int) -> None:
        super().__init__()
        self._uid = uid

    def open(self, address: Address, *words: Any, **options: Any) -> Address:
        """Hold the address, as Listeners do; at a unix socket the guest may connect."""
        bound = super().open(address, *words, **options)
        if isinstance(bound, UnixAddress):
            grant_access(Path(bound.path), self._uid, acl.CONNECT)
            self._note(bound)  # the right of the guest changes the mode
        return bound


def grant_access(path: Path, uid: int, right: int) -> None:
    """The user has this right to the path. Raises ToolUnusable where the file system cannot say so."""
    try:
        acl.grant(path, uid, right)
    except OSError as error:
        raise ToolUnusable(
            f"no access list can be set on {path}: {error.strerror}",
            "the file system of /run must have POSIX access lists (a kernel with CONFIG_TMPFS_POSIX_ACL)",
        ) from None
