"""The end of a change: it is undone step by step, or completed, from the entries of its journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import msgspec

from enuf.errors import EnufError, NotReady
from enuf.install.journal import (
    Appear,
    BeginChange,
    Done,
    JournalEntry,
    Reread,
    Service,
    Touch,
    read_journal,
)
from enuf.install.servers import Servers
from enuf.install.services.base import ServiceAction
from enuf.install.tree import HostTree, sync_folder
from enuf.model.site import LIBRARY
from enuf.system.signals import signals_ignored

NGINX = "nginx"
"""The name of nginx in Reread.who; any other name is that of the service manager."""

_OPPOSITE: dict[ServiceAction, ServiceAction] = {"stop": "start", "restart": "restart", "reload": "reload"}
"""What a service must do once its old files are back."""


class Undone(msgspec.Struct, frozen=True):
    """What has come of undoing a change."""

    problems: tuple[str, ...] = ()
    """Why a file or a service is not as before. The journal stays, and the next run goes on."""
    remarks: tuple[str, ...] = ()
    """What a server did not do although its files are as before: the cause is not the change, and must not keep
    every later change of the host waiting."""

    @property
    def outcome(self) -> str:
        """The state of the host, in words."""
        return "; ".join(("the host is as before", *(f"but {each}" for each in self.remarks)))


def recover_host(tree: HostTree, servers: Servers) -> str:
    """Undo, or complete, the change that an interrupted run has left.

    Return a sentence about it, or an empty string.

    Call it with the host's lock held. Raise NotReady when a step cannot be undone yet: the journal stays, and
    the next run tries again.
    """
    entries = read_journal(tree.local_path(LIBRARY) / "journal")
    if entries is None:
        return ""
    begin = next((entry for entry in entries if isinstance(entry, BeginChange)), None)
    what = f"{begin.verb} of {begin.site}" if begin else "change"
    with signals_ignored():
        if is_done(entries):
            complete_change(tree, entries)
            return f"an earlier {what} was cut off at its very end, and is complete now"
        undone = undo_change(tree, servers, entries)
        if undone.problems:
            raise not_undone(what, (*undone.problems, *undone.remarks))
    return f"an earlier {what} was cut off, and has been undone: {undone.outcome}"


def is_done(entries: Sequence[JournalEntry]) -> bool:
    """Return True for a change that must be completed, not undone."""
    return any(isinstance(entry, Done) for entry in entries)


def complete_change(tree: HostTree, entries: Sequence[JournalEntry]) -> None:
    """Remove what a completed change leaves over, then its journal."""
    for entry in entries:
        if isinstance(entry, Done):
            for path in entry.clear:
                tree.remove_all(path)
            for path in entry.clear_empty:
                tree.remove_empty_folder(path)
    _remove_journal(tree.local_path(LIBRARY))


def undo_change(tree: HostTree, servers: Servers, entries: Sequence[JournalEntry]) -> Undone:
    """Undo every step, and remove the journal unless a file or a service is not as before."""
    problems = _failures(_restoring(tree, servers, entries))
    remarks = _failures(_following(servers, entries))
    _remove_appeared(tree, entries)
    if not problems:
        _remove_journal(tree.local_path(LIBRARY))
    return Undone(problems, remarks)


def _failures(works: Iterable[Callable[[], None]]) -> tuple[str, ...]:
    failures: list[str] = []
    for work in works:
        try:
            work()
        except (EnufError, OSError) as error:
            failures.append(str(error))
    return tuple(failures)


def not_undone(what: str, problems: Sequence[str]) -> NotReady:
    """Return the error for a change that cannot be undone yet."""
    return NotReady(
        f"the {what} cannot be undone yet: {problems[0]}",
        "remove the cause, then run enuf install or enuf uninstall again: it goes on undoing first",
        detail="\n".join(problems),
        slug="not-undone",
    )


def _restoring(
    tree: HostTree, servers: Servers, entries: Sequence[JournalEntry]
) -> Iterator[Callable[[], None]]:
    """Yield the calls that give the host its files back. A started service stops before its files are removed."""
    for entry in reversed(entries):
        if isinstance(entry, Service) and entry.order == "start":
            yield partial(servers.services.control, "stop", entry.unit)
    for entry in reversed(entries):
        if isinstance(entry, Touch):
            yield partial(tree.restore, entry.path, entry.before)
    if _readers(entries) - {NGINX}:
        yield servers.services.reload_definitions


def _following(servers: Servers, entries: Sequence[JournalEntry]) -> Iterator[Callable[[], None]]:
    """Yield the calls by which servers work by the restored files."""
    for entry in entries:
        if isinstance(entry, Service) and entry.order != "start":
            yield partial(servers.services.control, _OPPOSITE[entry.order], entry.unit)
    if servers.nginx and NGINX in _readers(entries):
        yield servers.nginx.reload


def _readers(entries: Sequence[JournalEntry]) -> set[str]:
    return {entry.who for entry in entries if isinstance(entry, Reread)}


def _remove_appeared(tree: HostTree, entries: Sequence[JournalEntry]) -> None:
    for entry in reversed(entries):
        if isinstance(entry, Appear):
            (tree.remove_empty_folder if entry.only_empty else tree.remove_all)(entry.path)


def _remove_journal(library: Path) -> None:
    (library / "journal").unlink(missing_ok=True)
    sync_folder(library)
