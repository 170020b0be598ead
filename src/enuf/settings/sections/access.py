"""The settings of [access]."""

from __future__ import annotations

import posixpath
from typing import Annotated

from msgspec import Meta, Struct

from enuf.settings import typed


class Access(Struct, frozen=True, kw_only=True):
    """Who may see the site or a part of it, for a site that is not for everybody yet; nginx asks before anything is sent."""

    passwords: Annotated[
        dict[typed.SitePath, str | None],
        Meta(
            description="File with names and hashed passwords (as `htpasswd -B` writes it), by path, relative to the project: "
            "browsers ask for one of them (HTTP Basic). A path stands for itself and all below it, the longest one counts, "
            "`off` opens one. The app does not get the password.",
            examples=[{"/": ".htpasswd", "/webhook": "off"}],
        ),
    ] = {}
    allow: Annotated[
        dict[typed.SitePath, typed.Networks],
        Meta(
            description="IP addresses and networks that may ask for a path and all below it, of the longest path that is named; "
            "all others get 403.",
            examples=[{"/admin": ["10.0.0.0/8", "2001:db8::/32"]}],
        ),
    ] = {}
    deny: Annotated[
        dict[typed.SitePath, typed.Networks],
        Meta(
            description="IP addresses and networks that get 403 for a path and all below it, whatever other settings say.",
            examples=[{"/": ["203.0.113.0/24"]}],
        ),
    ] = {}

    @property
    def files(self) -> tuple[str, ...]:
        """The password files, without repetitions."""
        return tuple(dict.fromkeys(name for name in self.passwords.values() if name is not None))

    def paths_in(self, project: str) -> tuple[str, ...]:
        """Return the absolute paths of the password files of a project."""
        return tuple(posixpath.normpath(posixpath.join(project, name)) for name in self.files)

    @property
    def guards(self) -> bool:
        """True if some visitors are turned away."""
        return bool(self.files or self.allow or self.deny)
