"""The adapter for gunicorn: its file and its process."""

from __future__ import annotations

from collections.abc import Mapping

from enuf.model.address import UnixAddress
from enuf.model.paths import GENERATION
from enuf.model.plan import ConfigFile
from enuf.model.process import Unit, Unobservable
from enuf.model.topology import Wire
from enuf.servers.base import ManualCommands, ServerRequest
from enuf.servers.gunicorn_conf import CONF, conf_text
from enuf.servers.lent import lends
from enuf.servers.python_server import python_process
from enuf.servers.shim import WorkerClass, shim

_BY_THREADS = WorkerClass(name="GunicornWorker", hides_arguments=True, lends_connections=True)
_BY_GREENLETS = WorkerClass(
    name="GeventWorker", module="greenlets", hides_arguments=True, lends_connections=True
)


class Gunicorn:
    """The adapter for a gunicorn that is installed beside the app."""

    name = "gunicorn"
    title = "gunicorn"
    speaks: frozenset[Wire] = frozenset({"http", "uwsgi"})
    tool: str | None = "gunicorn"
    tool_setting = ""
    tool_features: Mapping[Wire, str] = {"uwsgi": "uwsgi-wire"}
    extras: tuple[str, ...] = ("gunicorn",)
    takes_any_wsgi = True
    takes_lent_address = True
    upgrades = True
    marks_streams = True
    refuses = frozenset({"raw.uwsgi"})
    ignores = frozenset({"workers.max_memory", "workers.max_age", "workers.scale"})
    ignores_alone: frozenset[str] = frozenset({"serve.client_timeout"})
    in_words = ManualCommands(
        command="gunicorn {app}",
        # HUP would keep the code: its workers are forks of a master that has imported the app already.
        reload=("kill -USR2 PID_OF_GUNICORN", "kill -TERM PID_OF_GUNICORN"),
        stop=("kill -TERM PID_OF_GUNICORN",),
        app=("wsgi_app", "chdir", "pythonpath"),
        socket=("bind", "umask", "protocol"),
        size=("workers", "threads", "timeout"),
        open_to_group=("--umask", "007"),
    )
    most_processes: int | None = None
    most_sockets: int | None = None
    max_header_bytes: int | None = None

    def files(self, request: ServerRequest) -> tuple[ConfigFile, ...]:
        """Return `gunicorn.conf.py` and the modules that it loads.

        They also call a factory with its arguments.
        """
        return (
            ConfigFile(name=CONF, reader="server", text=conf_text(request)),
            *shim(request, _BY_GREENLETS if request.settings.serve.greenlets else _BY_THREADS),
        )

    def unit(self, request: ServerRequest) -> Unit:
        """Return one gunicorn master per generation, on inherited sockets (F21)."""
        paths = request.paths
        first, *more = map(UnixAddress, paths.sockets_of(GENERATION, request.sockets))
        return Unit(
            process=python_process(
                request,
                self.name,
                options=("--config", f"{paths.generation_folder}/{CONF}"),
                config=CONF,
                forget=("GUNICORN_",),  # GUNICORN_CMD_ARGS would win over our file
                lends=lends(request.listen, first, *more, waiting=request.waiting),
            ),
            serves_at=first,
            more_at=tuple(more),
            wire=request.link.wire,
            unseen=_unseen(request),
        )


def _unseen(request: ServerRequest) -> Unobservable:
    """Return why nobody sees how long a request waits, and who waits where gunicorn takes more connections than it has room for."""
    takes_early = request.threads > 1 and not request.settings.serve.greenlets
    return Unobservable(
        wait="gunicorn does not tell when it took a request, so waiting cannot be told from the app's time",
        queue="gunicorn takes connections before it has a thread for them, so who waits is not seen"
        if takes_early
        else "",
    )
