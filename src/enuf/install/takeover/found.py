"""What is known of a hand-made site, as frozen values."""

from __future__ import annotations

from typing import Literal

import msgspec

from enuf.discover.managed_starts import Manager
from enuf.model.address import Address


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A value of a setting of enuf, as text, and the place that says it: `/srv/toy/toy.ini:9`."""

    value: str
    place: str

    def after(self, before: Taken) -> Taken:
        """Return this value in the place of an earlier one; of two tables in TOML, one with the entries of both."""
        if not (before.value.startswith("{ ") and self.value.startswith("{ ")):
            return self
        return Taken(value=f"{before.value[:-2]}, {self.value[2:]}", place=before.place)


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the old site does and that enuf does not take over."""

    place: str
    text: str
    """The name of the option or directive, without values that may be secret."""
    why: str


class Translation(msgspec.Struct, frozen=True, kw_only=True):
    """What a part of the old site means for enuf."""

    settings: dict[str, Taken] = {}
    """By the names of enuf's settings."""
    gaps: tuple[Gap, ...] = ()


class VariableSource(msgspec.Struct, frozen=True, kw_only=True):
    """A place that gives variables to the old server's app."""

    kind: Literal["value", "file", "folder", "script", "other"]
    place: str
    """Where it is named."""
    name: str = ""
    value: str | None = None
    """None for a value that only the manager of the old server knows."""
    path: str = ""
    is_optional: bool = False

    def __repr__(self) -> str:
        """Return the place: the value may be a secret."""
        return " ".join(("VariableSource", self.kind, self.name, self.path, self.place))


class OldVariable(msgspec.Struct, frozen=True, kw_only=True):
    """A variable of the old server's app."""

    value: str
    place: str

    def __repr__(self) -> str:
        """Return the place: the value may be a secret."""
        return " ".join(("OldVariable", self.place))


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """The variables that the new site gets, by name, and what could not be taken."""

    variables: dict[str, OldVariable] = {}
    gaps: tuple[Gap, ...] = ()


class StartedBy(msgspec.Struct, frozen=True, kw_only=True):
    """The program that starts the old server, where that is not systemd."""

    manager: Manager
    name: str
    file: str
    is_alone: bool = True
    """True where the file holds nothing else than this server."""


class OldServer(msgspec.Struct, frozen=True, kw_only=True):
    """The uWSGI or gunicorn that serves the app, or would serve it once started."""

    program: str
    place: str
    """The unit, the file or the process that describes the server."""
    target: str | None
    """The app, as seen from the project; None where the server names none."""
    listens: tuple[Address, ...]
    translation: Translation
    user: Taken | None = None
    unit: str = ""
    """The unit of systemd that starts the server."""
    pid: int | None = None
    """The running main process; None while none runs, or where this user may not see it."""
    files: tuple[str, ...] = ()
    """Files of the server's configuration, those of the unit included."""
    override_folders: tuple[str, ...] = ()
    """Folders of the administrator's own lines for the units, as `systemctl edit` makes them."""
    socket_unit: str = ""
    """The unit of systemd that opens the server's socket."""
    started_by: StartedBy | None = None
    variables: tuple[VariableSource, ...] = ()
    """What gives variables to the app; later ones win."""


class OldSite(msgspec.Struct, frozen=True, kw_only=True):
    """The part of the host's nginx that passes requests to the old server."""

    files: tuple[str, ...]
    """The files that hold nothing but this site, as nginx includes them."""
    names: tuple[str, ...]
    """The server names without those that mean every name."""
    is_default: bool
    """True where the site also answers to names that it does not list."""
    place: str
    translation: Translation


class HandMade(msgspec.Struct, frozen=True, kw_only=True):
    """A hand-made site: nginx's part and the app server behind it."""

    site: OldSite
    server: OldServer
    carried: Carried = Carried()

    @property
    def settings(self) -> dict[str, Taken]:
        """What is taken over, of both parts; the server's own limits win over nginx's."""
        merged = dict(self.site.translation.settings)
        for key, taken in self.server.translation.settings.items():
            merged[key] = taken.after(merged[key]) if key in merged else taken
        return merged

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What enuf does not take over, of both parts."""
        return (*self.site.translation.gaps, *self.server.translation.gaps, *self.carried.gaps)
