"""What is known about a deployment, as frozen values: the only input of a rule.

Every path in these values is absolute and normalised. What could not be found out is None or `unknown`,
never a guess.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from enuf.doctor.app_settings import AppBind, AppProgram, AppSetting, AppSettings
from enuf.doctor.container import ComposeService, KubernetesService, Pod, PodContainer, ServicesBySource
from enuf.doctor.machine import Container
from enuf.doctor.path_fact import UNKNOWN, PathFact
from enuf.doctor.surroundings import CertificateFault, LogrotateStanza, SiteLink
from enuf.model.address import Address
from enuf.syntax.nginx_tree import DirectiveMatch, NginxConfig, ParsedDirective
from enuf.syntax.python_source import all_nodes, parse_python
from enuf.syntax.unit import UnitFile
from enuf.syntax.uwsgi_config import ParsedOption, UwsgiConfig
from enuf.syntax.uwsgi_sockets import Protocol

Build = Literal["distribution", "pyuwsgi", "built", ""]
"""The kind of uWSGI: Debian's with Python as a plugin, pyuwsgi, compiled with Python inside, or unknown."""

LeftOut = Literal["configuration", "python", "unknown", "names", "template", ""]
"""Files that look like configurations, Python files, files whose names say nothing, or whole folders."""

StartKind = Literal["unit", "procfile", "docker", "compose", "supervisor", "script", "kubernetes"]


class SourceFile(msgspec.Struct, frozen=True, kw_only=True):
    """A text file that was read."""

    path: str
    kind: str
    """What the content is recognised as: `nginx`, `uwsgi-ini`, `unit`, `python`, … or `other`."""
    text: str
    encoding: str = "utf-8"
    named: bool = False
    """True if the user named this file itself, not a folder above it."""
    first_name: str = ""
    """The path by which the same file was read first, where this is another name of it: a link, a mount."""


class UnreadFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was left out, with the reason in words."""

    path: str
    why: str
    left_out: LeftOut = ""
    """What was left out because there is too much or it is a template, empty for a file that could not be read."""
    count: int = 0
    """How many files were left out."""


class StartCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A command line that starts uWSGI, with its surroundings."""

    kind: StartKind
    file: str
    line: int
    argv: tuple[str, ...]
    directory: str = ""
    """Folder in which the command is started, empty if the files do not say."""
    user: str = ""
    group: str = ""
    environ: dict[str, str] = {}
    environ_incomplete: bool = False
    """True if more variables come from a place that cannot be read: EnvironmentFile, a shell."""
    stop_signal: str = ""
    in_script: bool = False
    """True for a command of a shell script: which branch of the script runs, and in which folder, is not known for sure."""
    unit: UnitFile | None = None
    machines: tuple[Container, ...] = ()
    """The containers that run the command, as far as the files show."""

    @property
    def executable(self) -> str:
        """The name of the program as written, with its folder if that is given."""
        return self.argv[0] if self.argv else ""

    @property
    def in_container(self) -> bool:
        """True if the command runs in a container."""
        return bool(self.machines) or self.kind in ("docker", "compose", "kubernetes")


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """An address that uWSGI listens on."""

    option: ParsedOption
    protocol: Protocol
    address: Address | None
    """None while a part of the address is unknown."""
    router: bool = False
    """True for `http =`: a process of its own in front of the workers."""


class AppTarget(msgspec.Struct, frozen=True, kw_only=True):
    """An app that a uWSGI configuration loads."""

    option: ParsedOption
    module: str
    """Dotted name, empty for `wsgi-file`."""
    file: str
    """Path as written in `wsgi-file`, empty for a module."""
    callable: str
    """The name to serve, `application` if no option names one (F208)."""
    callable_option: ParsedOption | None
    python_file: PythonFile | None
    """The source, None if it is not among the files."""
    guessed: bool = False
    """True if the source was matched by its name alone, because the configured folder is not here."""


class LazyTree:
    """The syntax tree of a Python file, present once a rule has used it."""

    __slots__ = ("nodes", "tree")

    tree: ast.Module | None
    nodes: tuple[ast.AST, ...]


