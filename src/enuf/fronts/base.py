"""The protocol of a front's adapter."""

from __future__ import annotations

from typing import Protocol

import msgspec

from enuf.model.address import Address
from enuf.model.app import ProtectedFolder, SitePages, StaticFolder
from enuf.model.paths import StackPaths
from enuf.model.peers import Peers
from enuf.model.plan import ConfigFile
from enuf.model.process import Unit
from enuf.model.site import Site
from enuf.model.tool import Toolchain
from enuf.model.topology import Link, Wire
from enuf.settings.schema import Settings


class TlsFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The files that the front reads for HTTPS, and where they come from."""

    certificate: str
    key: str
    origin: str
    """Words for a comment: the source, and which certificate that was when the plan was made."""


class Challenges(msgspec.Struct, frozen=True, kw_only=True):
    """How an authority's challenges are answered, over plain HTTP."""

    webroot: str
    plain_http: str = ""
    """While this file exists there is no certificate yet, and plain HTTP serves the site; empty where there is one."""


class FrontRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The server that a front shall stand in front of, and the site."""

    settings: Settings
    toolchain: Toolchain
    paths: StackPaths
    link: Link
    server: str
    """Display name of the server behind the front."""
    ends_hung: bool = True
    """False if the server never ends a hung request."""
    upgrades: bool = False
    """True if an app behind that server can take over a connection, for a WebSocket."""
    marks_streams: bool = True
    """False if that server's streams of events come without `X-Accel-Buffering: no`."""
    listen: tuple[Address, ...]
    """Where visitors connect; the first one is shown to people."""
    upstream: tuple[Address, ...]
    """Where the app is: the sockets of one server, whose queues are filled in turn."""
    peers: Peers | None = None
    """The copies of the app server on other hosts, in place of `upstream`."""
    static_folders: tuple[StaticFolder, ...]
    static_kept: tuple[StaticFolder, ...] = ()
    """Static folders that the app serves itself."""
    app_urls: tuple[str, ...] = ()
    """URLs that the app answers inside of a single-page app: `/api`."""
    protected: tuple[ProtectedFolder, ...] = ()
    """Folders from which the front sends files where the app says so."""
    pages: SitePages = SitePages()
    """Pages in place of the front's own."""
    backlog: int
    at_once: int | None = None
    """The most requests that may be in the app, waiting ones included; None: as many as the queues hold."""
    dev: bool = False
    tls: TlsFiles | None = None
    """The files for HTTPS; None for plain HTTP."""
    redirecting: tuple[Address, ...] = ()
    """Plain HTTP addresses that redirect to HTTPS."""
    challenges: Challenges | None = None
    """How an authority verifies the site's names; None where none does."""
    site: Site | None = None
    """The site of the host's own nginx; None for a nginx of enuf's own."""


class Front(Protocol):
    """An adapter: pure functions from a FrontRequest to values."""

    name: str
    understands: frozenset[Wire]
    tool: str | None
    """The program that discover must find for the front."""
    tool_setting: str
    """The setting that chooses that program; empty where there is no choice."""
    in_words: tuple[str, ...]
    """Names of the configuration lines that make the site, for `up --explain`."""

    def files(self, request: FrontRequest) -> tuple[ConfigFile, ...]:
        """Return the files that the front reads, whole."""
        ...

    def unit(self, request: FrontRequest) -> Unit:
        """Return how the front is run."""
        ...

    def site(self, request: FrontRequest, site: Site) -> ConfigFile:
        """Return the site's file for a front that the host runs by itself, beside other sites."""
        ...
