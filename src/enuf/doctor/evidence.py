"""What was collected about a deployment, as frozen values: the only thing that a rule may look at.

Every path in here is absolute and normalised. What nobody could find out is None or `unknown`, never a guess.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from enuf.model.address import Address
from enuf.syntax.nginx_tree import Directive, Found, NginxConfig
from enuf.syntax.python_source import parse_python
from enuf.syntax.unit import UnitFile
from enuf.syntax.uwsgi_config import Option, UwsgiConfig
from enuf.syntax.uwsgi_sockets import Protocol

Build = Literal["distribution", "pyuwsgi", "built", ""]
"""Debian's kind, where Python is a plugin; pyuwsgi; compiled with Python inside; or not known."""

StartKind = Literal["unit", "procfile", "docker", "compose", "supervisor", "script"]


class SourceFile(msgspec.Struct, frozen=True, kw_only=True):
    """A text file that was looked at."""

    path: str
    kind: str
    """What its content says it is: `nginx`, `uwsgi-ini`, `unit`, `python`, ... or `other`."""
    text: str
    encoding: str = "utf-8"
    named: bool = False
    """True when the user named this very file."""


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was left out, and why, in words."""

    path: str
    why: str


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """What the file system says about a path that some configuration names."""

    kind: Literal["file", "folder", "socket", "other", "absent", "unknown"] = "unknown"
    mode: int | None = None
    """Permission bits."""
    owner: str = ""
    group: str = ""
    names: tuple[str, ...] = ()
    """What is in a folder, hidden names too, the first 500."""
    link: str = ""
    """Where a symbolic link leads."""


UNKNOWN = Fact()


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """One command line that starts uWSGI, and what surrounds it."""

    kind: StartKind
    file: str
    line: int
    argv: tuple[str, ...]
    directory: str = ""
    """Folder that it is started in, empty when nobody says."""
    user: str = ""
    group: str = ""
    environ: dict[str, str] = {}
    environ_open: bool = False
    """True when more variables come from where nobody can look (EnvironmentFile, a shell)."""
    stop_signal: str = ""
    unit: UnitFile | None = None

    @property
    def program(self) -> str:
        """The name that was called, with its folder when it was given."""
        return self.argv[0] if self.argv else ""

    @property
    def in_container(self) -> bool:
        """True when it runs as (a part of) a container."""
        return self.kind in ("docker", "compose")


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """An address that uWSGI listens on."""

    option: Option
    protocol: Protocol
    address: Address | None
    """None while a part of it is not known."""
    router: bool = False
    """True for `http =`: a process of its own in front of the workers."""


class AppTarget(msgspec.Struct, frozen=True, kw_only=True):
    """What uWSGI is told to load."""

    option: Option
    module: str
    """Dotted name, empty for `wsgi-file`."""
    file: str
    """Path as written in `wsgi-file`, empty for a module."""
    callable: str
    """The name to serve, `application` when nobody says (F208)."""
    callable_option: Option | None
    program: Program | None
    """The source, when it was found among the files."""
    guessed: bool = False
    """True when it was found by its name, since the folder that the configuration names is not here."""


class Parsed:
    """The tree of a program, once somebody has asked for it."""

    __slots__ = ("tree",)

    tree: ast.Module | None


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A Python file; `tree` is None when it is not valid Python."""

    path: str
    text: str
    parsed: Parsed = msgspec.field(default_factory=Parsed)

    @property
    def tree(self) -> ast.Module | None:
        """The syntax tree. A folder has many files and a deployment few: only those that are asked for are parsed."""
        if not hasattr(self.parsed, "tree"):
            self.parsed.tree = parse_python(self.text)
        return self.parsed.tree


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """One uWSGI as it would be started: its configuration, its start if one was found, what follows from both."""

    config: UwsgiConfig
    start: Start | None
    build: Build
    listeners: tuple[Listener, ...]
    targets: tuple[AppTarget, ...]
    directory: str
    """Folder that relative sockets and modules count from: `chdir`, else where it is started."""
    directory_known: bool
    """False while it is only assumed to be started beside its file."""
    in_container: bool = False

    @property
    def has_app(self) -> bool:
        """True when it serves a Python app by itself: no emperor, no other language, no piece that others include."""
        return bool(self.targets)

    @property
    def is_whole(self) -> bool:
        """True when the app's whole configuration is here, so that a missing line is really missing.

        A file without any socket, or in the folders where Debian adds defaults, is only a part of one.
        """
        part = "/uwsgi/apps-" in self.config.home
        return self.has_app and bool(self.listeners) and self.config.is_whole and not part

    @property
    def programs(self) -> tuple[Program, ...]:
        """The sources of its apps that were found."""
        return tuple(target.program for target in self.targets if target.program)


