"""The adapter for uWSGI: its files and its process."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from enuf.model.address import UnixAddress
from enuf.model.paths import GENERATION
from enuf.model.plan import ConfigFile
from enuf.model.process import (
    ProcessSpec,
    ReadyFile,
    Signal,
    Unit,
    Unobservable,
    WriteFifo,
)
from enuf.model.topology import Wire
from enuf.servers.base import ManualCommands, ServerRequest
from enuf.servers.lent import lends
from enuf.servers.shim import CUT, HUNG, OVERDUE, REFUSED, WorkerClass, shim
from enuf.servers.uwsgi_options import INI, ini_lines
from enuf.syntax.uwsgi_ini import to_text
from enuf.syntax.worker_ends import UWSGI_ENDS

LOG = "server.log"
_WORKER = WorkerClass(name="UwsgiWorker")


class Uwsgi:
    """The adapter for uWSGI, embedded (pyuwsgi) or the system's."""

    name = "uwsgi"
    title = "uWSGI"
    speaks: frozenset[Wire] = frozenset({"http", "uwsgi"})
    tool: str | None = "uwsgi"
    tool_setting = "uwsgi"
    tool_features: Mapping[Wire, str] = {}
    extras: tuple[str, ...] = ()
    takes_any_wsgi = True
    takes_lent_address = True
    upgrades = False
    marks_streams = True
    refuses: frozenset[str] = frozenset({"serve.greenlets"})
    ignores: frozenset[str] = frozenset({"serve.websocket_timeout"})
    ignores_alone: frozenset[str] = frozenset({"serve.max_header"})
    in_words = ManualCommands(
        option="--module {app}",
        reload=("echo r > {run}/app.fifo",),
        stop=("echo q > {run}/app.fifo",),
        app=("plugins", "virtualenv", "chdir", "pythonpath", "module"),
        socket=("socket", "http-socket", "chmod-socket", "listen"),
        size=("master", "processes", "threads", "harakiri"),
    )
    most_processes: int | None = None
    most_sockets: int | None = None
    max_header_bytes: int | None = 32 * 1024

    def files(self, request: ServerRequest) -> tuple[ConfigFile, ...]:
        """Return `uwsgi.ini` and the modules that it loads.

        They also call a factory with its arguments (F208).
        """
        return (
            ConfigFile(name=INI, reader="server", text=to_text(ini_lines(request))),
            *shim(request, _WORKER),
        )

    def unit(self, request: ServerRequest) -> Unit:
        """Return one uWSGI master per generation, on an inherited socket."""
        settings, paths = request.settings, request.paths
        timeout_s = settings.serve.timeout.seconds
        folder = paths.generation_folder
        first, *more = map(UnixAddress, paths.sockets_of(GENERATION, request.sockets))
        fifo = f"{folder}/fifo"
        return Unit(
            process=ProcessSpec(
                name=self.name,
                argv=(*request.toolchain.tools["uwsgi"].argv, "--ini", f"{folder}/{INI}"),
                directory=paths.project,
                environment={
                    "ENUF_GENERATION": GENERATION,
                    "PYTHONUNBUFFERED": "1",  # print() reaches the log now, not when 8 KB are full
                    "PYTHONFAULTHANDLER": "1",  # a killed request leaves its Python stack in the log
                },
                forget=("UWSGI_", "LISTEN_"),  # uWSGI reads UWSGI_* as options
                reads_env_files=True,
                log=f"{paths.log}/{LOG}",
                config=INI,
                lends=lends(request.listen, first, *more, waiting=request.waiting),
                readiness=ReadyFile(f"{folder}/ready"),
                ready_within_s=settings.reload.wait.seconds,
                stop=(
                    WriteFifo(
                        fifo, "q", timeout_s + 5, when_alone="TERM"
                    ),  # finishes what is in flight; TERM would not (F66)
                    Signal("TERM", 3),
                ),
                hung=HUNG,
                cut=CUT,
                refused=REFUSED,
                worker_ends=replace(UWSGI_ENDS, unresponsive=OVERDUE),
                orphans_wait_s=timeout_s + 5,
                in_place=WriteFifo(fifo, "r", settings.reload.wait.seconds),
            ),
            serves_at=first,
            more_at=tuple(more),
            wire=request.link.wire,
            unseen=Unobservable(
                wait="this uWSGI was built without internal routing, so waiting cannot be told from the app's time"
            ),
        )
