"""The service manager of an image: its files are written, and no program of it runs."""

from __future__ import annotations

from enuf.install.services.base import ServiceAction, ServiceFormat


class OfflineImage:
    """A ServiceManager for the tree of an image: every command is a no-op."""

    is_live = False

    def __init__(self, service_format: ServiceFormat) -> None:
        self.format = service_format

    def control(self, action: ServiceAction, service: str) -> None:
        """Do nothing: an image has no running services."""

    def is_active(self, service: str) -> bool:
        """Return False: an image has no running services."""
        return False

    def is_masked(self, service: str) -> bool:
        """Return False: no service of an image is started."""
        return False

    def reload_definitions(self) -> None:
        """Do nothing: the definitions are read when the image boots."""
