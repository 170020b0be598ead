"""The releases of a project: which code serves, and which code has served before. Pure."""

from __future__ import annotations

import posixpath
from typing import Annotated

import msgspec

MOST_RELEASES = 20
"""So many releases are remembered; the oldest ones are forgotten."""
_SHOWN_DIGITS = 10
Revision = Annotated[str, msgspec.Meta(pattern=r"\A(?:[0-9a-f]{40}|[0-9a-f]{64})?\Z")]


class ProjectRelease(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a project's code: a folder that a link leads to, a revision of git, or both."""

    folder: str
    """The project's folder without links."""
    name: str = ""
    """The name of the release's folder, where the project is named by a link; else empty."""
    revision: Revision = ""
    """The commit that is checked out in the folder; empty without git."""
    changed: bool = False
    """True where files that git tracks differ from that commit."""

    @property
    def text(self) -> str:
        """The release in a few words: `7`, `revision 3f9a1c2b44`; empty where nothing tells it from others."""
        with_changes = " with uncommitted changes" if self.changed else ""
        revision = f"revision {self.revision[:_SHOWN_DIGITS]}{with_changes}" if self.revision else ""
        return ", ".join(filter(None, (self.name, revision)))

    def is_code_of(self, other: ProjectRelease) -> bool:
        """Return True for the same folder and revision."""
        return (self.folder, self.revision) == (other.folder, other.revision)


class ServedRelease(msgspec.Struct, frozen=True, kw_only=True):
    """A release, and since when it serves or served."""

    release: ProjectRelease
    at: float
    """When it began to serve for the last time, in seconds since the epoch."""


class ReleaseHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The releases that have served, the oldest first, as a browser remembers pages.

    A step back keeps what came later; a new release is put behind the one that it replaces, and what came later is
    forgotten. So two rollbacks in a row go back two releases, and never forward to the one that was given up.
    """

    schema: int = 1
    project: str = ""
    """The project as it was typed."""
    releases: tuple[ServedRelease, ...] = ()
    serving: int = -1
    """The place of the serving release in the list."""
    left: ProjectRelease | None = None
    """The release that served until this one did: an earlier one, or a later one after a rollback."""

    @property
    def current(self) -> ServedRelease | None:
        """The release that serves, or served last."""
        return self.releases[self.serving] if 0 <= self.serving < len(self.releases) else None

    @property
    def earlier(self) -> tuple[ProjectRelease, ...]:
        """The releases before the serving one, the latest first."""
        return tuple(each.release for each in reversed(self.releases[: max(self.serving, 0)]))

    def with_serving(self, release: ProjectRelease, at: float) -> ReleaseHistory:
        """Return the history once this release serves."""
        current = self.current
        if current and current.release.is_code_of(release):
            return self._with(self.serving, ServedRelease(release=release, at=current.at), self.left)
        served, left = ServedRelease(release=release, at=at), current.release if current else None
        places = [place for place, each in enumerate(self.releases) if each.release.is_code_of(release)]
        if places:
            return self._with(places[-1], served, left)
        kept = (*self.releases[: self.serving + 1], served)[-MOST_RELEASES:]
        return msgspec.structs.replace(self, releases=kept, serving=len(kept) - 1, left=left)

    def _with(self, place: int, served: ServedRelease, left: ProjectRelease | None) -> ReleaseHistory:
        releases = (*self.releases[:place], served, *self.releases[place + 1 :])
        return msgspec.structs.replace(self, releases=releases, serving=place, left=left)


class ReleaseStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The release that serves, and what can be gone back to."""

    project: str
    """The project as it was typed when the stack was started: a link, or a folder."""
    serving: ProjectRelease
    at: float
    """Since when it serves, in seconds since the epoch."""
    before: ProjectRelease | None = None
    """The release that served until then."""
    earlier: tuple[ProjectRelease, ...] = ()
    """The releases to which a rollback goes, the next one first; those that were removed since are still named."""

    @property
    def text(self) -> str:
        """The release in words, and the one before; empty where nothing tells it from others."""
        before = self.before.text if self.before else ""
        if not self.serving.text:
            return ""
        return self.serving.text + (f"; before: {before}" if before else "")


def inside_release(folder: str, inside: str) -> str:
    """Return the release's folder of a project that is at `inside` in it; empty where it is not."""
    if not inside:
        return folder
    return folder.removesuffix(f"/{inside}") if folder.endswith(f"/{inside}") else ""


def name_of_release(folder: str) -> str:
    """Return the name of a release's folder."""
    return posixpath.basename(folder.rstrip("/"))
