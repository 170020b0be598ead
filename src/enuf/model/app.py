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
    """`module`: an import finds it; `file`: the source `file` is run, whatever its name; `paste`: PasteDeploy
    reads `file`."""
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


def importing(app: AppRef) -> str:
    """Return the progress text of the import proof: `importing app.py`."""
    return f"importing {PurePosixPath(app.file).name if app.file else app.module}"


SPA = "static.spa"
"""The owner of a folder with a single-page app."""


class StaticFolder(msgspec.Struct, frozen=True, kw_only=True):
    """A folder that the web server can serve instead of the app."""

    url: str
    """URL prefix with both slashes, `/static/`."""
    directory: str
    """Absolute folder, no trailing slash."""
    owner: str
    """Who declared it: `app`, a blueprint's name, `static.extra` or `static.spa`."""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers that the app sends with each of its files, beside those that follow from the file."""
    cache: str = ""
    """Cache-Control as the app sends it; empty where it leaves that to others."""
    own_hosts: bool = False
    """True when the app refuses its files to a visitor who names another host."""
    kept_by: str = ""
    """Why its files go through the app, a clause; empty where the web server may send them."""
    quiet: bool = False
    """True when nobody needs to hear of that reason."""


class ProtectedFolder(msgspec.Struct, frozen=True, kw_only=True):
    """A folder from which the web server sends a file only where the app's answer says so."""

    url: str
    """How the app names it in X-Accel-Redirect, with both slashes: `/private/`."""
    directory: str
    """Absolute folder, no trailing slash."""
    address: str
    """The web server's internal address of the folder, which visitors cannot ask for."""


WRAPPER_ANSWERS = ("503", "504")
"""Statuses of the answers that the wrapper gives in place of an app that took too long."""


class SitePages(msgspec.Struct, frozen=True, kw_only=True):
    """Pages that the web server shows in place of its own, as absolute paths of files."""

    errors: dict[str, str] = {}
    """The file for each status."""
    maintenance: str = ""
    """The file that visitors get while the site is closed; empty where it cannot be closed."""

    @property
    def files(self) -> tuple[str, ...]:
        """All files."""
        return (*self.errors.values(), *((self.maintenance,) if self.maintenance else ()))


class AppTrait(msgspec.Struct, frozen=True, kw_only=True):
    """Something about an app that not every server, or not every number of processes, suits."""

    kind: str
    what: str
    """A name or a path."""


class AppReport(msgspec.Struct, frozen=True, kw_only=True):
    """The report of a throw-away import of the app."""

    app: AppRef
    is_flask: bool
    python_version: str
    static_folders: tuple[StaticFolder, ...] = ()
    routes: tuple[str, ...] = ()
    """The first parts of a Flask app's URLs: `api` for `/api/users/<id>`."""
    max_content_length: int | None = None
    debug: bool = False
    leftovers: tuple[str, ...] = ()
    """What the import has left open or running, and a fork would share or lose: phrases like `an open
    connection to 127.0.0.1:5432`."""
    traits: tuple[AppTrait, ...] = ()
    output: str = ""
    """What the import printed, its last 8 KB."""
