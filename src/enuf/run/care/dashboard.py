"""The dashboard's process: started for a visitor once the stack serves, and ended when nobody has come for a while.

The supervisor holds the listening socket, so a visitor waits there until the process runs, also after one that died.
Between two visits nothing is lost: the next process reads what was added to the logs, and one that only counts
is started before so much was added that a visitor would wait for it.

The process is outside the machine on purpose: nothing that happens to the dashboard may change what happens to the
servers.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec.structs import replace

from enuf.errors import Conflict, EnufError
from enuf.inspect.log_tail import end_position
from enuf.model.address import Address, TcpAddress, UnixAddress
from enuf.model.paths import StackPaths
from enuf.model.process import CATCH_UP, Companion
from enuf.model.stack_events import BugFound
from enuf.model.status import DashboardStatus
from enuf.model.unit_events import DashboardExited
from enuf.observe.live.totals import Checkpoint, write_checkpoint
from enuf.run.care.visitors import Doorbell
from enuf.run.machine.stack import BACK_OFF_S, QUIET_S
from enuf.run.notices import Notices
from enuf.run.process.children import Child, Children
from enuf.run.process.listeners import Listeners
from enuf.run.process.stopping import kill
from enuf.system import files
from enuf.system.journal import EventJournal
from enuf.system.process import describe_exit

STOPS_WITHIN_S = 1.0
LOOK_EVERY_S = 10.0
"""The pause between two looks at the size of the log while no process runs."""
MOST_UNREAD_BYTES = 8 * 2**20
"""A log that has grown by so much is read: 40,000 requests, a second's work."""
ASK_AGAIN_S = 5.0
"""The pause between two tries to bind an address that stays."""
KEPT_VARIABLES = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "TZ", "TMPDIR", "XDG_RUNTIME_DIR", "PYTHONPATH", "PYTHONHOME",
)  # fmt: skip
"""The only variables that the dashboard inherits: the app's environment may hold secrets, and a web
page needs none."""


