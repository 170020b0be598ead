"""uWSGI: the ini that it reads and the way to run it."""

from __future__ import annotations

from enuf.model.address import UnixAddress
from enuf.model.app import AppRef
from enuf.model.paths import GENERATION
from enuf.model.plan import ConfigFile
from enuf.model.process import Lend, LendBy, ProcessSpec, ReadyFile, Signal, Unit, WriteFifo
from enuf.model.tool import Tool
from enuf.model.topology import Wire
from enuf.servers.base import ServerRequest
from enuf.settings.values import ProcessRange
from enuf.syntax.uwsgi_ini import Line, Option, Remark, option, to_text, when_env

INI = "uwsgi.ini"
SHIM = "enuf_wsgi.py"
LOG = "server.log"
BUFFER_BYTES = 65535
"""The uwsgi packet holds every header and the address twice, and its length is a 16-bit number (F160, F163)."""


class Uwsgi:
    """The adapter for uWSGI, embedded (pyuwsgi) or the system's."""

    name = "uwsgi"
    speaks: frozenset[Wire] = frozenset({"uwsgi"})
    tool: str | None = "uwsgi"
    takes_any_wsgi = True
    takes_lent_address = True
    max_header_bytes: int | None = 32 * 1024

    def files(self, request: ServerRequest) -> tuple[ConfigFile, ...]:
        """`uwsgi.ini`, and a small module when the app is a factory that takes arguments (F208)."""
        ini = ConfigFile(name=INI, reader="server", text=to_text(ini_lines(request)))
        if not needs_shim(request.app):
            return (ini,)
        return (ini, ConfigFile(name=SHIM, reader="server", text=shim_text(request.app)))

    def unit(self, request: ServerRequest) -> Unit:
        """One uWSGI master per generation, on a socket that it inherits."""
        settings, paths = request.settings, request.paths
        timeout_s = settings.serve.timeout.seconds
        socket, folder = paths.generation_socket, paths.generation_folder
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
                lends=(Lend(address=UnixAddress(socket)),),
                lend_by=LendBy(variable="ENUF_APP_FD"),
                readiness=ReadyFile(f"{folder}/ready"),
                ready_within_s=settings.reload.wait.seconds,
                stop=(
                    WriteFifo(
                        fifo, "q", timeout_s + 5, when_alone="TERM"
                    ),  # finishes what is in flight; TERM would not (F66)
                    Signal("TERM", 3),
                ),
                orphans_wait_s=timeout_s + 5,
                frugal=WriteFifo(fifo, "c" if settings.workers.lazy else "r", settings.reload.wait.seconds),
            ),
            serves_at=UnixAddress(socket),
            wire="uwsgi",
        )


def needs_shim(app: AppRef) -> bool:
    """True for a factory with arguments: uWSGI calls `module:create_app()` but passes nothing to it (F208)."""
    return bool(app.call)


def shim_text(app: AppRef) -> str:
    """A WSGI module that calls the factory the way it was asked for."""
    return (
        '"""Written by enuf: uWSGI cannot pass arguments to an app factory, so this module does."""\n\n'
        f"from {app.module} import {app.attribute}\n\n"
        f"application = {app.attribute}({app.call})\n"
    )


def ini_lines(request: ServerRequest) -> list[Line]:
    """The whole ini, section by section."""
    return [
        Remark(
            _HEADER.format(
                argv=" ".join(request.toolchain.tools["uwsgi"].argv), ini=f"{request.paths.conf}/{INI}"
            )
        ),
        *_program(request),
        *_app(request),
        *_socket(request),
        *_workers(request),
        *_limits(request),
        *_logging(),
        *_raw(request),
    ]


_HEADER = """\
Written by enuf; `enuf render` writes it again, so change enuf.toml instead (or its [raw] section).
It runs without enuf too:  {argv} --ini {ini}
A comment needs a line of its own: uWSGI takes everything after `=` as the value."""


def _program(request: ServerRequest) -> list[Line]:
    tool = request.toolchain.tools["uwsgi"]
    return [
        option(
            "strict",
            True,
            "Refuse to start on an option that uWSGI does not know: a typo is silent otherwise.",
        ),
        *_build_specific(request, tool),
        option("master", True, "One process watches the workers and starts a new one when one dies."),
        option("need-app", True, "Exit when the app cannot be imported, instead of answering 500 for ever."),
        option("die-on-term", True, "TERM means stop. uWSGI's own default is to reload on TERM."),
        option("no-orphans", True, "Workers end when the master is gone."),
        option("single-interpreter", True, "One interpreter per process, as C extensions expect."),
        option("enable-threads", True, "Threads that the app starts may run."),
    ]


def _build_specific(request: ServerRequest, tool: Tool) -> list[Line]:
    lines: list[Line] = []
    if "python-inside" in tool.features:
        lines.append(
            option(
                "binary-path",
                request.toolchain.python.executable,
                "What to run when uWSGI replaces itself: without it a HUP loses the virtualenv and ends everything.",
            )
        )
    for feature in tool.features:
        if feature.startswith("plugin:"):
            lines.append(
                option("plugins", feature.partition(":")[2], "This build has Python in a plugin, not inside.")
            )
            if request.toolchain.python.is_virtualenv:
                lines.append(
                    option(
                        "virtualenv",
                        request.toolchain.python.prefix,
                        "The folder of the virtualenv, not its python.",
                    )
                )
    return lines


