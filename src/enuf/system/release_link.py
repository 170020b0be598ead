"""The link that leads to a project's release: found on the path as it was typed, and pointed at another release."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from enuf.system import files
from enuf.system.switch_user import acting_as, keeper_of

USUAL_LINK = "current"
"""The usual name of a link to the release that serves: every site deployed that way has such a link."""
_MOST_ABOVE = 2
"""The link is looked for beside a release, and beside the folder of the releases."""
_MOST_LINKS = 40
"""As many links as the kernel follows in one path (ELOOP)."""


class ReleaseLink(NamedTuple):
    """A link `current -> releases/7`, and the place of the project in the release."""

    link: Path
    inside: str
    """Empty where the project is the release's folder itself, `web` for the project `current/web`."""

    @property
    def release(self) -> Path:
        """The folder of the release that the link leads to now, without links."""
        return Path(os.path.realpath(self.link))

    def point_at(self, release: Path) -> str:
        """Point the link at another release, in one step, and return what it said before.

        Root acts with the rights of the user who keeps the link's folder. A relative link stays relative. Raise OSError.
        """
        before = os.readlink(self.link)  # noqa: PTH115 - the text as it is
        around = os.path.realpath(self.link.parent)
        self.write(str(release) if os.path.isabs(before) else os.path.relpath(release, around))  # noqa: PTH117
        return before

    def write(self, target: str) -> None:
        """Write the text of the link, in one step. Raise OSError."""
        with acting_as(keeper_of(self.link.parent)):
            files.replace_symlink(self.link, target)


def find_release_link(project: Path) -> ReleaseLink | None:
    """Return the last link on the way to a project as it was typed; None for a path without links.

    A link to a link leads on to the last one of them: that one is pointed at a release.
    """
    for place in (project, *project.parents):
        if os.path.islink(place):  # noqa: PTH114 - False, and no error, below a folder that is closed to us
            inside = str(project.relative_to(place))
            return ReleaseLink(_last_of_chain(place), "" if inside == "." else inside)
    return None


def by_release_link(folder: Path) -> Path:
    """Return the path by which a release is known that nobody has named: through the link `current` that leads to it.

    sudo forgets by which link one came to `/srv/shop/releases/3`: then `/srv/shop/current` is meant. A link of another name
    may be anything. A link counts only if root, or the owner of what it leads to, made it.
    """
    for place in (folder, *folder.parents[:_MOST_ABOVE]):
        for around in place.parents[:_MOST_ABOVE]:
            if _leads_to(around / USUAL_LINK, place):
                return around / USUAL_LINK / folder.relative_to(place)
    return folder


def _leads_to(link: Path, release: Path) -> bool:
    try:
        owners = (0, release.lstat().st_uid)
        return link.is_symlink() and os.path.realpath(link) == str(release) and link.lstat().st_uid in owners
    except OSError:
        return False


def _last_of_chain(link: Path) -> Path:
    for _ in range(_MOST_LINKS):
        spoken = link.parent / link.readlink()
        following = Path(os.path.realpath(spoken.parent)) / spoken.name
        if not following.is_symlink():
            break
        link = following
    return link
