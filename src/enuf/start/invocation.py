"""The words of a command line, kept so that a reload can read everything else again."""

from __future__ import annotations

import msgspec

from enuf.model.address import Address
from enuf.model.app import AppRef
from enuf.model.peers import Peers
from enuf.model.site import Site
from enuf.tls.root_reader import RootReader


class Invocation(msgspec.Struct, frozen=True, kw_only=True):
    """The target and flags of a start, and the choices that stay fixed until the stack stops."""

    project: str
    target: str | None = None
    flags: dict[str, tuple[str, str | tuple[str, ...]]] = {}
    """By setting: the flag as typed, and the value."""
    dev: bool = False
    bound: dict[str, Address] = {}
    """Addresses already bound, by setting, where the setting leaves the port to the system (port 0)."""
    pinned: AppRef | None = None
    """The app that `pinned_target` meant at the start: a reload asks for this app, even when its source is
    broken now."""
    pinned_target: str | None = None
    pinned_in: str = ""
    """The project's folder at the start, without links: `current` may lead to another release now."""
    root_reader: RootReader | None = None
    """Reads the certificate and its key where only root may, once this process is another user."""
    rendered: bool = False
    """True for files that run without enuf."""
    container: bool = False
    """True for the files of a container: the plan has the paths and programs of its image."""
    peers: Peers | None = None
    """The copies of the app server on other hosts, for an engine of several."""
    for_site: bool = False
    """True for a site behind the host's nginx: by default it is at port 80, or at 443 with HTTPS."""
    shown: bool = False
    """True for a plan that is only shown: nothing is written, no certificate issued."""
    image: str = ""
    """The root of the image that a site is installed into; the plan has the paths of that image. Empty for this host."""
    site: Site | None = None
    """The site of the host's own nginx that stands in front of the app; None for a front of our own."""
