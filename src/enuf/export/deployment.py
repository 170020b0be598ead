"""What an engine shall run, as one frozen value: every target renders the same deployment."""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from enuf.model.beside import Beside
from enuf.model.plan import ConfigFile
from enuf.model.process import Preparation
from enuf.model.topology import Topology

TEMPORARY = "/tmp"  # noqa: S108 - of a container, in memory
PAUSE_S = 5
"""So long a server serves on after an engine has begun to take its address out of all tables."""
MARGIN_S = 10
"""What an engine waits beyond the last answer before it kills."""
REPLICAS = 2
MOST_REPLICAS = 10

PackageManager = Literal["wheels", "uv", "poetry", "pip", "project", "none"]
"""What installs the app's packages in the image; `project`: a pyproject.toml or setup.py without a lock file."""


class ExportedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of an export: its path in the folder, and its whole text."""

    name: str
    text: str


class Packages(msgspec.Struct, frozen=True, kw_only=True):
    """The packages of the app: what installs them, from which files of the project."""

    manager: PackageManager
    files: tuple[str, ...] = ()
    """Relative to the project."""
    folder: str = ""
    """The folder with wheels, relative to the project, for an installation without a network."""


class WrittenFolder(msgspec.Struct, frozen=True, kw_only=True):
    """A folder that the app writes."""

    name: str
    """Name of its volume."""
    path: str
    """Absolute, in the container."""
    reason: str
    """Where the sources say so: `app.py:12`."""
    is_database: bool = False
    """True for the folder of a SQLite database, which one machine alone can use."""


class ServingProbe(msgspec.Struct, frozen=True, kw_only=True):
    """The request that tells whether a container serves, through all servers in it."""

    path: str
    prefix: str = ""
    """Beginning of the path that is the app's mount point."""
    host: str
    port: int
    is_strict: bool
    """True where only an answer below 400 is good; else every answer below 500 is."""
    is_on: bool


class ImageReference(msgspec.Struct, frozen=True):
    """The name of an image and its tag."""

    name: str
    tag: str

    def __str__(self) -> str:
        return f"{self.name}:{self.tag}"


class ExportPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where the exported files are, as a build sees them."""

    folder: str
    """The folder below the project, empty for the project itself, or absolute where it lies elsewhere."""
    project: str
    """The project, as one types it from the folder of the files: `..`, `.`, or absolute."""

    @property
    def is_project(self) -> bool:
        """True where the files lie in the project's own folder."""
        return not self.folder

    @property
    def is_inside(self) -> bool:
        """True where the files lie in the project: its folder is the context of the build, and holds them."""
        return not self.folder.startswith("/")

    def inside(self, name: str) -> str:
        """Return a file of the export as a path from the project, for files that lie in it."""
        return f"{self.folder}/{name}" if self.folder else name

    def typed(self, name: str = "") -> str:
        """Return a file of the export, or the folder, as one types it in the project."""
        return self.inside(name) if name else self.folder or "."


class ExportRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for beside the target: objects that not everybody wants."""

    image: str = ""
    ingress: bool = False
    gateway: str = ""
    """Name of the Gateway that an HTTPRoute is attached to; empty for no HTTPRoute."""
    metrics: str = ""
    """Path at which the app itself answers with metrics; empty where Prometheus has nothing to ask."""


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """An app with its servers, as containers run them. It holds no secret: only the names of the files with them."""

    name: str
    """The app's name as engines take it: small letters, digits, dashes."""
    image: ImageReference
    place: ExportPlace
    request: ExportRequest
    python: str
    """Version of Python, `3.11`."""
    version: str
    """Version of enuf."""
    topology: Topology
    packages: Packages
    extras: tuple[str, ...] = ()
    """Extras of enuf that the topology needs: `gunicorn`, `granian`."""
    command: tuple[str, ...]
    """`enuf up`, with what stands in no settings file."""
    server: tuple[str, ...]
    """The command of the app server alone."""
    server_environment: dict[str, str] = {}
    front: tuple[str, ...]
    """The command of the web server alone; empty for a topology without one."""
    conf: tuple[ConfigFile, ...]
    link_port: int = 0
    """The TCP port of the app server behind the front; 0 for a unix socket."""
    probe: ServingProbe
    timeout_s: int
    wait_s: int
    """How long a new version may take to become ready."""
    max_body_bytes: int
    max_header_bytes: int
    hosts: tuple[str, ...] = ()
    """Names that visitors use, without patterns."""
    processes: int
    threads: int
    env_files: tuple[str, ...] = ()
    """Files with secrets, relative to the project or absolute: an engine gets them beside the image."""
    preparation: Preparation | None = None
    beside: Beside | None = None
    writes: tuple[WrittenFolder, ...] = ()
    ignored: tuple[str, ...] = ()
    """Lines of `.dockerignore` for this project, beside those of every project."""

    @property
    def port(self) -> int:
        """The port at which visitors are served."""
        return self.probe.port

    @property
    def drain_s(self) -> int:
        """How long a web server may take for the answers that are under way."""
        return self.timeout_s + 5

    @property
    def grace_s(self) -> int:
        """What an engine must wait between its signal and a kill: one number, from serve.timeout."""
        return PAUSE_S + self.drain_s + MARGIN_S

    @property
    def secret(self) -> str:
        """Name of the secret with the variables of the app."""
        return f"{self.name}-env"

    @property
    def digest(self) -> str:
        """Digest of the servers' files: it changes what depends on them."""
        text = "".join(f"{file.name}\0{file.text}\0" for file in self.conf)
        return hashlib.sha256(text.encode()).hexdigest()[:12]
