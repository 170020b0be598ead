"""The values in the plain files."""

from __future__ import annotations

import shlex

import msgspec

from enuf.model.address import Address, TcpAddress
from enuf.model.app import AppRef, StaticFolder
from enuf.model.plan import Loading
from enuf.model.topology import Wire

TRIAL = TcpAddress("127.0.0.1", 3031)
STATS = TcpAddress("127.0.0.1", 9191)
"""The ports of the lecture notes, on loopback: the notes listen at 0.0.0.0, which everybody can reach."""
NGINX_GROUP = "www-data"
"""The group of Debian's nginx."""


class PlainValues(msgspec.Struct, frozen=True, kw_only=True):
    """The values of a plan that the plain files contain; all paths are absolute."""

    name: str
    project: str
    folder: str
    """Folder of the files."""
    run: str
    """Folder of the running servers' socket, pid file and logs."""
    app: AppRef
    python: str
    """The Python interpreter."""
    virtualenv: str
    """The virtual environment; empty if Python is not in one."""
    listen: tuple[Address, ...]
    """Where visitors connect."""
    trial: Address
    """Address at which uWSGI alone answers HTTP."""
    wire: Wire
    upstream: Address
    processes: int
    threads: int
    loading: Loading
    timeout_s: int
    max_body_bytes: int
    hosts: tuple[str, ...]
    www_pairs: tuple[tuple[str, str], ...] = ()
    """Each name that only leads to another, and that other name."""
    pair: tuple[str, ...] = ()
    """Files of the certificate and its key, for HTTPS; empty for plain HTTP."""
    static_folders: tuple[StaticFolder, ...]
    env_files: tuple[str, ...]
    user: str
    """User of the workers when root starts them."""
    server_command: str
    """Command that starts the app server; empty if a file of the server contains it."""
    server_as_root: str
    """Command with which root starts the app server for Debian's nginx; empty if the server has no unix
    socket."""

    @property
    def site_name(self) -> str:
        """Name of the nginx site, `toy.server`."""
        return f"{self.name}.server"

    def path(self, name: str) -> str:
        """Return the path of one of the files."""
        return f"{self.folder}/{name}"

    @property
    def is_in_project(self) -> bool:
        """Return True if the files lie in the project's folder, and may name paths from there."""
        return self.folder == self.project

    def typed(self, path: str) -> str:
        """Return a path for a command in a comment: from the project's folder if the files lie in it, else whole."""
        return shlex.quote(path.removeprefix(f"{self.project}/") if self.is_in_project else path)

    @property
    def where(self) -> str:
        """Return the first line about such commands: the folder to type them in, if it matters."""
        return "In the folder of this file:\n" if self.is_in_project else ""