class Pass(msgspec.Struct, frozen=True, kw_only=True):
    """A `uwsgi_pass` or `proxy_pass`, one for each member of the upstream behind it."""

    found: Found
    site: NginxConfig
    protocol: Protocol
    address: Address | None
    text: str
    """The address as written, of the upstream's member where there is one."""
    named_by: Directive
    """The directive that holds the address: the pass itself, or a `server` of an upstream."""


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A site and the uWSGI that it speaks to, or most likely means to speak to."""

    way: Pass
    server: Server
    listener: Listener | None
    """The listener at that address; None when no listener has it and this is the only uWSGI it can mean."""


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """A stanza of a logrotate file."""

    file: str
    line: int
    patterns: tuple[str, ...]
    text: str


class Index:
    """Files and pairs by what they are looked up with, made at the first question."""

    def __init__(self) -> None:
        self.files: tuple[SourceFile, ...] = ()
        self.by_path: dict[str, SourceFile] = {}
        self.pairs: tuple[Pair, ...] = ()
        self.by_server: dict[int, list[Pair]] = {}
        self.by_pass: dict[int, list[Pair]] = {}
        self.handles_prefix: dict[int, bool] = {}
        """By server, whether something takes the prefix of its locations off."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that rules may know."""

    roots: tuple[str, ...]
    """The files and folders that were asked about."""
    files: tuple[SourceFile, ...] = ()
    sites: tuple[NginxConfig, ...] = ()
    servers: tuple[Server, ...] = ()
    starts: tuple[Start, ...] = ()
    units: tuple[UnitFile, ...] = ()
    programs: tuple[Program, ...] = ()
    passes: tuple[Pass, ...] = ()
    pairs: tuple[Pair, ...] = ()
    rotations: tuple[Rotation, ...] = ()
    temporary_folders: tuple[str, ...] = ()
    """Folders that a tmpfiles.d file creates at boot."""
    packages: frozenset[str] = frozenset()
    """Names that requirements, pyproject and Dockerfiles install, in lower case."""
    facts: Mapping[str, Fact] = {}
    unread: tuple[Unread, ...] = ()
    somaxconn: int | None = None
    index: Index = msgspec.field(default_factory=Index)
    """Says nothing that `files` and `pairs` do not say."""

    def fact(self, path: str) -> Fact:
        """What is known about a path."""
        return self.facts.get(path, UNKNOWN)

    def file(self, path: str) -> SourceFile | None:
        """The file at a path."""
        index = self.index
        if index.files is not self.files:
            index.files = self.files
            index.by_path = {file.path: file for file in reversed(self.files)}
        return index.by_path.get(path)

    def of_kind(self, *kinds: str) -> Iterator[SourceFile]:
        """The files of some kinds."""
        return (file for file in self.files if file.kind in kinds)

    def pairs_of(self, server: Server) -> tuple[Pair, ...]:
        """The pairs that one server is part of."""
        return tuple(self._pairs().by_server.get(id(server), ()))

    def pairs_of_pass(self, way: Pass) -> tuple[Pair, ...]:
        """Return the pairs that hold one directive that passes requests on."""
        return tuple(self._pairs().by_pass.get(id(way.found.directive), ()))

    def _pairs(self) -> Index:
        index = self.index
        if index.pairs is not self.pairs:
            index.pairs, index.by_server, index.by_pass = self.pairs, {}, {}
            for pair in self.pairs:
                index.by_server.setdefault(id(pair.server), []).append(pair)
                index.by_pass.setdefault(id(pair.way.found.directive), []).append(pair)
        return index