def _app(request: ServerRequest) -> list[Line]:
    app, paths = request.app, request.paths
    lines: list[Line] = [
        Remark("The app"),
        option("chdir", paths.project, "Relative paths that the app opens start here."),
        option("pythonpath", app.directory, "Imports start here."),
    ]
    if needs_shim(app):
        lines.append(
            Option(
                "pythonpath", "%d", f"The folder of this file: {SHIM} is there and calls {app}.", magic=True
            )
        )
        lines.append(option("module", f"{SHIM.removesuffix('.py')}:application"))
    else:
        call = "()" if app.call == "" else ""
        lines.append(
            option(
                "module",
                f"{app.module}:{app.attribute}{call}",
                "module:object, as in `from module import object`.",
            )
        )
    return [
        *lines,
        option(
            "lazy-apps",
            request.settings.workers.lazy,
            "false: import once, then fork; the workers share that memory.",
        ),
    ]


def _socket(request: ServerRequest) -> list[Line]:
    paths = request.paths
    lent = [Option("socket", "fd://%(_)", magic=True)]
    own = [option("socket", paths.app_socket)]
    run = paths.runtime
    generation = [
        Option("master-fifo", f"{run}/g%(_)/fifo", magic=True),
        Option("stats", f"{run}/g%(_)/stats", magic=True),
        Option("hook-accepting1-once", f"write:{run}/g%(_)/ready up", magic=True),
    ]
    alone = [option("master-fifo", f"{run}/app.fifo"), option("stats", f"{run}/app.stats")]
    return [
        Remark("The socket to nginx"),
        option(
            "chmod-socket",
            "600",
            "Only our own user may connect: whoever can write to this socket can run code.",
        ),
        option(
            "listen", request.backlog, "How many connections may wait; the kernel's somaxconn is the ceiling."
        ),
        *when_env(
            "ENUF_APP_FD", lent, own, "Under enuf the socket is lent, so that it outlives this process."
        ),
        *when_env(
            "ENUF_GENERATION",
            generation,
            alone,
            "Control fifo (q: finish and quit), statistics, and a file that says `ready`.\n"
            "The statistics hold cookies: a private socket, never a port.",
        ),
    ]


def _workers(request: ServerRequest) -> list[Line]:
    workers = request.settings.workers
    lines: list[Line] = [
        Remark(
            f"{request.processes} processes x {request.threads} threads = {request.processes * request.threads} requests at once"
        ),
        option("processes", request.processes),
        option("threads", request.threads),
    ]
    if workers.max_requests:
        lines.append(option("max-requests", workers.max_requests, "Replace a worker after so many requests."))
    if workers.max_memory is not None:
        megabytes = max(1, workers.max_memory.bytes // 2**20)
        lines.append(
            option("reload-on-rss", megabytes, "Replace a worker that holds more memory than this, in MB.")
        )
    if workers.max_age is not None:
        lines.append(
            option(
                "max-worker-lifetime", int(workers.max_age.seconds), "Replace a worker after so many seconds."
            )
        )
    if workers.max_requests or workers.max_memory is not None:
        lines.append(
            option(
                "min-worker-lifetime",
                1,
                "The two limits above count from the first second, not the sixtieth.",
            )
        )
    return [*lines, *_scale(request)]


def _scale(request: ServerRequest) -> list[Line]:
    scale = request.settings.workers.scale
    if not isinstance(scale, ProcessRange):
        return []
    return [
        option("cheaper", scale.low, f"Keep {scale.low} workers when idle, up to {scale.high} under load."),
        option("cheaper-initial", scale.low),
    ]


def _limits(request: ServerRequest) -> list[Line]:
    timeout_s = max(1, int(request.settings.serve.timeout.seconds))
    tool = request.toolchain.tools["uwsgi"]
    lines: list[Line] = [
        Remark("Limits"),
        option(
            "harakiri",
            timeout_s,
            "End a request that takes longer than this (seconds); nginx waits 5 s more.",
        ),
        option("harakiri-verbose", True),
    ]
    if "graceful-harakiri" in tool.features:
        lines += [
            option("harakiri-graceful-timeout", 1),
            option(
                "harakiri-graceful-signal",
                6,
                "ABRT first: Python then writes the stack of the hung request to the log.",
            ),
        ]
    max_files = min(65536, request.toolchain.machine.max_files)
    return [
        *lines,
        option("worker-reload-mercy", timeout_s, "A stopping worker may finish its requests for so long."),
        option("reload-mercy", timeout_s),
        option(
            "buffer-size",
            BUFFER_BYTES,
            "All headers and the address twice. The default of 4096 turns a big cookie into a 502.\nA plain number: `32k` would mean 32 bytes.",
        ),
        option(
            "post-buffering",
            8192,
            "Read the whole body even if the app does not: no 502 when it answers early.",
        ),
        option(
            "max-fd",
            max_files,
            "Some containers allow a billion files, and uWSGI would reserve memory for each.",
        ),
    ]


def _logging() -> list[Line]:
    return [
        Remark("Logging"),
        option("disable-logging", True, "nginx writes the access log; one is enough."),
        option("log-5xx", True),
        option(
            "log-date",
            "[%Y-%m-%dT%H:%M:%S%z]",
            "uWSGI's own lines begin like this; all others are from the app.",
        ),
    ]


def _raw(request: ServerRequest) -> list[Line]:
    lines: list[Line] = [Remark("From [raw] uwsgi in your settings: it has the last word")]
    for key, value in request.settings.raw.uwsgi.items():
        for item in value if isinstance(value, list) else [value]:
            lines.append(Option(key, option(key, item).value, magic=True))
    return lines if len(lines) > 1 else []
