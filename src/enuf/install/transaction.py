"""One change of a host: every step is written down before it is done, and undone when a later one fails."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, Protocol

from enuf.errors import Conflict, EnufError, NotReady, PrivilegeNeeded, RolledBack
from enuf.install.change import Change
from enuf.install.journal import (
    Appear,
    Begin,
    Done,
    Journal,
    Reread,
    Service,
    Step,
    Touch,
    read_journal,
    sync_folder,
)
from enuf.install.tree import HostTree
from enuf.model.site import LIBRARY
from enuf.system import files

_NOTES = "enuf notes every step there before it is done: make it writable, or run this with sudo"

Order = Literal["start", "stop", "restart", "reload"]


class Host(Protocol):
    """The servers of the host that a change concerns; their orders raise EnufError."""

    def order(self, verb: Order, unit: str) -> None:
        """Start, stop, restart or reload a service."""
        ...

    def reread(self, who: str) -> None:
        """Systemd or nginx reads its files anew."""
        ...


class Transaction:
    """Does things to a host and remembers how to undo them. Use it through `change_of`."""

    def __init__(self, tree: HostTree, host: Host, journal: Journal) -> None:
        self._tree = tree
        self._host = host
        self._journal = journal

    def make(self, changes: Sequence[Change]) -> None:
        """The changes are made, in this order."""
        for change in changes:
            self._journal.write(Touch(path=change.path, before=self._tree.see(change.path)))
            self._tree.make(change)

    def expect(self, paths: Sequence[str], *, only_empty: bool = False) -> None:
        """A program may make these soon; what is there already is not ours to remove."""
        for path in paths:
            if self._tree.see(path).kind == "nothing":
                self._journal.write(Appear(path=path, only_empty=only_empty))

    def order(self, verb: Order, unit: str) -> None:
        """Start, stop, restart or reload a service."""
        self._journal.write(Service(unit=unit, order=verb))
        self._host.order(verb, unit)

    def reread(self, who: str) -> None:
        """Systemd or nginx reads its files anew."""
        self._journal.write(Reread(who=who))
        self._host.reread(who)

    def keep(self, clear: Sequence[str] = (), clear_empty: Sequence[str] = ()) -> None:
        """From here on nothing is undone; `clear` names what is cleared away at last, as logs that nobody can bring back."""
        with _undisturbed():
            self._journal.write(Done(clear=tuple(clear), clear_empty=tuple(clear_empty)))


@contextlib.contextmanager
def change_of(tree: HostTree, host: Host, verb: str, site: str) -> Iterator[Transaction]:
    """A transaction; when its block fails, or is interrupted, the host is as it was before and RolledBack is raised.

    Call it with the lock held, and after `recover`.
    """
    library = tree.place(LIBRARY)
    try:
        journal = Journal(library / "journal")
    except OSError as error:
        raise RolledBack(
            f"nothing was begun: {library} cannot be written: {error.strerror}", _NOTES
        ) from None
    try:
        with _interruptible():
            journal.write(Begin(verb=verb, site=site))
            transaction = Transaction(tree, host, journal)
            yield transaction
            if not _is_done(journal.steps):
                transaction.keep()
    except BaseException as error:
        with _undisturbed():
            journal.close()
            if _is_done(journal.steps):
                _finish(tree, journal.steps, library)
                raise
            problems = _undo(tree, host, journal.steps, library)
        raise _as_rolled_back(error, verb, site, problems) from error
    with _undisturbed():
        journal.close()
        _finish(tree, journal.steps, library)


def recover(tree: HostTree, host: Host) -> str:
    """What a killed run has left is undone, or brought to its end; which one that was, in words, or empty.

    Raises NotReady when something cannot be undone yet: the journal stays, and the next run tries again.
    """
    library = tree.place(LIBRARY)
    steps = read_journal(library / "journal")
    if steps is None:
        return ""
    begin = next((step for step in steps if isinstance(step, Begin)), None)
    what = f"{begin.verb} of {begin.site}" if begin else "change"
    with _undisturbed():
        if _is_done(steps):
            _finish(tree, steps, library)
            return f"an earlier {what} was cut off at its very end, and is complete now"
        if problems := _undo(tree, host, steps, library):
            raise _not_undone(what, problems)
    return f"an earlier {what} was cut off, and has been undone"


@contextlib.contextmanager
def locked(tree: HostTree) -> Iterator[None]:
    """Nobody else changes this host through enuf. Raises Conflict while somebody does."""
    library = tree.place(LIBRARY)
    descriptor = _lock(library)
    try:
        yield
    finally:
        for folder in (library / "sites", library):
            with contextlib.suppress(OSError):
                folder.rmdir()  # when nothing is installed, nothing stays
        os.close(descriptor)


def _lock(library: Path) -> int:
    while True:
        try:
            with contextlib.suppress(FileExistsError):
                library.mkdir(mode=0o755)
            descriptor = files.lock_folder(library)
        except FileNotFoundError:
            continue  # whoever held it has just removed it
        except OSError as error:
            raise PrivilegeNeeded(f"{library} cannot be made: {error.strerror}", _NOTES) from None
        if descriptor is None:
            raise Conflict(
                "another enuf is changing this host right now", "wait until it has ended, and try again"
            )
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), library.stat()):
                return descriptor
        os.close(descriptor)  # whoever held it before has removed the folder


# -- back, or to the end ------------------------------------------------------------------------------------------


def _undo(tree: HostTree, host: Host, steps: Sequence[Step], library: Path) -> list[str]:
    """Everything is as before, and the journal gone; else what is not, in words, and the journal stays."""
    problems: list[str] = []
    for work in _undoing(tree, host, steps):
        try:
            work()
        except (EnufError, OSError) as error:
            problems.append(str(error))
    _clear_appeared(tree, steps)
    if not problems:
        _end(library)
    return problems


def _undoing(tree: HostTree, host: Host, steps: Sequence[Step]) -> list[Callable[[], None]]:
    """What takes the steps back: services end before their files go, and get them back before they start."""
    orders = [step for step in steps if isinstance(step, Service)]
    touched = [step for step in steps if isinstance(step, Touch)]
    who = {step.who for step in steps if isinstance(step, Reread)}
    return [
        *(partial(host.order, "stop", step.unit) for step in reversed(orders) if step.order == "start"),
        *(partial(tree.restore, step.path, step.before) for step in reversed(touched)),
        *([partial(host.reread, "systemd")] if "systemd" in who else []),
        *(partial(host.order, _BACK[step.order], step.unit) for step in orders if step.order != "start"),
        *([partial(host.reread, "nginx")] if "nginx" in who else []),
    ]


_BACK: dict[Order, Order] = {"stop": "start", "restart": "restart", "reload": "reload"}
"""What a service is told once its old files are back."""


def _is_done(steps: Sequence[Step]) -> bool:
    return any(isinstance(step, Done) for step in steps)


def _clear_appeared(tree: HostTree, steps: Sequence[Step]) -> None:
    for step in reversed(steps):
        if isinstance(step, Appear):
            (tree.forget_empty if step.only_empty else tree.forget)(step.path)


def _finish(tree: HostTree, steps: Sequence[Step], library: Path) -> None:
    for step in steps:
        if isinstance(step, Done):
            for path in step.clear:
                tree.forget(path)
            for path in step.clear_empty:
                tree.forget_empty(path)
    _end(library)


def _end(library: Path) -> None:
    (library / "journal").unlink(missing_ok=True)
    sync_folder(library)


def _as_rolled_back(error: BaseException, verb: str, site: str, problems: Sequence[str]) -> EnufError:
    why = "it was interrupted" if isinstance(error, KeyboardInterrupt | SystemExit) else str(error)
    hint = error.hint if isinstance(error, EnufError) and error.hint else "remove the cause, and try again"
    if problems:
        return _not_undone(f"{verb} of {site}", [*problems, f"it was to be undone because: {why}"])
    slug = error.slug if isinstance(error, EnufError) else ""
    detail = error.detail if isinstance(error, EnufError) else ""
    if not isinstance(error, EnufError | OSError | KeyboardInterrupt | SystemExit):
        return EnufError(f"a bug in enuf, and the host is as before: {type(error).__name__}: {error}")
    return RolledBack(
        f"{verb} of {site} failed, and the host is as before: {why}", hint, detail=detail, slug=slug
    )


def _not_undone(what: str, problems: Sequence[str]) -> NotReady:
    return NotReady(
        f"the {what} cannot be undone yet: {problems[0]}",
        "remove the cause, then run enuf install or enuf uninstall again: it goes on undoing first",
        detail="\n".join(problems),
        slug="not-undone",
    )


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """TERM, HUP and QUIT end this as Ctrl-C does: by an exception, so that it is undone."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = {
        number: signal.signal(number, interrupt)
        for number in _SIGNALS
        if signal.getsignal(number) == signal.SIG_DFL
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals do nothing until this has ended, also to the programs that it runs; against kill -9 there is the journal."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
