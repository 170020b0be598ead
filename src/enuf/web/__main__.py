"""The dashboard's process, `python -m enuf.web`.

The supervisor starts it for a visitor and passes it a listening socket; it ends when nobody has come for a while.
With `--catch-up` it counts what the logs have, and ends.
"""

from __future__ import annotations

import argparse
import math
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, NoReturn

from enuf.model.address import Address, TcpAddress, UnixAddress
from enuf.model.paths import StackPaths
from enuf.model.process import CATCH_UP
from enuf.model.site import paths_of_site
from enuf.model.snapshot import PastHour, Snapshot
from enuf.observe.live.sampler import Sampler
from enuf.system.files import read_regular, remove

DESCRIPTOR = "ENUF_DASHBOARD_FD"
SAMPLE_EVERY_S = 1.0
WHY_BACKLOG = 128
STOPS_WITHIN_S = 1.0


class LiveSource:
    """The running stack, sampled once a second in a thread."""

    def __init__(self, sampler: Sampler, site: str = "") -> None:
        """`site` is the name of the installed site, empty for a stack of `enuf up`."""
        self._sampler = sampler
        self._last, self._hour = sampler.sample(), sampler.past_hour()
        self._site = site
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._sample_on, name="sampling", daemon=True)

    def snapshot(self) -> Snapshot:
        """Return the last snapshot."""
        return self._last

    def past_hour(self) -> PastHour:
        """Return the figures of the last hour, as of the last snapshot."""
        return self._hour

    def metrics(self) -> bytes:
        """Return the metrics document: counters of this moment, gauges of the last snapshot."""
        from enuf.observe.views.prometheus import scrape

        return scrape(self._sampler, self._site)

    def start(self) -> None:
        """Start the sampling thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread and write the totals. A sample that hangs is abandoned with its counts."""
        self._ending.set()
        self._thread.join(STOPS_WITHIN_S)
        if not self._thread.is_alive():
            self._sampler.close()

    def _sample_on(self) -> None:
        try:
            while not self._ending.wait(SAMPLE_EVERY_S):
                self._last, self._hour = self._sampler.sample(), self._sampler.past_hour()
        except BaseException:
            # A page must not show an old snapshot as the present: end the process, and the supervisor
            # restarts it.
            os.kill(os.getpid(), signal.SIGTERM)
            raise


def main() -> None:
    """Serve the dashboard until SIGTERM, or until nobody has come for a while."""
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the supervisor, which then sends TERM
    arguments = _arguments(sys.argv[1:])
    paths = arguments.paths
    sampler = Sampler(paths, persist=True)
    if arguments.catches_up:
        sampler.catch_up()
        sampler.close()
    else:
        _serve(LiveSource(sampler, arguments.site), paths, arguments.why_socket)


def _serve(live: LiveSource, paths: StackPaths, why_socket: str) -> None:
    # Imported here: who only counts does not wait for them.
    from enuf.web.access_policy import AccessPolicy
    from enuf.web.app import DashboardApp
    from enuf.web.doctor_report import DoctorRunner
    from enuf.web.log_search import LogSearch
    from enuf.web.serving import UNUSED_S, make_server

    listener = _inherited()
    policy = AccessPolicy(token=_token(Path(paths.dashboard_token)), address=_address(listener))
    site = DashboardApp(
        live,
        policy,
        conf=Path(paths.conf),
        logs=LogSearch(Path(paths.log)),
        doctor=DoctorRunner(paths.project),
    )
    # nginx asks for its page without a knock at the dashboard's own socket.
    server = make_server(site, listener, unused_s=math.inf if why_socket else UNUSED_S)
    live.start()
    _tell_why(why_socket, lambda: live.snapshot().url)
    try:
        server.run()
    finally:
        live.stop()


def _end(*_: object) -> NoReturn:
    raise SystemExit(0)


class _Arguments(NamedTuple):
    """The command line."""

    paths: StackPaths
    site: str
    """The name of the installed site, empty for a stack of `enuf up`."""
    why_socket: str
    """Where nginx asks for a page about a failed request; empty without `--dev`."""
    catches_up: bool


def _arguments(words: list[str]) -> _Arguments:
    """Return what the command line says. Exit with a usage error if the folders are not those of a stack."""
    parser = argparse.ArgumentParser(prog="python -m enuf.web", description=__doc__)
    for name in ("runtime", "log", "conf", "project"):
        parser.add_argument(f"--{name}", required=True, metavar="DIR")
    parser.add_argument("--site", default="", metavar="NAME")
    parser.add_argument(CATCH_UP, dest="catches_up", action="store_true")
    parser.add_argument("--why", default="", metavar="SOCKET")
    arguments = parser.parse_args(words)
    home = str(Path(arguments.conf).parent)
    paths = StackPaths(
        project=arguments.project,
        home=home,
        runtime=arguments.runtime,
        logs=arguments.log,
        service=paths_of_site(arguments.site, "").service if arguments.site else "",
    )
    if paths.conf != arguments.conf:
        parser.error("--conf must be the folder conf of a home")
    return _Arguments(paths, arguments.site, arguments.why, arguments.catches_up)


def _tell_why(path: str, url: Callable[[], str]) -> None:
    """Tell nginx at a socket of its own why the app did not answer, in a thread; without a path, do nothing (--dev only)."""
    if not path:
        return
    from enuf.system.sockets import listen

    remove(Path(path))
    try:
        listener = listen(UnixAddress(path), WHY_BACKLOG)
    except OSError as error:  # the page of nginx then says less
        sys.stderr.write(f"no page about failed requests: {error}\n")
        return
    from enuf.web.serving import make_server
    from enuf.web.why_app import WhyApp

    server = make_server(WhyApp(url), listener, unused_s=math.inf)
    threading.Thread(target=server.run, name="why", daemon=True).start()


def _inherited() -> socket.socket:
    """Return the listening socket passed by the supervisor."""
    listener = socket.socket(fileno=int(os.environ.pop(DESCRIPTOR)))
    listener.set_inheritable(False)
    return listener


def _address(listener: socket.socket) -> Address:
    name = listener.getsockname()
    return UnixAddress(name) if listener.family == socket.AF_UNIX else TcpAddress(name[0], name[1])


def _token(path: Path) -> str:
    return read_regular(path, follow=False).decode("ascii").partition("\n")[0].strip()


if __name__ == "__main__":
    main()
