"""The protocol of a front's adapter."""

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
    """The server that a front shall stand in front of, and the site."""

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
    backlog: int
    dev: bool = False


class Front(Protocol):
    """An adapter: pure functions from a request to values."""

    name: str
    understands: frozenset[Wire]
    tool: str | None
    """The program that discover must find for the front."""
    tool_setting: str
    """The setting that chooses that program; empty where there is no choice."""
    in_words: tuple[str, ...]
    """For `up --explain`: the names of the lines in its file that make the site."""

    def files(self, request: FrontRequest) -> tuple[ConfigFile, ...]:
        """Return the files that the front reads, whole."""
        ...

    def unit(self, request: FrontRequest) -> Unit:
        """Return how the front is run."""
        ...

    def site(self, request: FrontRequest, site: Site) -> ConfigFile:
        """Return the site's file for a front that the host runs by itself, beside other sites."""
        ...