class PythonFile(msgspec.Struct, frozen=True, kw_only=True):
    """A Python file. Its `tree` is None if the text is not valid Python."""

    path: str
    text: str
    parsed: LazyTree = msgspec.field(default_factory=LazyTree)

    @property
    def tree(self) -> ast.Module | None:
        """The syntax tree, parsed on first use: a folder has many files, a deployment uses few."""
        if not hasattr(self.parsed, "tree"):
            self.parsed.tree = parse_python(self.text)
        return self.parsed.tree

    @property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of the tree, walked once for all rules; empty if the text is not valid Python."""
        if not hasattr(self.parsed, "nodes"):
            self.parsed.nodes = all_nodes(self.tree) if self.tree else ()
        return self.parsed.nodes


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """A uWSGI as it would be started: its configuration, its start command, and what follows from both."""

    config: UwsgiConfig
    start: StartCommand | None
    build: Build
    listeners: tuple[Listener, ...]
    targets: tuple[AppTarget, ...]
    directory: str
    """Folder that relative sockets and modules are resolved in: `chdir`, else the folder of the start."""
    directory_known: bool
    """False if the folder of the file was assumed to be the folder of the start."""
    in_container: bool = False
    machines: tuple[Container, ...] = ()
    """The containers that run this uWSGI or hold its configuration, as far as the files show."""
    emperor: Server | None = None
    """The emperor that starts this uWSGI as its vassal."""

    @property
    def has_app(self) -> bool:
        """True if the server serves a Python app itself: no emperor, no other language, no included part."""
        return bool(self.targets)

    @property
    def is_complete(self) -> bool:
        """True if the complete configuration is here, so that a missing line is really missing.

        A file without any socket, or in the folders where Debian adds defaults, is only a part of one.
        """
        part = "/uwsgi/apps-" in self.config.main_file
        return self.has_app and bool(self.listeners) and self.config.is_complete and not part

    @property
    def python_files(self) -> tuple[PythonFile, ...]:
        """The sources of the server's apps, as far as they are among the files."""
        return tuple(target.python_file for target in self.targets if target.python_file)


class Pass(msgspec.Struct, frozen=True, kw_only=True):
    """A `uwsgi_pass` or `proxy_pass` to one address. An upstream makes one of these for each member."""

    match: DirectiveMatch
    site: NginxConfig
    protocol: Protocol
    address: Address | None
    text: str
    """The address as written, in the upstream's member if there is one."""
    named_by: ParsedDirective
    """The directive that holds the address: the pass itself, or a `server` of an upstream."""
    machines: tuple[Container, ...] = ()
    """The containers that the site's file lies in."""


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A site and the uWSGI that the site speaks to, or most likely is meant to speak to."""

    site_pass: Pass
    server: Server
    listener: Listener | None
    """The listener at the address of the pass.

    None if no listener has that address and this is the only uWSGI that can be meant.
    """


class PythonServer(msgspec.Struct, frozen=True, kw_only=True):
    """A gunicorn, uvicorn, hypercorn, daphne or granian as it would be started."""

    settings: AppSettings
    start: StartCommand
    binds: tuple[AppBind, ...]
    module: str
    """Dotted name of the module, empty if it is unknown."""
    callable: str
    """The expression after the colon, `application` if there is none."""
    python_file: PythonFile | None
    directory: str
    """Folder in which the app is imported, as the server sees it."""
    service: ComposeService | None = None
    pod: Pod | None = None
    container: PodContainer | None = None
    beside_nginx: bool = False
    """True if nginx runs in the same container."""
    dev: bool = False
    """True if the files are those for development."""

    @property
    def program(self) -> AppProgram:
        """The name of the program."""
        return self.settings.program

    @property
    def in_container(self) -> bool:
        """True if the server runs in a container."""
        return self.start.in_container

    @property
    def python_files(self) -> tuple[PythonFile, ...]:
        """The source of the app, if it is among the files."""
        return (self.python_file,) if self.python_file else ()

    @property
    def target(self) -> str:
        """The app as it is named on the command line."""
        return f"{self.module}:{self.callable}"

    def setting(self, name: str) -> AppSetting | None:
        """Return a setting by gunicorn's name, None if it is unset."""
        return self.settings.get(name)


AnyServer = Server | PythonServer
"""A server that loads Python apps."""


class AppPair(msgspec.Struct, frozen=True, kw_only=True):
    """A `proxy_pass` or `uwsgi_pass`, and the app server at its address or most likely meant by it."""

    site_pass: Pass
    server: PythonServer
    bind: AppBind | None
    """None if no bind has the address and this is the only app server that can be meant."""


