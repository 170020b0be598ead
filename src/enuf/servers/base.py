"""The protocol of an app server's adapter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from enuf.model.address import TcpAddress, UnixAddress
from enuf.model.app import AppRef, ProtectedFolder
from enuf.model.paths import StackPaths
from enuf.model.plan import ConfigFile, Loading
from enuf.model.process import Unit
from enuf.model.tool import Toolchain
from enuf.model.topology import Link, Wire
from enuf.settings.schema import Settings


class ServerRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The app that a server shall serve, and the place where."""

    app: AppRef
    settings: Settings
    toolchain: Toolchain
    paths: StackPaths
    link: Link
    has_front: bool
    listen: TcpAddress | None
    """The one TCP address of all generations; None where a front connects to each generation's unix
    socket."""
    processes: int
    threads: int
    backlog: int
    loading: Loading = Loading(lazy=False)
    waiting: UnixAddress | None = None
    """The socket of the host's service manager at which requests have waited for the start of the server."""
    sockets: int = 1
    """How many unix sockets a generation has: the kernel limits the queue of each one."""
    pages: tuple[str, ...] = ()
    """Statuses for which the front has a page in place of the wrapper's own answer."""
    protected: tuple[ProtectedFolder, ...] = ()
    """Folders from which the front sends files where the app says so."""
    dev: bool = False
    """True while the app is developed: its errors are shown in the browser."""


class ManualCommands(msgspec.Struct, frozen=True, kw_only=True):
    """Commands and configuration lines as a person writes them, for `up --explain` and the plain files."""

    command: str = ""
    """A whole command that serves `{app}` as it stands, where there is one."""
    option: str = ""
    """How `{app}` is named among other options, where a command needs more than that."""
    reload: tuple[str, ...] = ()
    """What one types to give new code to the one that was started with its file; `{run}` is the runtime
    folder. Empty where one stops it and starts it again."""
    stop: tuple[str, ...] = ()
    """What one types to end it when the requests in flight are finished."""
    app: tuple[str, ...] = ()
    socket: tuple[str, ...] = ()
    size: tuple[str, ...] = ()
    open_to_group: tuple[str, ...] = ()
    """What its command line needs for a unix socket that the group of its user may connect to, whatever
    its file says."""


class AppServer(Protocol):
    """An adapter: pure functions from a ServerRequest to values."""

    name: str
    title: str
    """What people call it."""
    speaks: frozenset[Wire]
    tool: str | None
    """The program that discover must find for it, if it is not the interpreter itself."""
    tool_setting: str
    """The setting that chooses that program; empty where there is no choice."""
    tool_features: Mapping[Wire, str]
    """A feature that the program must have to speak a wire, where not every version has it."""
    extras: tuple[str, ...]
    """Extras of enuf with which pip installs the server beside the app."""
    takes_any_wsgi: bool
    """False for a server that can only run Flask apps."""
    takes_lent_address: bool
    """False for a server that insists on binding its own socket."""
    upgrades: bool
    """True where an app can take over the connection of its visitor, for a WebSocket."""
    marks_streams: bool
    """True where enuf's wrapper marks a stream of events for the front, which passes each event on at once then."""
    refuses: frozenset[str]
    """Settings, by their keys, with which it cannot serve as asked."""
    ignores: frozenset[str]
    """Settings that it has nothing for, and serves all the same: whoever sets one is told."""
    ignores_alone: frozenset[str]
    """Settings without an effect where no front stands before the server; the user gets a note."""
    in_words: ManualCommands
    most_processes: int | None
    """How many processes it can run, None for no limit of its own."""
    most_sockets: int | None
    """How many unix sockets it can listen at, None for no limit of its own."""
    max_header_bytes: int | None
    """Largest request head that it can take, None for no limit of its own."""

    def files(self, request: ServerRequest) -> tuple[ConfigFile, ...]:
        """Return the files that the server reads, whole."""
        ...

    def unit(self, request: ServerRequest) -> Unit:
        """Return how the server is run."""
        ...
