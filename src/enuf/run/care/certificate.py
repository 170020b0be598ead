"""The certificate of a running stack: a renewed one is taken by itself, a broken one never reaches the front."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from enuf.errors import EnufError
from enuf.model.address import TcpAddress
from enuf.model.certificate import TlsPlan, TlsStatus, certificate_status, end_warnings
from enuf.model.certificate_events import CertificateRefused, CertificateTaken
from enuf.model.plan import Plan
from enuf.model.process import ProcessOrder
from enuf.run.care.orders import CertificateOrders
from enuf.run.machine.events import FRONT
from enuf.run.process.children import Child
from enuf.run.process.stopping import send_order
from enuf.run.process.units import Units
from enuf.run.running import RunningStack
from enuf.system import files
from enuf.system.journal import EventJournal
from enuf.system.tls_probe import served_certificate

if TYPE_CHECKING:
    from enuf.tls.pair import CertificatePair
    from enuf.tls.root_reader import RootReader
    from enuf.tls.source import PairSource

LOOK_EVERY_S = 1.0
AGAIN_AFTER_S = 60.0
POLL_S = 0.05
ASK_WITHIN_S = 2.0
Contents = tuple[bytes, bytes] | str
"""The bytes of both files, or why they cannot be read."""


class ServedPair:
    """The pair in the file that the front reads: the last good one of each source."""

    def __init__(self, reader: RootReader | None) -> None:
        self._reader = reader
        self._good: dict[tuple[str, str], CertificatePair] = {}
        self._path = Path()
        self._plain_http = Path()
        self.pair: CertificatePair | None = None
        """The pair in the file; None for plain HTTP."""

    def source(self, tls: TlsPlan) -> PairSource:
        """Return the reader of the pair's own files."""
        from enuf.tls.source import PairSource  # here: a site without TLS needs none of it

        return PairSource(certificate=tls.certificate, key=tls.key, hosts=tls.names, reader=self._reader)

    def provide(self, plan: Plan) -> None:
        """Write the pair of this plan where its front reads it. Raise EnufError or OSError.

        A source whose files are broken by now gives its last good pair. A stand-in waits while a better pair is served:
        other settings of the site do not cost it its certificate.
        """
        tls = plan.tls
        if tls is None:
            return
        self._path, self._plain_http = Path(plan.paths.certificate), Path(plan.paths.plain_http)
        known = self._good.get(tls.source)
        if known is None or known.facts != tls.facts:
            try:
                known = self.source(tls).checked()
            except EnufError:
                if known is None:
                    raise
        self._good[tls.source] = known
        served = self.pair if self.pair and self.is_better_than(known) else known
        self.write(served)
        self.settle(served)

    def is_better_than(self, pair: CertificatePair) -> bool:
        """Return True if the pair that is served was issued, and the other one is a stand-in."""
        return self.pair is not None and not self.pair.facts.is_stand_in and pair.facts.is_stand_in

    def remember(self, tls: TlsPlan, pair: CertificatePair) -> None:
        """Keep a good pair of this source, which the front serves by now. Raise OSError."""
        self._good[tls.source] = pair
        self.settle(pair)

    def settle(self, pair: CertificatePair) -> None:
        """Let plain HTTP serve the site while the pair is a stand-in, and redirect else. Raise OSError."""
        if pair.facts.is_stand_in:
            self._plain_http.touch(0o600)
        else:
            files.remove(self._plain_http)

    def write(self, pair: CertificatePair) -> None:
        """Replace the file in one step. Raise OSError."""
        files.write_whole(self._path, pair.pem.decode("ascii"), 0o600)
        self.pair = pair

    async def close(self) -> None:
        """Let root's reader end, if there is one."""
        if self._reader:
            self._reader.close()

    def put_back(self) -> Iterator[str]:
        """Write the file again if it is gone, and yield that in words. Raise OSError."""
        if self.pair and not os.path.lexists(self._path):
            self.write(self.pair)
            yield f"{self._path} was removed and has been written again"


