"""The orders of a certificate: the engine runs as a process of its own whenever something is due.

The supervisor never speaks with the authority, and never parses its answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from enuf.model.certificate import Certificate, OrderStatus, TlsPlan
from enuf.model.certificate_events import CertificateOrderFailed
from enuf.model.process import Errand
from enuf.run.process.children import Children
from enuf.run.process.stopping import kill
from enuf.run.running import RunningStack
from enuf.system.journal import EventJournal
from enuf.system.process import describe_exit

if TYPE_CHECKING:
    from enuf.tls.acme.folder import AcmeFolder

LOOK_EVERY_S = 1.0
WITHIN_S = 600.0
"""An engine that takes longer is killed."""
AFTER_A_CRASH_S = 60.0
BY_ITSELF = (0, 1, 75)
"""Exit statuses of an engine that has done its work, its state says what; 75: another process is at it."""
KEPT_VARIABLES = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "PYTHONPATH", "PYTHONHOME",
    "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy",
    "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE",
)  # fmt: skip
"""The only variables that the engine inherits: the app's environment may hold secrets."""


class CertificateOrders:
    """The runs of the engine, and what they have come to."""

    def __init__(
        self, running: RunningStack, children: Children, environ: Mapping[str, str], journal: EventJournal
    ) -> None:
        self._running = running
        self._children = children
        self._environ = environ
        self._journal = journal
        self._crash = ""
        """How the last run ended, where it has left no state."""
        self._again_at = 0.0

    async def watch(self) -> None:
        """Run the engine whenever its folder says so, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            tls = self._running.plan.tls
            if tls is not None and tls.mode == "acme" and self._may_start() and _is_due(_folder(tls)):
                await self._run(tls)

    def _may_start(self) -> bool:
        """Return True while the front answers challenges."""
        front = self._running.stack.front
        is_ready = front is not None and front.condition == "ready"
        return is_ready and self._running.stack.phase == "serving" and time.monotonic() >= self._again_at

    async def _run(self, tls: TlsPlan) -> None:
        from enuf.tls.acme.report import moment

        folder = _folder(tls)
        before = folder.read_state().attempted_at
        how = await self._ended(tls)
        state = folder.read_state()
        if state.attempted_at == before:  # it was killed, or another process is at it
            self._again_at = time.monotonic() + AFTER_A_CRASH_S
            self._crash = how
            return
        self._crash = ""
        if state.problem:
            self._journal.record(
                CertificateOrderFailed(
                    why=state.problem, hint=state.hint, next_attempt=moment(state.next_attempt)
                )
            )

    async def _ended(self, tls: TlsPlan) -> str:
        """Run the engine to its end. Return how it ended, in words; empty for an end by itself."""
        # -P: nothing in the folder that it starts in can take the place of a module
        argv = (sys.executable, "-P", "-m", "enuf.tls.acme", tls.folder)
        errand = Errand(argv=argv, directory=tls.folder, log=os.devnull)
        kept = {name: self._environ[name] for name in KEPT_VARIABLES if name in self._environ}
        try:
            child = self._children.start(errand, {"LANG": "C.UTF-8", **kept}, key="acme")
        except OSError as error:
            return f"cannot be started: {error}"
        try:
            is_over = await child.exit_within(WITHIN_S)
            status = await child.end() if is_over else 0
        finally:
            with contextlib.suppress(OSError):
                await kill(child)
        if not is_over:
            return f"took longer than {WITHIN_S:g} s"
        return "" if os.waitstatus_to_exitcode(status) in BY_ITSELF else describe_exit(status)

    def status(self, tls: TlsPlan, facts: Certificate) -> OrderStatus | None:
        """Return the report about the orders; `facts` are those of the certificate that is served."""
        if tls.mode != "acme":
            return None
        from enuf.tls.acme.report import order_status

        return order_status(tls.authority, _folder(tls), facts)

    def warnings(self, order: OrderStatus) -> list[str]:
        """Return what keeps the site from a certificate, or from its renewal."""
        crash = [f"the process that orders the certificate {self._crash}"] if self._crash else []
        if order.problem:
            hint = f"; {order.hint}" if order.hint else ""
            return [f"{_meaning(order)}: {order.problem}{hint}; next attempt at {order.next_attempt}", *crash]
        return [*([f"{_meaning(order)}: it is being ordered"] if order.stand_in else []), *crash]


def _meaning(order: OrderStatus) -> str:
    if order.stand_in:
        return f"there is no certificate from {order.authority} yet, plain HTTP serves the site"
    return "the certificate is not renewed yet, the one before serves on"


def _folder(tls: TlsPlan) -> AcmeFolder:
    from enuf.tls.acme.folder import AcmeFolder

    return AcmeFolder(Path(tls.folder))


def _is_due(folder: AcmeFolder) -> bool:
    """Return True if the engine has something to look at; False where the order cannot be read."""
    try:
        order = folder.request().order
    except (OSError, msgspec.MsgspecError, ValueError):
        return False
    return not folder.read_state().waits(time.time(), order)
