"""The dashboard's process: started once the stack serves, started again when it dies, ended with the stack.

It is outside the machine on purpose: nothing that happens to it may change what happens to the servers.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enuf.errors import Conflict, EnufError
from enuf.inspect.access_log import end_position
from enuf.model.address import Address, TcpAddress, UnixAddress
from enuf.model.process import Companion
from enuf.observe.live.totals import Checkpoint, write_checkpoint
from enuf.run.process.stopping import kill
from enuf.system import files
from enuf.system.process import describe_exit

if TYPE_CHECKING:
    from enuf.run.process.children import Child
    from enuf.run.supervisor import Supervisor

BACK_OFF_S = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
QUIET_S = 30.0
"""Alive for so long, its earlier deaths are forgotten."""
STOPS_WITHIN_S = 1.0
KEPT_VARIABLES = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "XDG_RUNTIME_DIR", "PYTHONPATH", "PYTHONHOME",
)  # fmt: skip
"""It gets nothing else: what the app is told by its environment is no business of a web page."""


class DashboardProcess:
    """Holds the dashboard's address, and runs its process."""

    def __init__(self, supervisor: Supervisor, own_mark: str) -> None:
        """`own_mark` stands in the front's log beside the supervisor's own requests."""
        self._supervisor = supervisor
        self._own_mark = own_mark
        self._bound: Address | None = None
        self._child: Child | None = None
        self._stopping = False
        self._token = secrets.token_urlsafe(32)
        self._log_at_start = end_position(Path(supervisor.plan.paths.log) / "access.log")

    def status(self) -> dict[str, Any] | None:
        """Where it is; None when there is none. The token is not in it."""
        if self._bound is None:
            return None
        return {"url": self._bound.url(), "pid": self._child.pid if self._child else None}

    @property
    def child(self) -> Child | None:
        """Its process, while there is one."""
        return self._child

    def open(self) -> None:
        """Its address is held, so that it is known before the first visitor comes."""
        spec = self._supervisor.plan.dashboard
        if spec is None:
            return
        try:
            self._bound = self._listen(spec.listen)
            self.make_token()
        except (OSError, EnufError) as error:
            self._bound = None
            self._supervisor.warn(f"no dashboard: {error}")

    async def keep(self) -> None:
        """Run the dashboard, and start it again when it dies, until cancelled. Log failures and raise none."""
        spec = self._supervisor.plan.dashboard
        if spec is None or self._bound is None:
            return
        try:
            await self._keep(spec)
        except Exception as error:  # whatever it is, the servers must not suffer from it
            self._supervisor.diary.write(traceback.format_exc())
            self._supervisor.warn(f"no dashboard: {type(error).__name__}: {error}")

    async def _keep(self, spec: Companion) -> None:
        begun = Checkpoint(positions=(self._log_at_start,), own=self._own_mark)
        totals = Path(self._supervisor.plan.paths.dashboard_totals)
        files.remove(totals)
        write_checkpoint(totals, begun)
        failures = 0
        while not self._is_over():
            started_at = time.monotonic()
            reason = await self._run_once(spec)
            if self._is_over():
                return
            failures = 0 if time.monotonic() - started_at > QUIET_S else failures + 1
            self._supervisor.diary.write(f"dashboard: {reason}; it is started again, see {spec.log}")
            await asyncio.sleep(BACK_OFF_S[min(failures, len(BACK_OFF_S)) - 1])

    async def _run_once(self, spec: Companion) -> str:
        """Run it until it ends, and why it did."""
        assert self._bound is not None
        lent = self._supervisor.listeners.descriptor(self._bound)
        try:
            child = self._supervisor.children.start(
                spec, self._environment(spec, lent), (lent,), key="dashboard"
            )
        except OSError as error:
            return f"cannot be started: {error}"
        self._child = child
        self._supervisor.record()
        status = await child.end()
        self._child = None
        with contextlib.suppress(OSError):
            await kill(child)
        return describe_exit(status)

    def _environment(self, spec: Companion, lent: int) -> dict[str, str]:
        inherited = self._supervisor.environ
        kept = {name: inherited[name] for name in KEPT_VARIABLES if name in inherited}
        return {"LANG": "C.UTF-8", **kept, spec.variable: str(lent)}

    def _listen(self, wish: Address) -> Address:
        """The address asked for, else any free port beside it."""
        try:
            return self._supervisor.listeners.open(wish)
        except Conflict:
            if not isinstance(wish, TcpAddress):
                raise
            bound = self._supervisor.listeners.open(TcpAddress(wish.host, 0))
            self._supervisor.note(f"{wish} is taken, so the dashboard is at {bound} (enuf dash)")
            return bound

    def make_token(self) -> None:
        """The token is in its file."""
        path = Path(self._supervisor.plan.paths.dashboard_token)
        files.write_whole(path, self._token + "\n", 0o600, durable=False)

    def put_token_back(self) -> bool:
        """Write the token again where its file is missing or says something else. Return True then. Raises OSError."""
        path = Path(self._supervisor.plan.paths.dashboard_token)
        if self._bound is None or _says(path, self._token):
            return False
        if path.is_dir() and not path.is_symlink():
            files.remove(path)
        self.make_token()
        return True

    def is_at(self, path: Path) -> bool:
        """Return True when this is the file of the dashboard's own socket."""
        return isinstance(self._bound, UnixAddress) and Path(self._bound.path) == path

    def renew(self) -> None:
        """Bind the address again, whose file is gone, and start the process again with it."""
        if self._bound is not None:
            with contextlib.suppress(OSError, EnufError):
                self._supervisor.listeners.open(self._bound)
                if self._child is not None:
                    self._child.signal("TERM")

    def _is_over(self) -> bool:
        return self._stopping

    async def stop(self) -> None:
        """It has ended."""
        self._stopping = True
        child = self._child
        if child is not None:
            child.signal("TERM")
            await child.exit_within(STOPS_WITHIN_S)
            await kill(child)


def _says(path: Path, token: str) -> bool:
    try:
        return files.read_regular(path, follow=False).decode("ascii", "replace").strip() == token
    except OSError:
        return False
