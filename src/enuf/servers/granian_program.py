"""The printer of the program that runs granian, section by section."""

from __future__ import annotations

import shlex

from enuf.model.host_names import plain_name
from enuf.servers.base import ServerRequest
from enuf.servers.lent import APP_FD
from enuf.servers.shim import MODULE

PROGRAM = "granian_server.py"
MIB = 1024 * 1024
SHORTEST_LIFE_S = 60
"""granian replaces no worker that is younger."""
LONGEST_STOP_S = 1800
"""granian's limit for the time in which a worker may finish."""


def program_text(request: ServerRequest) -> str:
    """Return the whole `granian_server.py`."""
    return "\n\n\n".join((_head(request), _begin(request), _SERVER, _LOGS, _main(request))) + "\n"


def _head(request: ServerRequest) -> str:
    command = shlex.join((*request.toolchain.tools["granian"].argv, f"{request.paths.conf}/{PROGRAM}"))
    shown = command.replace("\\", "\\\\").replace('"', '\\"')
    return f'''\
"""granian runs the app in worker processes.

Written by enuf, and written again at the next start: change enuf.toml instead. It runs without enuf too:
  {shown}
"""

import multiprocessing
import os
import signal
import socket
import sys
import traceback
from pathlib import Path

from granian.constants import HTTPModes, Interfaces
from granian.log import logger
from granian.net import SocketHolder
from granian.server import MPServer

# The app
# {MODULE}.py is beside this file: it calls {request.app}, and keeps the time limit.
os.chdir({request.paths.project!r})
sys.path[:1] = [{request.app.directory!r}]
sys.path.append(os.path.dirname(os.path.abspath(__file__)))

# The socket. Under enuf it is lent, and outlives this process; otherwise granian makes its own.
lent = os.environ.get({APP_FD!r})
backlog = {request.backlog}'''


def _begin(request: ServerRequest) -> str:
    name = plain_name(request.settings.serve.hosts)
    return f'''\
def load():
    """Import the app. A worker that cannot do so ends with the exit status 3, as gunicorn's do."""
    try:
        from {MODULE} import application
        from enuf_granian import with_visitor
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(3)
    return with_visitor(application, host={name!r}, several={request.processes > 1}, log=logger.error)


def begin():
    """Return the app for a worker that is about to take requests, and say so to enuf."""
    app = load()
    if "ENUF_GENERATION" in os.environ:
        folder = {f"{request.paths.runtime}/g"!r} + os.environ["ENUF_GENERATION"]
        with open(f"{{folder}}/ready", "w") as ready:
            ready.write("up\\n")
    return app'''


_SERVER = '''\
class Server(MPServer):
    """granian with a socket that it did not make, and with a line in the log about each worker that ends unasked."""

    def _init_shared_socket(self):
        if lent is None:
            return super()._init_shared_socket()
        self._sso = socket.socket(fileno=int(lent))
        self._sso.setblocking(False)
        self._sso.set_inheritable(True)
        self._sfd = self._sso.fileno()
        self._shd = SocketHolder(self._sfd, True, backlog)

    def _respawn_workers(self, workers, *rest, **named):
        self.tell(workers)
        super()._respawn_workers(workers, *rest, **named)

    def shutdown(self, *rest):
        self.tell(self.interrupt_children)
        super().shutdown(*rest)

    def tell(self, numbers):
        """Write how these workers ended, in gunicorn's words."""
        for process in [self.wrks[number].inner for number in numbers]:
            status = process.exitcode
            if status is not None and status < 0:
                logger.error(f"Worker (pid:{process.pid}) was sent {signal.Signals(-status).name}!")
            elif status:
                logger.error(f"Worker (pid:{process.pid}) exited with code {status}.")'''


_LOGS = """\
# The lines of the server itself, which go past the app's sys.stderr.
log = open(sys.__stderr__.fileno(), "w", buffering=1, closefd=False)
line = dict(format="%(asctime)s [%(process)d] [%(levelname)s] %(message)s", datefmt="[%Y-%m-%d %H:%M:%S %z]")
handler = dict({"class": "logging.StreamHandler"}, formatter="line", stream=log)
logger_of_granian = dict(handlers=["log"], level="INFO", propagate=False)
logs = dict(
    version=1,
    disable_existing_loggers=False,
    formatters=dict(line=line),
    handlers=dict(log=handler),
    loggers=dict(_granian=logger_of_granian),
)"""


def _main(request: ServerRequest) -> str:
    settings, lazy = request.settings, request.loading.lazy
    size, timeout_s = request.processes * request.threads, max(1, int(settings.serve.timeout.seconds))
    why = (
        f"# Every worker imports the app for itself: {request.loading.why}."
        if lazy
        else "load()  # Import the app once, then fork the workers: they share its memory."
    )
    lines = [
        'if __name__ == "__main__":',
        '    multiprocessing.set_start_method("fork")',
        f"    {why}",
        "    server = Server(",
        f"        {MODULE!r},",
        '        address="descriptor",  # for the log',
        "        port=int(lent or 0),",
        f"        uds=None if lent else Path({request.paths.app_socket!r}),",
        "        uds_permissions=0o600,  # Only our own user may connect.",
        "        interface=Interfaces.WSGI,",
        "        http=HTTPModes.http1,",
        "        websockets=False,",
        f"        # {request.processes} processes x {request.threads} threads = {size} requests at once",
        f"        workers={request.processes},",
        f"        blocking_threads={request.threads},",
        "        backlog=backlog,",
        f"        backpressure={request.threads},  # A worker takes no more connections than it has threads.",
        *_replaced(request),
        "        respawn_failed_workers=True,",
        "        respawn_interval=0.5,",
        f"        workers_kill_timeout={min(timeout_s, LONGEST_STOP_S)},  # A worker that is stopped may finish its requests for so long.",
        *_prefix(request),
        "        log_dictconfig=logs,",
        "    )",
        "    server.serve(target_loader=begin, wrap_loader=False)",
    ]
    return "\n".join(lines)


def _replaced(request: ServerRequest) -> list[str]:
    """Return when a worker is replaced by a new one."""
    workers, lines = request.settings.workers, list[str]()
    if workers.max_memory is not None:
        lines.append(f"        workers_max_rss={max(1, workers.max_memory.bytes // MIB)},  # MiB")
    if workers.max_age is not None:
        lines.append(f"        workers_lifetime={max(SHORTEST_LIFE_S, int(workers.max_age.seconds))},  # s")
    return lines


def _prefix(request: ServerRequest) -> list[str]:
    """Return the path below which the app is mounted."""
    prefix = request.settings.serve.prefix
    return [f"        url_path_prefix={prefix!r},"] if prefix else []