class CertificateWatch:
    """The watch over the certificate's own files, while the stack serves."""

    def __init__(
        self,
        running: RunningStack,
        units: Units,
        served: ServedPair,
        orders: CertificateOrders,
        journal: EventJournal,
    ) -> None:
        self._running = running
        self._units = units
        self._served = served
        self._orders = orders
        self._journal = journal
        self._seen: Contents = ""
        self._handled: Contents = ""
        self._problem = ""
        self._refused = ""
        """Why the newest pair was refused; empty after one that was taken."""
        self._again_at = 0.0
        """When a refused pair is looked at again: the clock or the front may have been the reason."""

    async def watch(self) -> None:
        """Look at the files every LOOK_EVERY_S seconds until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            tls = self._running.plan.tls
            if tls is not None:
                self._renew(tls)
                await self._look(tls)

    def _renew(self, tls: TlsPlan) -> None:
        """Let the local authority issue a new certificate in time: `_look` finds and takes it as any other."""
        from enuf.tls.local import RENEW_DAYS, issued

        pair = self._served.pair
        if tls.mode != "local" or (pair and pair.facts.days_left(time.time()) >= RENEW_DAYS):
            return
        try:
            issued(Path(tls.folder), tls.local)
        except EnufError as error:
            self._problem = f"the certificate in {tls.certificate} cannot be renewed: {error.summary}"

    def status(self) -> TlsStatus | None:
        """Return the report about the certificate that is served; None for plain HTTP."""
        tls = self._running.plan.tls
        if tls is None:
            return None
        facts = self._served.pair.facts if self._served.pair else tls.facts
        return TlsStatus(
            mode=tls.mode, ca=tls.ca, certificates=(certificate_status(facts, tls.certificate, time.time()),),
            order=self._orders.status(tls, facts),
        )  # fmt: skip

    def warnings(self) -> list[str]:
        """Return a renewed certificate that is not served, and one that ends soon."""
        status = self.status()
        if status is None:
            return []
        found = [self._problem] if self._problem else []
        orders = self._orders.warnings(status.order) if status.order else []
        return [*found, *orders, *end_warnings(status, time.time())]

    async def _look(self, tls: TlsPlan) -> None:
        """Handle files that have changed, once they are the same at two looks: a renewal writes one after the other."""
        source = self._served.source(tls)
        try:
            seen: Contents = source.contents()
        except EnufError as error:
            seen = error.summary
        settled, self._seen = seen == self._seen, seen
        if self._refused and time.monotonic() >= self._again_at:
            self._handled = ""
        if not settled or seen == self._handled or not self._may_act():
            return
        self._handled = seen
        try:
            if isinstance(seen, str):
                self._refuse(tls, seen)
            else:
                await self._take(tls, source.check(seen))
        except EnufError as error:
            self._refuse(tls, error.summary)
        except OSError as error:
            self._handled = ""  # a full disk: the next look tries again
            self._refuse(tls, f"{error.filename or tls.certificate}: {error.strerror or error}")

    def _may_act(self) -> bool:
        """Return True while the front serves and no reload is about to give it other files."""
        stack = self._running.stack
        is_ready = stack.front is not None and stack.front.condition == "ready"
        return is_ready and stack.reload is None and stack.phase in ("serving", "failed")

    async def _take(self, tls: TlsPlan, pair: CertificatePair) -> None:
        """Let the front serve this pair. Put the pair before back when a TLS client does not get the new one."""
        before, child = self._served.pair, self._units.running.get(FRONT)
        front = self._running.plan.front
        if before is None or before.pem == pair.pem or self._served.is_better_than(pair):
            self._problem = self._refused = ""
            return
        if child is None or front is None or front.process.refresh is None:
            self._handled = ""
            return
        order = front.process.refresh
        self._served.write(pair)
        if not await self._is_served(pair, child, order):
            if self._served.pair is not pair:
                self._handled = ""  # a reload has written another pair, and proves it: look again after it
                return
            self._served.write(before)
            send_order(order, child)
            self._refuse(tls, f"{front.process.name} does not serve it; see {front.process.log}")
            return
        self._served.remember(tls, pair)
        self._problem = self._refused = ""
        self._journal.record(CertificateTaken(names=pair.facts.names, not_after=pair.facts.not_after))

    async def _is_served(self, pair: CertificatePair, child: Child, order: ProcessOrder) -> bool:
        """Order the front to read its files again, and ask for its certificate until it is this one.

        Return False when that lasts too long, and when a reload writes another pair.
        """
        send_order(order, child)
        address, host = self._running.plan.listen.reachable, self._running.plan.health.host
        proxied = self._running.plan.proxied
        assert isinstance(address, TcpAddress)
        try:
            async with asyncio.timeout(order.wait_s):
                while self._served.pair is pair:
                    if await served_certificate(address, host, ASK_WITHIN_S, proxied=proxied) == pair.leaf:
                        return True
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            return False
        return False

    def _refuse(self, tls: TlsPlan, why: str) -> None:
        before = self._served.pair
        until = f", valid until {before.facts.not_after}" if before else ""
        self._problem = (
            f"the certificate in {tls.certificate} is not taken, and the one before serves on{until}: {why}"
        )
        self._again_at = time.monotonic() + AGAIN_AFTER_S
        if why != self._refused:
            self._refused = why
            self._journal.record(CertificateRefused(why=why, path=tls.certificate))
