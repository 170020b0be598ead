"""What every way to serve an app says about itself, as values: nothing is opened or started here."""

from __future__ import annotations

from typing import Protocol

import msgspec

from enuf.model.app import AppRef

ENTRY = "enuf_bench_entry"
"""The module beside a server's files that loads the app as `application`."""


class ServedApp(msgspec.Struct, frozen=True, kw_only=True):
    """An app in a folder of its own, ready to be served."""

    project: str
    """The private copy of the project: where servers start."""
    target: str
    """What `enuf up` and `flask --app` take."""
    ref: AppRef
    python: str
    environment: dict[str, str] = {}
    """Variables of the project's env_file."""
    static: tuple[tuple[str, str], ...] = ()
    """URL prefix with both slashes, and folder, of files that a web server may send."""
    host: str = "127.0.0.1"
    """The Host that the app is asked for."""


class SubjectPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where and how large a server runs."""

    folder: str
    """An empty private folder for the server's files."""
    port: int
    link_port: int
    """A second free port."""
    processes: int
    threads: int
    app: ServedApp
    nginx: str = ""
    """The program of a front that is set up by hand."""
    uwsgi: tuple[str, ...] = ()
    is_root: bool = False


class HowToReload(msgspec.Struct, frozen=True, kw_only=True):
    """How people give new code to a running server: a signal to a process, a command, or else a restart of all."""

    signal: str = ""
    to: int = 0
    """The number of the process, in the order of the start."""
    command: tuple[str, ...] = ()


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """The files and processes of a server."""

    commands: tuple[tuple[str, ...], ...]
    """In the order in which they start; all stay in the foreground."""
    files: dict[str, str] = {}
    """In the place's folder."""
    environment: dict[str, str] = {}
    reload: HowToReload = HowToReload()
    stop_within_s: float = 20


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """Something that has to be installed: a program, or a package in the app's Python."""

    program: str = ""
    package: str = ""
    install: str
    """What to type."""


class Subject(Protocol):
    """A way to serve an app."""

    @property
    def name(self) -> str:
        """Return the name that --topology takes."""
        ...

    @property
    def needs(self) -> tuple[Need, ...]:
        """Return what has to be installed."""
        ...

    def setup(self, place: SubjectPlace) -> Setup:
        """Return the files and processes that serve the app."""
        ...
