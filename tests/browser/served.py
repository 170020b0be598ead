"""The dashboard in front of snapshots that a test holds in its hand."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

from enuf.model.address import TcpAddress
from enuf.model.snapshot import PastHour, Snapshot
from enuf.web.access_policy import AccessPolicy
from enuf.web.app import DashboardApp
from enuf.web.doctor_report import DoctorRunner
from enuf.web.log_search import LogSearch
from enuf.web.serving import HEAD_S, make_server
from tests.browser.recorded import Make

TOKEN = "a-token-for-the-tests"


class Held:
    """A source that answers what the test put into it."""

    def __init__(self, make: Make, at: float) -> None:
        self.at = at
        self.hour = PastHour(step_s=10.0)
        self.show(make)

    def show(self, make: Make) -> None:
        """From now on this is what the stack looks like, a second later."""
        self.put(make(self.at + 1))

    def put(self, snapshot: Snapshot) -> None:
        """From now on it looks like this."""
        self.at = snapshot.at
        self.now = snapshot

    def snapshot(self) -> Snapshot:
        return self.now

    def past_hour(self) -> PastHour:
        return self.hour

    def metrics(self) -> bytes:
        return b""


def dashboard_of(source: Held, folder: Path, address: TcpAddress) -> DashboardApp:
    """The dashboard of this address that shows this source, with the configuration and the logs in this folder."""
    return DashboardApp(
        source,
        AccessPolicy(token=TOKEN, address=address),
        conf=folder,
        logs=LogSearch(folder / "log"),
        doctor=DoctorRunner(str(folder)),
    )


@contextlib.contextmanager
def served(source: Held, folder: Path, port: int | None = 0, *, head_s: float = HEAD_S) -> Iterator[str]:
    """The address, with its token, of a dashboard that shows this source."""
    listener = socket.create_server(("127.0.0.1", port or 0))
    address = TcpAddress("127.0.0.1", listener.getsockname()[1])
    server = make_server(dashboard_of(source, folder, address), listener, head_s=head_s)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"{address.url()}/?token={TOKEN}"
    finally:
        connections = list(server._map.values())
        server.trigger.pull_trigger(server._map.clear)  # its loop ends when there is nothing to watch
        thread.join(10)
        server.task_dispatcher.shutdown()
        for connection in connections:
            connection.close()
