"""The running programs of a host that an install commands."""

from __future__ import annotations

import msgspec

from enuf.install.nginx_service import NginxService
from enuf.install.services.base import ServiceManager


class Servers(msgspec.Struct, frozen=True, kw_only=True):
    """A host's service manager and its nginx."""

    services: ServiceManager
    nginx: NginxService | None = None
    """None in the tree of an image, where no nginx runs."""

    @property
    def are_live(self) -> bool:
        """True on a running host, False in the tree of an image."""
        return self.services.is_live
