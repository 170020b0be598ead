"""What a front must be able to say about itself."""

from __future__ import annotations

from typing import Protocol

import msgspec

from enuf.model.address import Address
from enuf.model.app import StaticFolder
from enuf.model.paths import StackPaths
from enuf.model.plan import ConfigFile
from enuf.model.process import Unit
from enuf.model.site import Site
from enuf.model.tool import Toolchain
from enuf.model.topology import Link, Wire
from enuf.settings.schema import Settings


class FrontRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a front is asked to stand in front of."""

    settings: Settings
    toolchain: Toolchain
    paths: StackPaths
    link: Link
    server: str
    """What people call the server behind."""
    ends_hung: bool = True
    """False where the server lets a request hang for ever."""
    listen: Address
    upstream: Address
    static_folders: tuple[StaticFolder, ...]
    static_kept: tuple[StaticFolder, ...] = ()
    """Static folders that the app serves itself."""
    backlog: int
    dev: bool = False


class Front(Protocol):
    """An adapter: pure functions from a request to values."""

    name: str
    understands: frozenset[Wire]
    tool: str | None
    in_words: tuple[str, ...]
    """For `up --explain`: the names of the lines in its file that make the site."""

    def files(self, request: FrontRequest) -> tuple[ConfigFile, ...]:
        """The files it reads, whole."""
        ...

    def unit(self, request: FrontRequest) -> Unit:
        """How to run it."""
        ...

    def site(self, request: FrontRequest, site: Site) -> ConfigFile:
        """The file for one that the host runs by itself, beside the sites of others."""
        ...
