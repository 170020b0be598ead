"""The adapter for granian, an app server in Rust: the program that runs it, and its process."""

from __future__ import annotations

from collections.abc import Mapping

from enuf.model.address import UnixAddress
from enuf.model.paths import GENERATION
from enuf.model.plan import ConfigFile
from enuf.model.process import Unit, Unobservable
from enuf.model.topology import Wire
from enuf.servers.base import ManualCommands, ServerRequest
from enuf.servers.granian_program import PROGRAM, program_text
from enuf.servers.lent import lends
from enuf.servers.python_server import python_process
from enuf.servers.shim import WorkerClass, shim

_WORKER = WorkerClass(name="GranianWorker", module="granian")


class Granian:
    """The adapter for a granian that is installed beside the app, behind a front."""

    name = "granian"
    title = "granian"
    speaks: frozenset[Wire] = frozenset({"http"})
    tool: str | None = "granian"
    tool_setting = ""
    tool_features: Mapping[Wire, str] = {}
    extras: tuple[str, ...] = ("granian",)
    takes_any_wsgi = True
    takes_lent_address = True
    upgrades = False
    marks_streams = True
    refuses = frozenset({"raw.uwsgi", "serve.greenlets"})
    ignores = frozenset({"serve.websocket_timeout", "workers.max_requests", "workers.scale"})
    ignores_alone: frozenset[str] = frozenset()
    in_words = ManualCommands(
        option="--interface wsgi {app}",
        stop=("kill -TERM PID_OF_GRANIAN",),
        socket=("uds", "uds_permissions"),
        size=("workers", "blocking_threads", "workers_kill_timeout"),
        open_to_group=("--uds-permissions", "660"),
    )
    most_processes: int | None = None
    most_sockets: int | None = 1
    max_header_bytes: int | None = None

    def files(self, request: ServerRequest) -> tuple[ConfigFile, ...]:
        """Return `granian_server.py` and the modules that it loads."""
        return (
            ConfigFile(name=PROGRAM, reader="server", text=program_text(request)),
            *shim(request, _WORKER),
        )

    def unit(self, request: ServerRequest) -> Unit:
        """Return one granian per generation, on an inherited socket (F21)."""
        paths = request.paths
        socket = UnixAddress(paths.sockets_of(GENERATION, request.sockets)[0])
        return Unit(
            process=python_process(
                request,
                self.name,
                options=(f"{paths.generation_folder}/{PROGRAM}",),
                config=PROGRAM,
                forget=("GRANIAN_",),
                lends=lends(request.listen, socket),
            ),
            serves_at=socket,
            wire=request.link.wire,
            unseen=Unobservable(
                wait="granian does not tell when it took a request, so waiting cannot be told from the app's time"
            ),
        )
