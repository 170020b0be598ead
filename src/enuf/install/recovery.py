"""The end of a change: it is undone step by step, or completed, from the entries of its journal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

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
from enuf.install.signals import signals_ignored
from enuf.install.tree import HostTree, sync_folder
from enuf.model.site import LIBRARY

NGINX = "nginx"
"""The name of nginx in Reread.who; any other name is that of the service manager."""

_OPPOSITE: dict[ServiceAction, ServiceAction] = {"stop": "start", "restart": "restart", "reload": "reload"}
"""What a service must do once its old files are back."""


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
        if problems := undo_change(tree, servers, entries):
            raise not_undone(what, problems)
    return f"an earlier {what} was cut off, and has been undone"


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


def undo_change(tree: HostTree, servers: Servers, entries: Sequence[JournalEntry]) -> list[str]:
    """Undo every step, and remove the journal if that succeeds.

    Return the problems; with any, the journal stays.
    """
    problems: list[str] = []
    for work in _undoing(tree, servers, entries):
        try:
            work()
        except (EnufError, OSError) as error:
            problems.append(str(error))
    _remove_appeared(tree, entries)
    if not problems:
        _remove_journal(tree.local_path(LIBRARY))
    return problems


def not_undone(what: str, problems: Sequence[str]) -> NotReady:
    """Return the error for a change that cannot be undone yet."""
    return NotReady(
        f"the {what} cannot be undone yet: {problems[0]}",
        "remove the cause, then run enuf install or enuf uninstall again: it goes on undoing first",
        detail="\n".join(problems),
        slug="not-undone",
    )


def _undoing(tree: HostTree, servers: Servers, entries: Sequence[JournalEntry]) -> list[Callable[[], None]]:
    """Return the calls that undo the steps.

    A started service stops before its files are removed; any other service gets its files back first.
    """
    services = servers.services
    actions = [entry for entry in entries if isinstance(entry, Service)]
    touched = [entry for entry in entries if isinstance(entry, Touch)]
    readers = {entry.who for entry in entries if isinstance(entry, Reread)}
    return [
        *(partial(services.control, "stop", each.unit) for each in reversed(actions) if each.order == "start"),
        *(partial(tree.restore, each.path, each.before) for each in reversed(touched)),
        *([services.reload_definitions] if readers - {NGINX} else []),
        *(partial(services.control, _OPPOSITE[each.order], each.unit) for each in actions if each.order != "start"),
        *([servers.nginx.reload] if servers.nginx and NGINX in readers else []),
    ]  # fmt: skip


def _remove_appeared(tree: HostTree, entries: Sequence[JournalEntry]) -> None:
    for entry in reversed(entries):
        if isinstance(entry, Appear):
            (tree.remove_empty_folder if entry.only_empty else tree.remove_all)(entry.path)


def _remove_journal(library: Path) -> None:
    (library / "journal").unlink(missing_ok=True)
    sync_folder(library)
