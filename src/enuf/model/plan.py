"""The plan: one frozen, printable value that describes what shall run."""

from __future__ import annotations

from typing import Literal

import msgspec

from enuf.model.address import Address, Scheme
from enuf.model.app import AppRef, ProtectedFolder, SitePages, StaticFolder
from enuf.model.beside import Beside
from enuf.model.certificate import TlsPlan
from enuf.model.paths import StackPaths
from enuf.model.process import Companion, Preparation, Unit
from enuf.model.release import ProjectRelease
from enuf.model.site import Site
from enuf.model.tool import Toolchain
from enuf.model.topology import Topology


class ConfigFile(msgspec.Struct, frozen=True, kw_only=True):
    """A rendered file: its name inside the conf folder and its whole text."""

    name: str
    text: str
    reader: Literal["front", "server", "host"]
    """`host`: the host's own nginx, for which `enuf install` writes the file."""
    digest: str = ""
    """The server's answer to a private request while this very text is in force; empty where it cannot
    be asked."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The request that a new generation must answer before it gets traffic."""

    path: str
    host: str
    prefix: str = ""
    """Beginning of the path that is the app's mount point (serve.prefix), which the app server is told of."""
    scheme: Scheme = "http"
    """Scheme of the site: a request to the app server says that a visitor used it."""
    timeout_s: float
    enabled: bool = True
    strict_status: bool = False
    """True when the user named the path: then only an answer below 400 is healthy."""


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """Folders whose source files trigger a reload when they change."""

    folders: tuple[str, ...]
    suffixes: tuple[str, ...] = (
        ".py",
        ".html",
        ".jinja",
        ".j2",
        ".toml",
        ".cfg",
        ".ini",
        ".json",
        ".yaml",
        ".yml",
    )


class Loading(msgspec.Struct, frozen=True, kw_only=True):
    """How the workers get the app."""

    lazy: bool
    """True when each worker loads the app itself; False when they are forks of a process that has loaded it."""
    why: str = ""
    """The reason, where there is one beside the default."""


class LogRotation(msgspec.Struct, frozen=True):
    """The size at which a log is rotated, and the number of rotated logs that are kept."""

    size_bytes: int
    keep: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A whole stack before it runs: everything before computes the plan, everything after carries it out."""

    schema: int = 1
    name: str
    app: AppRef
    topology: Topology
    listen: Address
    more_listen: tuple[Address, ...] = ()
    """Further addresses that visitors connect to."""
    redirecting: tuple[Address, ...] = ()
    """Plain HTTP addresses that redirect to HTTPS."""
    proxied: bool = False
    """True where every connection to these addresses begins with a header of the PROXY protocol."""
    url: str
    tls: TlsPlan | None = None
    """How HTTPS is served; None for plain HTTP."""
    paths: StackPaths
    toolchain: Toolchain
    server: Unit
    front: Unit | None
    dashboard: Companion | None = None
    beside: Beside | None = None
    """What runs beside the web app; None where only the app runs."""
    site: Site | None = None
    """The site of the host's own nginx that stands in front, in place of a front of ours."""
    files: tuple[ConfigFile, ...]
    health: Health
    preparation: Preparation | None = None
    """What must succeed before this version takes over; None where nothing must."""
    wait_s: float
    """How long a new generation may take to become ready."""
    processes: int
    threads: int
    """How many requests a process works on at once, each in a thread, or in a greenlet of gevent."""
    greenlets: bool = False
    """True where each request has a greenlet in place of a thread."""
    backlog_limit: int
    loading: Loading = Loading(lazy=False)
    static_folders: tuple[StaticFolder, ...] = ()
    guarded: bool = False
    """True if visitors must show a password or come from certain networks."""
    static_through_app: tuple[str, ...] = ()
    """Why static files go through the app although the front could send them: one sentence for each folder."""
    protected: tuple[ProtectedFolder, ...] = ()
    """Folders from which the front sends a file where the app's answer says so."""
    pages: SitePages = SitePages()
    """Pages that the front shows in place of its own."""
    env_files: tuple[str, ...] = ()
    release: ProjectRelease | None = None
    """The version of the code: the folder that the project's link leads to, and the commit that git has checked out."""
    code: str = ""
    """Digest of the app's source files when the plan was made."""
    watch: Watch | None = None
    rotation: LogRotation
    journal: bool = False
    """True where the lines of the app and its server are copied into the journal of the service manager."""
    notes: tuple[str, ...] = ()
    """What the user should know about this plan: one sentence each."""

    def files_of(self, reader: str) -> tuple[ConfigFile, ...]:
        """Return the files of one reader."""
        return tuple(file for file in self.files if file.reader == reader)

    @property
    def host_file(self) -> ConfigFile:
        """The file of an installed site, which the host's nginx reads."""
        return self.files_of("host")[0]

    def file(self, name: str) -> ConfigFile:
        """Return the rendered file of that name."""
        return next(file for file in self.files if file.name == name)
