"""The adapter for Flask's development server, for learning."""

from __future__ import annotations

from collections.abc import Mapping

from enuf.model.plan import ConfigFile
from enuf.model.process import ProcessSpec, ReadyAnswer, Signal, Unit, Unobservable
from enuf.model.topology import Wire
from enuf.servers.base import ManualCommands, ServerRequest

_FLASK_BEHIND_HTTPS = (
    "-c",
    "from flask.cli import main; from werkzeug.serving import WSGIRequestHandler as Handler; plain = Handler.make_environ; "
    "Handler.make_environ = lambda self: (given := plain(self)) "
    "| {'wsgi.url_scheme': given.get('HTTP_X_FORWARDED_PROTO', 'http')}; main()",
)
"""What runs `flask` with the scheme that the visitor used: it has no option for a server in front that speaks HTTPS, and
that server always sets the header."""


class FlaskDev:
    """The adapter for `flask run`."""

    name = "flask"
    title = "Flask's development server"
    speaks: frozenset[Wire] = frozenset({"http"})
    tool: str | None = None
    tool_setting = ""
    tool_features: Mapping[Wire, str] = {}
    extras: tuple[str, ...] = ()
    takes_any_wsgi = False
    takes_lent_address = False
    upgrades = True
    marks_streams = False
    refuses = frozenset({"raw.uwsgi", "serve.greenlets", "serve.prefix", "static.protected"})
    ignores = frozenset(
        {"serve.processes", "serve.threads", "workers.lazy", "workers.max_requests"}
        | {"workers.max_memory", "workers.max_age", "workers.scale", "limits.queue"}
    )
    ignores_alone: frozenset[str] = frozenset({"serve.timeout", "serve.client_timeout", "serve.max_header"})
    in_words = ManualCommands(command="FLASK_APP={app} flask run", stop=("kill -TERM PID_OF_FLASK",))
    most_processes: int | None = 1
    most_sockets: int | None = None
    max_header_bytes: int | None = None

    def files(self, request: ServerRequest) -> tuple[ConfigFile, ...]:
        """Return no files: the command line is the whole configuration."""
        return ()

    def unit(self, request: ServerRequest) -> Unit:
        """Return one process with threads that binds its own port (F21): a new version needs a restart."""
        address = request.listen
        if address is None:
            raise TypeError("Flask's development server listens on TCP only")
        return Unit(
            process=ProcessSpec(
                name=self.name,
                argv=(
                    request.toolchain.python.executable,
                    *(_FLASK_BEHIND_HTTPS if request.settings.tls.on else ("-m", "flask")),
                    *("--app", str(request.app), "run"),
                    *("--host", address.host, "--port", str(address.port), "--no-reload"),
                ),
                directory=request.paths.project,
                environment={"PYTHONPATH": request.app.directory, "PYTHONUNBUFFERED": "1"},
                # FLASK_DEBUG would offer a Python console to whoever sees an error.
                forget=("WERKZEUG_", "LISTEN_", "FLASK_RUN_", "FLASK_DEBUG", "FLASK_ENV"),
                reads_env_files=True,
                log=f"{request.paths.log}/server.log",
                readiness=ReadyAnswer(address),
                ready_within_s=request.settings.reload.wait.seconds,
                stop=(Signal("TERM", 5),),
            ),
            hand_over="restart",
            serves_at=address,
            wire="http",
            unseen=Unobservable(wait=f"{self.title} does not tell when it took a request"),
        )
