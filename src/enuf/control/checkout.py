"""A project that git has checked out: its revision, and the way to another one and back."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path

from enuf.errors import NotReady
from enuf.system.git import CHECKOUT_WITHIN_S, run_git_as_keeper

_MOST_FILES = 5


class Checkout:
    """The checkout that a project's folder is in; git runs with the rights of the folder's owner."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def head(self) -> str:
        """The commit that is checked out; empty where git has none here."""
        return self.commit_of("HEAD")

    def commit_of(self, name: str) -> str:
        """Return the commit that a branch, a tag or a beginning of a commit's id names; empty for none."""
        words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        found = run_git_as_keeper(self._folder, words)
        return found.out.strip() if found.ok else ""

    def refuse_changed(self) -> None:
        """Raise NotReady where tracked files were changed and not committed: they would be mixed with another revision."""
        found = run_git_as_keeper(self._folder, ("status", "--porcelain", "--untracked-files=no"))
        if not found.ok:
            raise _refused(self._folder, found.problem)
        names = [line[3:] for line in found.out.splitlines()]
        if names:
            more = f" and {len(names) - _MOST_FILES} more" if len(names) > _MOST_FILES else ""
            raise NotReady(
                f"{self._folder} has changes that are not committed: {', '.join(names[:_MOST_FILES])}{more}",
                "commit them, or put them aside with `git stash`; then: enuf rollback",
                slug="checkout-changed",
            )

    def branch(self) -> str:
        """Return the branch that is checked out; empty for a commit alone."""
        found = run_git_as_keeper(self._folder, ("symbolic-ref", "--quiet", "--short", "HEAD"))
        return found.out.strip() if found.ok else ""

    def take(self, name: str, *, detach: bool) -> None:
        """Check out a branch, or a commit alone with `detach`: no branch is moved. Raise NotReady."""
        words = ("checkout", "--quiet", "--recurse-submodules", *(("--detach",) if detach else ()), name)
        with _uninterrupted():
            done = run_git_as_keeper(self._folder, words, within_s=CHECKOUT_WITHIN_S)
        if not done.ok:
            raise _refused(self._folder, done.problem)


class CheckoutMove:
    """Another revision of the project, checked out in its place."""

    def __init__(self, checkout: Checkout, revision: str) -> None:
        self._checkout = checkout
        self._revision = revision
        self._branch, self._head = "", ""

    def go(self) -> str:
        """Check out the revision. Raise NotReady for changed files, and where git refuses."""
        self._checkout.refuse_changed()
        self._branch, self._head = self._checkout.branch(), self._checkout.head
        self._checkout.take(self._revision, detach=True)
        leads_back = f"; the branch is where it was: git switch {self._branch}" if self._branch else ""
        return f"checked out {self._revision[:10]}{leads_back}"

    def back(self) -> str:
        """Check out what was there before. Raise NotReady where git refuses."""
        self._checkout.take(self._branch or self._head, detach=not self._branch)
        return f"checked out {self._branch or self._head[:10]}"


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait while git changes files: half a checkout is no release."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _refused(folder: Path, problem: str) -> NotReady:
    return NotReady(
        f"git cannot check out another revision in {folder}: {(problem or 'no reason given').splitlines()[0]}",
        f"the files are as before; git status in {folder} says more",
        detail=problem,
        slug="checkout-refused",
    )