class DashboardProcess:
    """The dashboard's process, with its listening socket and its token."""

    def __init__(
        self,
        spec: Companion | None,
        paths: StackPaths,
        *,
        listeners: Listeners,
        children: Children,
        environ: Mapping[str, str],
        own_mark: str,
        changed: Callable[[], None],
        journal: EventJournal,
        notices: Notices,
    ) -> None:
        """Without `spec` there is no dashboard. `own_mark` is the user agent of enuf's own requests.

        `changed` is called when the process has been started.
        """
        self._doorbell = Doorbell()
        self._spec = spec
        self._paths = paths
        self._listeners = listeners
        self._children = children
        self._environ = environ
        self._own_mark = own_mark
        self._changed = changed
        self._journal = journal
        self._notices = notices
        self._bound: Address | None = None
        self.problem = ""
        """Why there is no dashboard for the time being, in words; empty while there is one."""
        self._child: Child | None = None
        self._is_for_visitors = False
        self._stopping = False
        self._token = base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
        self._access_log = Path(paths.log) / "access.log"
        self._begins_at = end_position(self._access_log)
        self._read_until = self._begins_at
        """How far the log was read about the time when the last process ended."""

    def status(self) -> DashboardStatus | None:
        """Return the dashboard's URL and the pid of a process for visitors, None without a dashboard."""
        if self._bound is None:
            return None
        pid = self._child.pid if self._child and self._is_for_visitors else None
        return DashboardStatus(url=self._bound.url(), pid=pid)

    @property
    def child(self) -> Child | None:
        """The process; None while none runs."""
        return self._child

    @property
    def held_log(self) -> tuple[Path, int] | None:
        """The log and the pid of a running process, which cannot reopen its log."""
        return (Path(self._spec.log), self._child.pid) if self._spec and self._child else None

    def open(self) -> None:
        """Bind the listening socket and write the token, so that the URL is known before the process runs."""
        if self._spec is None:
            return
        try:
            self._bound = self._listen(self._spec)
            self._write_token()
        except (OSError, EnufError) as error:
            self._bound = None
            self._report(f"no dashboard: {error}")
        else:
            self.problem = ""

    def _report(self, problem: str) -> None:
        if self._spec and self._spec.stays:
            self.problem = problem
            self._notices.record_once(problem)
        else:
            self._notices.warn(problem)

    async def keep(self) -> None:
        """Run the process whenever somebody wants it, until cancelled.

        Record failures and raise none.
        """
        spec = self._spec
        if spec is None:
            return
        while self._bound is None and spec.stays and not self._stops():
            await asyncio.sleep(ASK_AGAIN_S)
            self.open()
        if self._bound is None:
            return
        try:
            await self._keep(spec, self._bound)
        except Exception as error:  # whatever it is, the servers must not suffer from it
            self._journal.record(BugFound(traceback.format_exc()))
            self._notices.warn(f"no dashboard: {type(error).__name__}: {error}")

    async def _keep(self, spec: Companion, bound: Address) -> None:
        begun = Checkpoint(positions=(self._begins_at,), own=self._own_mark)
        totals = Path(self._paths.dashboard_totals)
        files.remove(totals)
        files.remove(Path(self._paths.dashboard_history))
        write_checkpoint(totals, begun)
        self._read_until = end_position(self._access_log)  # of the file that the front has opened by now
        failures = 0
        while not self._stops():
            words = () if spec.runs_always else await self._until_wanted(bound)
            started_at = time.monotonic()
            status = await self._run_once(spec, bound, words)
            self._read_until = end_position(self._access_log)
            if status == 0 or self._stops():
                continue
            failures = 1 if time.monotonic() - started_at > QUIET_S else failures + 1
            how = status if isinstance(status, str) else describe_exit(status)
            self._journal.record(DashboardExited(how, spec.log))
            await asyncio.sleep(BACK_OFF_S[min(failures, len(BACK_OFF_S)) - 1])

    def _stops(self) -> bool:
        return self._stopping

    async def _until_wanted(self, bound: Address) -> tuple[str, ...]:
        """Wait for a visitor, or until much is to be counted. Return the words to start the process with."""
        self._doorbell.forget()
        try:
            while True:
                self._watch(bound)
                if await self._doorbell.wait(LOOK_EVERY_S):
                    return ()
                if self._has_much_unread():
                    return (CATCH_UP,)
        finally:
            self._doorbell.ignore()

    def _watch(self, bound: Address) -> None:
        """Watch for visitors where nobody does; a socket that could not be bound again is held later."""
        if not self._doorbell.is_watching and self._listeners.holds(bound):
            self._doorbell.watch(self._listeners.descriptor(bound))

    def _has_much_unread(self) -> bool:
        """Return True when the log was begun anew, whose end might be removed later, or has grown by much."""
        now = end_position(self._access_log)
        grown_bytes = now.offset - self._read_until.offset
        return now.inode != self._read_until.inode or not 0 <= grown_bytes <= MOST_UNREAD_BYTES

    async def _run_once(self, spec: Companion, bound: Address, words: tuple[str, ...]) -> int | str:
        """Run the process until it ends. Return its wait status, or in words why it could not be started."""
        lent = self._listeners.descriptor(bound)
        wanted = replace(spec, argv=(*spec.argv, *words))
        try:
            child = self._children.start(wanted, self._environment(spec, lent), (lent,), key="dashboard")
        except OSError as error:
            return f"cannot be started: {error}"
        self._child, self._is_for_visitors = child, not words
        self._changed()
        status = await child.end()
        self._child = None
        with contextlib.suppress(OSError):
            await kill(child)
        return status

    def _environment(self, spec: Companion, lent: int) -> dict[str, str]:
        kept = {name: self._environ[name] for name in KEPT_VARIABLES if name in self._environ}
        return {"LANG": "C.UTF-8", **kept, spec.variable: str(lent)}

    def _listen(self, spec: Companion) -> Address:
        """Bind the requested address, else any free port beside it unless the address stays. Return the bound address."""
        requested = spec.listen
        try:
            return self._listeners.open(requested)
        except Conflict:
            if spec.stays or not isinstance(requested, TcpAddress):
                raise
            bound = self._listeners.open(TcpAddress(requested.host, 0))
            self._notices.note(f"{requested} is taken, so the dashboard is at {bound} (enuf dash)")
            return bound

    def _write_token(self) -> None:
        path = Path(self._paths.dashboard_token)
        files.write_whole(path, self._token + "\n", 0o600, durable=False)

    def put_token_back(self) -> bool:
        """Write the token again where its file is missing or has another content.

        Return True then. Raise OSError.
        """
        path = Path(self._paths.dashboard_token)
        if self._bound is None or _holds(path, self._token):
            return False
        if path.is_dir() and not path.is_symlink():
            files.remove(path)
        self._write_token()
        return True

    def is_at(self, path: Path) -> bool:
        """Return True when this is the file of the dashboard's own socket."""
        return isinstance(self._bound, UnixAddress) and Path(self._bound.path) == path

    def renew(self) -> None:
        """Bind the address again after its socket file was removed.

        The process is ended, and its next run gets the new socket.
        """
        if self._bound is None:
            return
        is_awaited = self._doorbell.is_watching
        self._doorbell.ignore()  # the descriptor is closed
        with contextlib.suppress(OSError, EnufError):
            self._listeners.open(self._bound)
        if self._child is not None:
            self._child.signal("TERM")
        elif is_awaited:
            self._watch(self._bound)

    async def stop(self) -> None:
        """End the process and do not start it again."""
        self._stopping = True
        child = self._child
        if child is not None:
            child.signal("TERM")
            await child.exit_within(STOPS_WITHIN_S)
            await kill(child)


def _holds(path: Path, token: str) -> bool:
    try:
        return files.read_regular(path, follow=False).decode("ascii", "replace").strip() == token
    except OSError:
        return False
