"""The application: its place, and the report of an import of it."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Literal

import msgspec

Loader = Literal["module", "file", "paste"]


class AppRef(msgspec.Struct, frozen=True, kw_only=True):
    """A module to import, and the object in it to serve.

    `attribute` is None while only an import can find it (a name from a star import, say); `call` holds the
    arguments of a factory as source text, `""` for none, and is None for a plain callable.
    """

    directory: str
    """Absolute folder that goes first on sys.path."""
    module: str
    attribute: str | None = None
    call: str | None = None
    file: str | None = None
    found_by: str = "argument"
    """What named the app, in words for people: `argument`, `FLASK_APP`, `app.py`."""
    loader: Loader = "module"
    """`module`: an import finds it; `file`: the source `file` is run, whatever its name; `paste`: PasteDeploy reads `file`."""
    skipped: str = ""
    """A name that is called like an app and is none, in words: `app is a Dash object`."""

    @property
    def is_resolved(self) -> bool:
        """True when the callable is known without importing anything."""
        return self.attribute is not None

    @property
    def needs_module(self) -> bool:
        """Return True when no server can load it by `module:object`, so that a module of ours must do it."""
        return bool(self.call) or self.loader != "module" or "." in (self.attribute or "")

    def __str__(self) -> str:
        place = self.module if self.loader == "module" else PurePosixPath(self.file or "").name
        if self.loader == "paste":
            return place if self.attribute == "main" else f"{place}#{self.attribute}"
        if self.attribute is None:
            return place
        call = "" if self.call is None else f"({self.call})"
        return f"{place}:{self.attribute}{call}"


class StaticFolder(msgspec.Struct, frozen=True, kw_only=True):
    """A folder that the web server can serve instead of the app."""

    url: str
    """URL prefix with both slashes, `/static/`."""
    directory: str
    """Absolute folder, no trailing slash."""
    owner: str
    """Who declared it: `app`, a blueprint's name, or `static.extra`."""


class AppReport(msgspec.Struct, frozen=True, kw_only=True):
    """The report of a throw-away import of the app."""

    app: AppRef
    is_flask: bool
    python_version: str
    static_folders: tuple[StaticFolder, ...] = ()
    max_content_length: int | None = None
    debug: bool = False
    output: str = ""
    """What the import printed, its last 8 KB."""
