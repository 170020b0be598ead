"""A reader of uWSGI's stats server.

The stack's own uWSGI has it on a private socket, any other uWSGI at its address.

The document contains the cookies and credentials of running requests (F187): only method, path and id are
taken from them.
"""

from __future__ import annotations

import msgspec

from enuf.model.address import Address, TcpAddress, UnixAddress, parse_address
from enuf.syntax.access_log import bounded_path
from enuf.system.sockets import read_all

LIMIT_BYTES = 16 * 2**20
WITHIN_S = 2.0


class Request(msgspec.Struct):
    """`req_info` of a core: the request that it works on."""

    request_start: float = 0


class CoreStats(msgspec.Struct):
    """One core: a thread of a worker."""

    id: int = 0
    in_request: int = 0
    requests: int = 0
    vars: list[str] = []
    req_info: Request | None = None

    @property
    def request(self) -> tuple[str, str, str]:
        """Method, path and id of the request that the thread works on; empty where unknown."""
        known = dict.fromkeys(("REQUEST_METHOD", "REQUEST_URI", "PATH_INFO", "HTTP_X_REQUEST_ID"), "")
        for variable in self.vars[:2048]:
            name, _, value = variable.partition("=")
            if name in known:
                known[name] = value
        method, address, path, request_id = known.values()
        return bounded_path(method)[:16], bounded_path(address or path), bounded_path(request_id)[:128]


class WorkerStats(msgspec.Struct):
    """One worker: a process, or a slot without one (pid 0)."""

    id: int
    pid: int
    requests: int = 0
    status: str = "idle"
    rss: int = 0
    cores: list[CoreStats] = []


class SocketStats(msgspec.Struct):
    """One listening socket."""

    name: str = ""
    queue: int = 0
    max_queue: int = 0


class Stats(msgspec.Struct):
    """The used parts of the statistics document."""

    version: str = ""
    pid: int = 0
    sockets: list[SocketStats] = []
    workers: list[WorkerStats] = []

    @property
    def in_flight(self) -> int:
        """The number of requests that the workers have in hand."""
        running = (each for each in self.workers if each.pid > 0 and each.status != "cheap")
        return sum(bool(core.in_request) for worker in running for core in worker.cores)


_decoder = msgspec.json.Decoder(Stats, strict=False)


def parse_stats_address(text: str) -> Address:
    """Parse the address of a stats server: `host:port`, `http://host:port` or a path.

    Raise ValueError with a sentence.
    """
    plain = text.removeprefix("http://").removeprefix("tcp://").rstrip("/")
    if plain.startswith(("/", "./", "unix:")):
        return UnixAddress(plain.removeprefix("unix:").removeprefix("//"))
    return parse_address(plain)


def read_stats(address: Address, within_s: float = WITHIN_S) -> Stats | None:
    """Fetch the statistics from a stats server.

    Return None if the reply is missing or is not a statistics document.
    """
    # With `stats-http` the server waits for a request; without, it sends at once and does not read.
    request = b"GET / HTTP/1.0\r\n\r\n" if isinstance(address, TcpAddress) else b""
    raw = read_all(address, within_s=within_s, limit_bytes=LIMIT_BYTES, ask=request)
    if raw.startswith(b"HTTP/"):  # uWSGI's `stats-http`
        raw = raw.partition(b"\r\n\r\n")[2]
    try:
        return _decoder.decode(raw.decode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError):
        return None
