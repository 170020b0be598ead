"""One change of a host: every step is written down before it is done, and all are undone when one fails."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from enuf.errors import EnufError, RolledBack
from enuf.install.change import HostChange
from enuf.install.host_lock import LIBRARY_HINT
from enuf.install.journal import Appear, BeginChange, ChangeJournal, Done, Reread, Service, Touch
from enuf.install.recovery import NGINX, Undone, complete_change, is_done, not_undone, undo_change
from enuf.install.servers import Servers
from enuf.install.services.base import ServiceAction
from enuf.install.tree import HostTree
from enuf.model.site import LIBRARY
from enuf.system.signals import signals_ignored, signals_interrupt


class Transaction:
    """The steps of one change of a host. Open it with `host_transaction`."""

    def __init__(self, tree: HostTree, servers: Servers, journal: ChangeJournal) -> None:
        self._tree = tree
        self._servers = servers
        self._journal = journal

    def apply(self, changes: Sequence[HostChange]) -> None:
        """Make the changes in their order."""
        for change in changes:
            self._journal.write(Touch(path=change.path, before=self._tree.state(change.path)))
            self._tree.apply(change)

    def expect(self, paths: Sequence[str], *, only_empty: bool = False) -> None:
        """Note missing paths that a program is about to make, so that undoing removes them."""
        for path in paths:
            if not self._tree.state(path).exists:
                self._journal.write(Appear(path=path, only_empty=only_empty))

    def control(self, action: ServiceAction, service: str) -> None:
        """Start, stop, restart or reload a service."""
        self._journal.write(Service(unit=service, order=action))
        self._servers.services.control(action, service)

    def reload_definitions(self) -> None:
        """Make the service manager read its definitions again."""
        self._journal.write(Reread(who=self._servers.services.format.name))
        self._servers.services.reload_definitions()

    def reload_nginx(self) -> None:
        """Make the host's nginx read its configuration again. Raise NginxRefuses, or NotReady."""
        nginx = self._servers.nginx
        if nginx and nginx.is_running():
            nginx.test()  # a refused configuration is never read, so nothing has to be read again
            self._journal.write(Reread(who=NGINX))
            nginx.reload_tested()

    def commit(self, clear: Sequence[str] = (), clear_empty: Sequence[str] = ()) -> None:
        """End the part that can be undone.

        `clear` and `clear_empty` are removed last: logs cannot be restored.
        """
        with signals_ignored():
            self._journal.write(Done(clear=tuple(clear), clear_empty=tuple(clear_empty)))


@contextlib.contextmanager
def host_transaction(tree: HostTree, servers: Servers, verb: str, site: str) -> Iterator[Transaction]:
    """Open a transaction for the block.

    When the block fails or is interrupted, undo its steps and raise RolledBack.

    Call it with the host's lock held, and after `recover_host`. Raise NotReady when a step cannot be undone.
    """
    journal = _begin(tree)
    try:
        with signals_interrupt():
            journal.write(BeginChange(verb=verb, site=site))
            transaction = Transaction(tree, servers, journal)
            yield transaction
            if not is_done(journal.entries):
                transaction.commit()
    except BaseException as error:
        with signals_ignored():
            journal.close()
            if is_done(journal.entries):
                complete_change(tree, journal.entries)
                raise
            undone = undo_change(tree, servers, journal.entries)
        raise _rolled_back(error, verb, site, undone) from error
    with signals_ignored():
        journal.close()
        complete_change(tree, journal.entries)


def _begin(tree: HostTree) -> ChangeJournal:
    library = tree.local_path(LIBRARY)
    try:
        return ChangeJournal(library / "journal")
    except OSError as error:
        raise RolledBack(
            f"nothing was begun: {library} cannot be written: {error.strerror}", LIBRARY_HINT
        ) from None


def _rolled_back(error: BaseException, verb: str, site: str, undone: Undone) -> EnufError:
    """Return the error to raise in place of `error`, after its steps were undone as far as possible."""
    why = "it was interrupted" if isinstance(error, KeyboardInterrupt | SystemExit) else str(error)
    hint = error.hint if isinstance(error, EnufError) and error.hint else "remove the cause, and try again"
    if undone.problems:
        return not_undone(
            f"{verb} of {site}", [*undone.problems, *undone.remarks, f"it was to be undone because: {why}"]
        )
    slug = error.slug if isinstance(error, EnufError) else ""
    detail = error.detail if isinstance(error, EnufError) else ""
    if not isinstance(error, EnufError | OSError | KeyboardInterrupt | SystemExit):
        return EnufError(f"a bug in enuf, and {undone.outcome}: {type(error).__name__}: {error}")
    return RolledBack(f"{verb} of {site} failed, and {undone.outcome}: {why}", hint, detail=detail, slug=slug)