class EvidenceIndex:
    """Tables of files and pairs by key, built on first use."""

    def __init__(self) -> None:
        self.files: tuple[SourceFile, ...] = ()
        self.by_path: dict[str, SourceFile] = {}
        self.pairs: tuple[Pair, ...] = ()
        self.by_server: dict[int, list[Pair]] = {}
        self.by_pass: dict[int, list[Pair]] = {}
        self.handles_prefix: dict[int, bool] = {}
        """By server: whether uWSGI or a middleware takes the prefix of a location off the path."""
        self.machines: dict[str, tuple[Container, ...]] = {}
        """By file: the containers in which it lies."""
        self.services = ServicesBySource(())
        self.frameworks_of: dict[int, frozenset[str]] = {}
        """By server: the web frameworks that its sources import."""
        self.frameworks: frozenset[str] | None = None
        """The web frameworks of the project, None while nothing has asked for them."""
        self.nginx_users: frozenset[str] | None = None
        """The users of the workers that the sites name, None while nothing has asked for them."""
        self.speakers_of_uwsgi: frozenset[str] | None = None
        """The files that may start uWSGI, None while nothing has asked for them."""
        self.reloads: tuple[str, ...] | None = None
        """Where the files reload uWSGI, None while nothing has asked for these places."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that rules may know about a deployment."""

    roots: tuple[str, ...]
    """The files and folders that the user named."""
    files: tuple[SourceFile, ...] = ()
    sites: tuple[NginxConfig, ...] = ()
    servers: tuple[Server, ...] = ()
    starts: tuple[StartCommand, ...] = ()
    units: tuple[UnitFile, ...] = ()
    machines: tuple[Container, ...] = ()
    """The containers that the files describe."""
    python_files: tuple[PythonFile, ...] = ()
    passes: tuple[Pass, ...] = ()
    pairs: tuple[Pair, ...] = ()
    app_servers: tuple[PythonServer, ...] = ()
    app_pairs: tuple[AppPair, ...] = ()
    services: tuple[ComposeService, ...] = ()
    """The services of compose files."""
    pods: tuple[Pod, ...] = ()
    cluster_services: tuple[KubernetesService, ...] = ()
    rotations: tuple[LogrotateStanza, ...] = ()
    tmpfiles_folders: tuple[str, ...] = ()
    """Folders that a tmpfiles.d file creates at boot."""
    packages: frozenset[str] = frozenset()
    """Names that requirements, pyproject and Dockerfiles install, in lower case."""
    certificate_faults: tuple[CertificateFault, ...] = ()
    """Of the certificates that are here."""
    site_links: tuple[SiteLink, ...] = ()
    """Of the sites of enuf's among the files."""
    facts: Mapping[str, PathFact] = {}
    unread: tuple[UnreadFile, ...] = ()
    somaxconn: int | None = None
    index: EvidenceIndex = msgspec.field(default_factory=EvidenceIndex)
    """A cache. Holds no information beyond `files` and `pairs`."""

    def fact(self, path: str) -> PathFact:
        """Return what is known about a path, `UNKNOWN` if that is nothing."""
        return self.facts.get(path, UNKNOWN)

    def file(self, path: str) -> SourceFile | None:
        """Return the file at a path, None if it was not read."""
        index = self.index
        if index.files is not self.files:
            index.files = self.files
            index.by_path = {file.path: file for file in reversed(self.files)}
        return index.by_path.get(path)

    def first_name(self, path: str) -> str:
        """Return the path by which a file was read first; the path itself for every other file."""
        file = self.file(path)
        return (file.first_name if file else "") or path

    def machines_with(self, path: str) -> tuple[Container, ...]:
        """Return the containers in which a file lies."""
        known = self.index.machines
        if path not in known:
            known[path] = tuple(each for each in self.machines if each.paths_of(path))
        return known[path]

    def service_of(self, path: str) -> ComposeService | None:
        """Return the compose service that a file of nginx is mounted or copied into, None if that is not sure."""
        index = self.index
        if index.services.services is not self.services:
            index.services = ServicesBySource(self.services)
        return index.services.of_file(path)

    def of_kind(self, *kinds: str) -> Iterator[SourceFile]:
        """Return an iterator over the files of these kinds."""
        return (file for file in self.files if file.kind in kinds)

    def pairs_of(self, server: Server) -> tuple[Pair, ...]:
        """Return the pairs that a server belongs to."""
        return tuple(self._pairs().by_server.get(id(server), ()))

    def pairs_of_pass(self, site_pass: Pass) -> tuple[Pair, ...]:
        """Return the pairs that hold the directive of a pass."""
        return self.pairs_of_directive(site_pass.match.directive)

    def pairs_of_directive(self, directive: ParsedDirective) -> tuple[Pair, ...]:
        """Return the pairs that hold this `uwsgi_pass` or `proxy_pass`."""
        return tuple(self._pairs().by_pass.get(id(directive), ()))

    def app_pairs_of(self, server: PythonServer) -> tuple[AppPair, ...]:
        """Return the pairs that an app server belongs to."""
        return tuple(pair for pair in self.app_pairs if pair.server is server)

    def _pairs(self) -> EvidenceIndex:
        index = self.index
        if index.pairs is not self.pairs:
            index.pairs, index.by_server, index.by_pass = self.pairs, {}, {}
            for pair in self.pairs:
                index.by_server.setdefault(id(pair.server), []).append(pair)
                index.by_pass.setdefault(id(pair.site_pass.match.directive), []).append(pair)
        return index
