"""What the plain files are made of."""

from __future__ import annotations

import msgspec

from enuf.model.address import Address, TcpAddress
from enuf.model.app import AppRef, StaticFolder
from enuf.model.topology import Wire

TRIAL = TcpAddress("127.0.0.1", 3031)
STATS = TcpAddress("127.0.0.1", 9191)
"""The ports of the lecture notes, on loopback: the notes open 0.0.0.0, that is everybody."""
NGINX_GROUP = "www-data"
"""The group of Debian's nginx."""


class PlainValues(msgspec.Struct, frozen=True, kw_only=True):
    """The values of a plan that the plain files show; all paths absolute."""

    name: str
    project: str
    folder: str
    """Where the files themselves lie."""
    run: str
    """Where the running servers keep socket, pid file and logs."""
    app: AppRef
    python: str
    """The interpreter."""
    virtualenv: str
    """Empty where Python is not in one."""
    listen: Address
    trial: Address
    """Where uWSGI alone answers HTTP."""
    wire: Wire
    upstream: Address
    processes: int
    threads: int
    timeout_s: int
    max_body_bytes: int
    hosts: tuple[str, ...]
    static_folders: tuple[StaticFolder, ...]
    env_files: tuple[str, ...]
    user: str
    """Who the workers run as when root starts them."""
    server_command: str
    """How to start the app's server, empty where a file of its own says it."""
    server_as_root: str
    """How root starts it so that Debian's nginx may connect; empty where there is no socket to open for that."""

    @property
    def site_name(self) -> str:
        """Name of the nginx site, `toy.server`."""
        return f"{self.name}.server"

    def path(self, name: str) -> str:
        """Where one of the files lies."""
        return f"{self.folder}/{name}"
