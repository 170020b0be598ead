"""Go back to an earlier release of a running stack: its link or its checkout is moved, then a reload takes it.

The command moves it and not the supervisor: an installed service cannot write to the project, and whoever may move the
link or the checkout needs no other right. What was moved is put back when the reload is refused.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from enuf.control.checkout import Checkout, CheckoutMove
from enuf.control.client import ask_as_owner, make_next_home
from enuf.errors import EnufError, NotReady, PrivilegeNeeded
from enuf.model.paths import StackPaths
from enuf.model.protocol import ReloadReply, ReloadRequest, StatusRequest
from enuf.model.release import ProjectRelease, ReleaseStatus, inside_release
from enuf.model.status import StackStatus
from enuf.system.own_command import with_sudo
from enuf.system.release_link import ReleaseLink, find_release_link

MOST_NAMED = 5
ORDERED_WITHIN_S = 0.5


class Rollback(msgspec.Struct, frozen=True, kw_only=True):
    """A rollback that is done."""

    reply: ReloadReply
    before: ProjectRelease
    """The release that served until now."""
    now: ProjectRelease
    moved: str
    """What was moved, in words: `current -> releases/1`."""


class Move(Protocol):
    """The way to another release: taken, and taken back."""

    def go(self) -> str:
        """Move, and return what was moved, in words. Raise EnufError or OSError."""
        ...

    def back(self) -> str:
        """Put back what was moved, and return that in words. Raise EnufError or OSError."""
        ...


class LinkMove:
    """The link of the project, pointed at another release."""

    def __init__(self, link: ReleaseLink, release: Path) -> None:
        self._link = link
        self._release = release
        self._before = ""

    def go(self) -> str:
        """Point the link at the release. Raise PrivilegeNeeded or OSError."""
        try:
            self._before = self._link.point_at(self._release)
        except PermissionError as error:
            why = f"{self._link.link} cannot be changed by this user: {error.strerror}"
            raise PrivilegeNeeded(why, with_sudo()) from None
        return self._words()

    def back(self) -> str:
        """Let the link lead where it led."""
        self._link.write(self._before)
        return self._words()

    def _words(self) -> str:
        return f"{self._link.link} -> {os.readlink(self._link.link)}"  # noqa: PTH115 - the text as it is


def roll_back(paths: StackPaths, wanted: str, progress: Callable[[str], None]) -> Rollback:
    """Go back to the release `wanted`, or to the one before, and return what was done.

    Raise NotReady where there is none, or where it does not load: then the link or the checkout is as before.
    """
    release = _release_of(paths)
    move = _Choice(release, _project(release, paths)).move(wanted)
    moved = move.go()
    progress(f"{moved}, reloading")
    try:
        make_next_home(paths)
        reply = ask_as_owner(paths, ReloadRequest(commands=False), ReloadReply)
    except EnufError as error:
        raise _refused(error, _taken_back(move)) from None
    except BaseException:  # Ctrl-C: the supervisor goes on with the reload, so another one takes it back
        _taken_back(move)
        with contextlib.suppress(EnufError, OSError):
            ask_as_owner(paths, ReloadRequest(commands=False), ReloadReply, ORDERED_WITHIN_S)
        raise
    return Rollback(reply=reply, before=release.serving, now=_release_of(paths).serving, moved=moved)


def _release_of(paths: StackPaths) -> ReleaseStatus:
    release = ask_as_owner(paths, StatusRequest(), StackStatus).release
    if release is None:
        raise NotReady(
            "the running stack has recorded no release yet",
            "it does with its next reload: enuf reload",
            slug="no-earlier-release",
        )
    return release


def _project(release: ReleaseStatus, paths: StackPaths) -> Path:
    """Return the project as the stack was started for it: a link, though this command may be run in the release itself.

    The supervisor's word alone moves no link: it must lead to the same folder.
    """
    is_same = os.path.realpath(release.project) == os.path.realpath(paths.project)
    return Path(release.project if is_same else paths.project)


class _Choice:
    """The release to go back to, and the way there."""

    def __init__(self, release: ReleaseStatus, project: Path) -> None:
        self._serving = release.serving
        self._earlier = release.earlier
        self._project = project
        self._folder = os.path.realpath(project)
        self._link = self._release_link()
        self._checkout = Checkout(Path(self._folder))

    def _release_link(self) -> ReleaseLink | None:
        """Return the link of the project; one further up counts where releases have been switched by it."""
        link = find_release_link(self._project)
        was_switched = any(each.folder != self._serving.folder for each in self._earlier)
        return link if link and (not link.inside or was_switched) else None

    def move(self, wanted: str) -> Move:
        """Return the way to the wanted release, else to the one before. Raise NotReady where there is none."""
        if wanted:
            return self._to_named(wanted)
        move = next(filter(None, map(self._to, self._candidates())), None)
        if move is None:
            gone = [each.text for each in self._earlier if each.text]
            summary = f"no earlier release of {self._project} is known"
            if gone:
                summary = f"the releases before {self._serving.text} are gone: {', '.join(gone[:MOST_NAMED])}"
            raise self._no_release(summary)
        return move

    def _candidates(self) -> Iterator[ProjectRelease]:
        """Yield the serving release where the link or the checkout has left it, as after a refused deploy, then the earlier ones."""
        yield self._serving
        yield from self._earlier

    def _to(self, release: ProjectRelease) -> Move | None:
        """Return the way to a release that has served; None where it is gone, or is there already."""
        if release.folder != self._folder:
            place = inside_release(release.folder, self._link.inside) if self._link else ""
            # Only beside the release that the link leads to: what the app's user has recorded decides nothing else.
            is_beside = (
                bool(place) and self._link is not None and Path(place).parent == self._link.release.parent
            )
            return (
                LinkMove(self._link, Path(place))
                if self._link and is_beside and _is_folder(release.folder)
                else None
            )
        if not release.revision or release.revision == self._checkout.head:
            return None
        commit = self._checkout.commit_of(release.revision)
        return CheckoutMove(self._checkout, commit) if commit else None

    def _to_named(self, wanted: str) -> Move:
        """Return the way to the release that was typed: a folder beside the present one, a path, or a revision of git."""
        if self._link:
            around = (self._link.release.parent, self._link.link.parent, Path.cwd())
            named = next(
                (path for each in around if _is_folder(path := each / wanted / self._link.inside)), None
            )
            if named:
                place = Path(os.path.realpath(named))
                if str(place) == self._folder == self._serving.folder:
                    raise self._no_release(f"{wanted} serves already")
                return LinkMove(self._link, Path(inside_release(str(place), self._link.inside)))
        commit = self._checkout.commit_of(wanted)
        if not commit:
            raise self._no_release(f"there is no release {wanted}")
        if commit == self._checkout.head == self._serving.revision:
            raise self._no_release(f"{wanted} serves already")
        return CheckoutMove(self._checkout, commit)

    def _no_release(self, summary: str) -> NotReady:
        if self._link:
            names = sorted(_names_beside(self._link.release))
            hint = "name one that is there: enuf rollback RELEASE" + (
                f"; there are: {', '.join(names[-MOST_NAMED:])}" if names else ""
            )
        elif self._checkout.head:
            hint = "name a revision of git: enuf rollback REVISION"
        else:
            hint = "a rollback needs a link to the release (current -> releases/2), or a checkout of git"
        return NotReady(summary, hint, slug="no-earlier-release")


def _is_folder(path: str | Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - False, and no error, below a folder that is closed to us


def _names_beside(release: Path) -> Iterator[str]:
    with contextlib.suppress(OSError):
        yield from (
            each.name
            for each in release.parent.iterdir()
            if each != release and each.is_dir() and not each.is_symlink()
        )


def _taken_back(move: Move) -> str:
    """Put back what was moved. Return that in words, or why it cannot be put back."""
    try:
        return f"put back: {move.back()}"
    except (EnufError, OSError) as error:
        return f"it could NOT be put back: {error.summary if isinstance(error, EnufError) else error}"


def _refused(error: EnufError, put_back: str) -> NotReady:
    return NotReady(
        error.summary.replace("reload refused", "rollback refused", 1),
        "; ".join(filter(None, (error.hint, put_back))),
        detail=error.detail,
        slug=error.slug,
    )
