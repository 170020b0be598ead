"""What an application server must be able to say about itself."""

from __future__ import annotations

from typing import Protocol

import msgspec

from enuf.model.address import Address
from enuf.model.app import AppRef
from enuf.model.paths import StackPaths
from enuf.model.plan import ConfigFile
from enuf.model.process import Unit
from enuf.model.tool import Toolchain
from enuf.model.topology import Link, Wire
from enuf.settings.schema import Settings


class ServerRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a server is asked to serve, and where."""

    app: AppRef
    settings: Settings
    toolchain: Toolchain
    paths: StackPaths
    link: Link
    address: Address | None
    """A fixed address to serve at; None where each generation has a unix socket of its own."""
    processes: int
    threads: int
    backlog: int


class AppServer(Protocol):
    """An adapter: pure functions from a request to values."""

    name: str
    speaks: frozenset[Wire]
    tool: str | None
    """The program that discover must find for it, if it is not the interpreter itself."""
    takes_any_wsgi: bool
    """False for a server that can only run Flask apps."""
    takes_uwsgi_options: bool
    """True where `raw.uwsgi` has somebody to speak to."""
    takes_lent_address: bool
    """False for a server that insists on binding its own socket."""
    max_header_bytes: int | None
    """Largest request head that it can take, None for no limit of its own."""

    def files(self, request: ServerRequest) -> tuple[ConfigFile, ...]:
        """The files it reads, whole."""
        ...

    def unit(self, request: ServerRequest) -> Unit:
        """How to run it."""
        ...
