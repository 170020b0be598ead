"""The paths of a project whose folder is a link: as the servers of one release use them, and as the link names them."""

from __future__ import annotations

from typing import TypeVar

from msgspec.structs import replace

from enuf.model.app import ProtectedFolder, SitePages, StaticFolder
from enuf.plan.request import PlanRequest

_Folder = TypeVar("_Folder", StaticFolder, ProtectedFolder)


def through_link(path: str, project: str, real: str) -> str:
    """Return a path below `real` as it is named below `project`, a link to `real`. Return any other path as it is."""
    return project + path[len(real) :] if f"{path}/".startswith(f"{real}/") else path


class LinkPaths:
    """The folders of a site behind the host's nginx, whose file must stay true for the next release.

    Root alone writes that file. So it names folders of the project through the link that leads to each release.
    """

    def __init__(self, request: PlanRequest) -> None:
        self._project = request.paths.project
        self._real = request.real_paths.get(self._project, self._project)

    def path(self, path: str) -> str:
        """Return the path as the link names it."""
        return through_link(path, self._project, self._real)

    def folders(self, folders: tuple[_Folder, ...]) -> tuple[_Folder, ...]:
        """Return static or protected folders as the link names them."""
        return tuple(replace(folder, directory=self.path(folder.directory)) for folder in folders)

    def pages(self, pages: SitePages) -> SitePages:
        """Return the pages as the link names them."""
        errors = {status: self.path(file) for status, file in pages.errors.items()}
        return SitePages(errors=errors, maintenance=self.path(pages.maintenance))
