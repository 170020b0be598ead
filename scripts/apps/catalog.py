"""The list of applications: one TOML file each in `applications/`, as values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

FOLDER = Path(__file__).parent / "applications"


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One request of a visitor who keeps cookies.

    `{name}` in the path, the headers and the form stands for what an earlier request has taken.
    """

    path: str
    method: str = "GET"
    headers: dict[str, str] = {}
    form: dict[str, str] | None = None
    json: Any = None
    body: str | None = None
    hidden: bool = False
    """Add the hidden inputs of the page that was received last, CSRF tokens for example."""
    take: dict[str, str] = {}
    """Name = regular expression: its first group, found in the body, is kept under the name."""


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A commit of a public repository, and the folder in it that is the project."""

    repository: str
    commit: str
    folder: str = ""


class Refusal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How enuf refuses an application that it cannot serve."""

    exit: int
    says: str
    """A part of the message."""
    why: str
    """Why the application cannot be served, for the report."""


class Application(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one application is installed, served twice, and asked."""

    title: str
    version_of: str = ""
    """The distribution whose version is the application's. Empty: the commit of the source."""
    requires: list[str] = []
    requirements_file: str = ""
    source: Source | None = None
    files: dict[str, str] = {}
    prepare: list[list[str]] = []
    """Commands in the project's folder, before any server: `{bin}` is the folder of the virtualenv's programs."""
    env: dict[str, str] = {}
    """Written into .env, where enuf finds it, and into gunicorn's environment."""
    enuf: list[str] = []
    """The words after `enuf up`."""
    gunicorn: str = ""
    """The same application as gunicorn takes it. Empty with a refusal."""
    worker: str = "gthread"
    """gunicorn's class of workers: `gevent` for an application that patches itself for it."""
    processes: int = 2
    threads: int = 2
    pages: list[str] = []
    """Paths asked by GET, HEAD, OPTIONS, and with what their answers said about caching."""
    static: list[str] = []
    """Static files: asked like pages, and in parts."""
    requests: list[Ask] = []
    start_within_s: float = 120
    warning: str = ""
    """A part of a warning that `enuf up` must give, because it cannot serve all of the application."""
    refused: Refusal | None = None


def load(names: Sequence[str] = ()) -> dict[str, Application]:
    """Return the applications with these names, or all of them. Raise KeyError for a name that is none."""
    known = {path.stem: path for path in sorted(FOLDER.glob("*.toml"))}
    if unknown := [name for name in names if name not in known]:
        raise KeyError(f"no application {', '.join(unknown)}; there are: {' '.join(known)}")
    return {name: msgspec.toml.decode(known[name].read_bytes(), type=Application) for name in names or known}
