"""The printer of uWSGI's options: the whole ini file, section by section."""

from __future__ import annotations

import shlex

from enuf.model.address import TcpAddress
from enuf.model.topology import Wire
from enuf.servers import shim
from enuf.servers.base import ServerRequest
from enuf.servers.lent import APP_FD, LISTEN_FD, WAITING_FD, descriptor_variables
from enuf.settings.values import ProcessRange
from enuf.syntax.uwsgi_ini import Heading, IniOption, Line, Remark, escape, magic, option, when_env

INI = "uwsgi.ini"

BUFFER_BYTES = 65535
"""The largest uwsgi packet: its length is a 16-bit number (F160)."""
SLOWEST_S = 86_400
"""A day: what a download may take whose front takes nothing for so long, because its visitor is slow."""
TAKEN_HEADER = "X-Enuf-Taken"
MOST_HEADERS = 1024
"""nginx passes on at most 1,000 (max_headers); uWSGI takes twice the number that it is given."""


def ini_lines(request: ServerRequest) -> list[Line]:
    """Return the whole ini. uWSGI takes every value as plain text, except where an option is `magic`."""
    return [
        _header(request),
        *_program(request),
        *_app(request),
        *_socket(request),
        *_workers(request),
        *_limits(request),
        *_logging(),
        *_watching(request),
        *_raw(request),
    ]


def _header(request: ServerRequest) -> Remark:
    command = shlex.join((*request.toolchain.tools["uwsgi"].argv, "--ini", f"{request.paths.conf}/{INI}"))
    return Remark(
        f"uWSGI runs the app in worker processes; {_reached_by(request)}.\n"
        "Written by enuf, and written again at the next start: change enuf.toml instead (its [raw] section takes\n"
        "any option). It runs without enuf too:\n"
        f"  {command}\n"
        "A comment needs a line of its own: uWSGI takes everything after `=` as the value."
    )


def _reached_by(request: ServerRequest) -> str:
    if not request.has_front:
        return f"browsers connect to it at {request.listen}"
    way = f"at {request.listen}" if request.listen else "through a unix socket"
    return f"nginx passes requests to it {way}"


def _program(request: ServerRequest) -> list[Line]:
    return [
        Heading("The program"),
        option("strict", True, "Refuse an option that uWSGI does not know: otherwise it ignores a typo."),
        *_build_specific(request),
        option("master", True, "One process watches the workers and starts a new one when one dies."),
        option("need-app", True, "Exit when the app cannot be imported, instead of answering 500 for ever."),
        option("die-on-term", True, "TERM means stop. uWSGI's own default is to reload on TERM."),
        option("single-interpreter", True, "One interpreter per process, as C extensions expect."),
        option("enable-threads", True, "Threads that the app starts may run."),
    ]


def _build_specific(request: ServerRequest) -> list[Line]:
    python, tool, lines = request.toolchain.python, request.toolchain.tools["uwsgi"], list[Line]()
    if "python-inside" in tool.features:
        why = "What to run when uWSGI starts itself anew (HUP): without it the virtualenv is lost, and all ends."
        lines.append(option("binary-path", python.executable, why))
    for feature in tool.features:
        kind, _, name = feature.partition(":")
        if kind == "plugin":
            lines.append(option("plugins", name, "This build has Python in a plugin, not inside."))
    if python.is_virtualenv and tool.origin != "embedded":  # that one lives in the virtualenv
        lines.append(option("virtualenv", python.prefix, "The folder of the virtualenv, not its python."))
    return lines


def _app(request: ServerRequest) -> list[Line]:
    app, paths = request.app, request.paths
    lines: list[Line] = [
        Heading("The app"),
        option("chdir", paths.project, "Relative paths that the app opens start here."),
        option("pythonpath", app.directory, "Imports start here."),
    ]
    why = f"The folder of this file: {shim.NAME} is there. It calls {app}, and makes uWSGI a conforming WSGI server."
    lines += [magic("pythonpath", "%d", why), option("module", shim.LOADED)]
    lazy, reason = request.loading.lazy, request.loading.why
    why = (
        f"Every worker imports the app for itself, and shares no memory with the others:\n{reason}."
        if lazy
        else "Import the app once, then fork the workers: they share its memory. Threads and connections that it\n"
        "opens while it is imported do not survive the fork."
    )
    return [*lines, option("lazy-apps", lazy, why)]


_SOCKET: dict[Wire, str] = {"uwsgi": "socket", "http": "http-socket"}
"""The option that opens a socket, by what is spoken on it."""


def _socket(request: ServerRequest) -> list[Line]:
    run = request.paths.runtime
    generation = f"{escape(run)}/g%(_)"
    return [
        Heading("The socket to nginx" if request.has_front else "The socket"),
        option(
            "chmod-socket",
            "600",
            "Only our own user may connect: whoever can write to this socket can run code.",
        ),
        option(
            "listen", request.backlog, "So many connections may wait; the kernel's somaxconn is the ceiling."
        ),
        *(_own_address(request, request.listen) if request.listen else _own_socket(request)),
        *when_env(
            "ENUF_GENERATION",
            [
                magic("master-fifo", f"{generation}/fifo"),
                magic("stats", f"{generation}/stats"),
                magic("hook-accepting1-once", f"write:{generation}/ready up"),
            ],
            [option("master-fifo", f"{run}/app.fifo"), option("stats", f"{run}/app.stats")],
            "A pipe for orders (q: finish the requests, then quit; r: reload), statistics, and a file that says `ready`.\n"
            "The statistics show cookies: they are on a private socket, never on a port.",
        ),
    ]


def _own_socket(request: ServerRequest) -> list[Line]:
    name = _SOCKET[request.link.wire]
    first, *more = request.paths.app_sockets(request.sockets)
    variables = descriptor_variables(request.sockets)
    why = "Under enuf the socket is lent, and outlives this process. Otherwise uWSGI makes it, and removes it at the end."
    lines = [
        *when_env(APP_FD, [magic(name, "fd://%(_)")], [option(name, first), option("vacuum", True)], why)
    ]
    for variable, path in zip(variables[1:], more, strict=True):
        why = "One more, because one queue is too short for a burst."
        lines += when_env(variable, [magic(name, "fd://%(_)")], [option(name, path)], why)
    if request.waiting:
        why = "The socket of systemd: what has waited there while the service was away is answered first."
        lines += when_env(WAITING_FD, [magic(name, "fd://%(_)")], [], why)
    return lines


def _own_address(request: ServerRequest, listen: TcpAddress) -> list[Line]:
    name = _SOCKET[request.link.wire]
    lines: list[Line] = []
    if not request.has_front and "routes" in request.toolchain.tools["uwsgi"].features:
        why = "Without it a visitor who sends `X-Forwarded-Proto: https` would be believed."
        lines.append(option("route-run", "setscheme:http", why))
    return [
        *lines,
        *when_env(
            LISTEN_FD,
            [magic(name, "fd://%(_)")],
            [option(name, str(listen))],
            "Under enuf the socket is lent, and outlives this process. Otherwise uWSGI binds it.",
        ),
        *when_env(
            APP_FD, [magic(name, "fd://%(_)")], [], "A private socket besides, to ask this very instance."
        ),
    ]


def _workers(request: ServerRequest) -> list[Line]:
    workers, size = request.settings.workers, request.processes * request.threads
    lines: list[Line] = [
        Heading(f"{request.processes} processes x {request.threads} threads = {size} requests at once"),
        option("processes", request.processes),
        option("threads", request.threads),
        *_scale(request),
    ]
    if workers.max_requests:
        lines.append(option("max-requests", workers.max_requests, "Replace a worker after so many requests."))
    if workers.max_memory is not None:
        megabytes = max(1, workers.max_memory.bytes // 2**20)
        lines.append(
            option("reload-on-rss", megabytes, "Replace a worker that holds more memory than this, in MB.")
        )
    if workers.max_age is not None:
        seconds = int(workers.max_age.seconds)
        lines.append(option("max-worker-lifetime", seconds, "Replace a worker after so many seconds."))
        apart, why = (
            max(1, seconds // (10 * request.processes)),
            "Each a little later than the one before it.",
        )
        lines.append(option("max-worker-lifetime-delta", apart, why))
    if workers.max_requests or workers.max_memory is not None or workers.max_age is not None:
        why = "Those limits count from a worker's first second. By default uWSGI looks after ten, or sixty."
        lines.append(option("min-worker-lifetime", 1, why))
    return lines


def _scale(request: ServerRequest) -> list[Line]:
    scale = request.settings.workers.scale
    if (
        not isinstance(scale, ProcessRange) or scale.low == scale.high
    ):  # uWSGI refuses as many as there are (F203)
        return []
    why = f"workers.scale: keep {scale.low} when there is little to do, start up to {scale.high} when there is much."
    return [option("cheaper", scale.low, why), option("cheaper-initial", scale.low)]


def _limits(request: ServerRequest) -> list[Line]:
    timeout_s = max(1, int(request.settings.serve.timeout.seconds))
    return [
        Heading("Limits"),
        option(
            "worker-reload-mercy",
            timeout_s,
            f"serve.timeout: the wrapper in {shim.NAME} ends a request that takes longer; nginx waits 5 s more.\n"
            "A worker that is stopped may finish its requests for so long.",
        ),
        option("reload-mercy", timeout_s),
        option(
            "buffer-size",
            BUFFER_BYTES,
            "Room for the address, twice, and all headers. The default of 4096 makes a large cookie a 502.\n"
            "A plain number: `32k` would mean 32 bytes.",
        ),
        option(
            "max-vars",
            MOST_HEADERS,
            "So many headers; the default of 64 makes a request with 120 of them a 502.",
        ),
        option(
            "post-buffering",
            8192,
            "Read the body also when the app does not: otherwise an early answer, say 401, becomes a 502.",
        ),
        option(
            "socket-timeout",
            SLOWEST_S if request.has_front else int(request.settings.serve.client_timeout.seconds),
            "So long an answer may wait for its reader: after 4 seconds, the default, a download would be cut."
            + (
                " nginx ends\na connection whose visitor is silent (serve.client_timeout)."
                if request.has_front
                else ""
            ),
        ),
        option(
            "max-fd",
            min(65536, request.toolchain.machine.max_files),
            "Some containers allow a billion open files, and uWSGI would reserve memory for each.",
        ),
    ]


def _logging() -> list[Line]:
    return [
        Heading("Log"),
        option("disable-logging", True, "nginx writes the log of all requests; one is enough,"),
        option("log-5xx", True, "save for answers 5xx."),
        option(
            "log-date",
            "[%Y-%m-%dT%H:%M:%S%z]",
            "uWSGI's own lines begin like this; all others are from the app.",
        ),
        option("logformat-strftime", True),
        magic(
            "log-format",
            "%(ftime) - %(method) %(uri) %(status) after %(msecs) ms in the app, worker %(wid) id=%(var.HTTP_X_REQUEST_ID)",
        ),
    ]


def _watching(request: ServerRequest) -> list[Line]:
    """Return the options that show where the time of a request goes.

    None of them changes an answer that a client sees.
    """
    lines: list[Line] = [Heading("To be looked at")]
    if request.has_front and "routes" in request.toolchain.tools["uwsgi"].features:
        why = "When a thread took the request, for nginx's log: what was before it is waiting. nginx removes the header."
        lines.append(IniOption("route-run", f"addheader:{TAKEN_HEADER}: ${{time[micros]}}", why))
    return [
        *lines,
        *when_env(
            "ENUF_GENERATION",
            [magic("py-tracebacker", f"{escape(request.paths.runtime)}/g%(_)/stack.")],
            [option("py-tracebacker", f"{request.paths.runtime}/app.stack.")],
            "A private socket per worker that tells on which lines of Python its threads are.",
        ),
    ]


def _raw(request: ServerRequest) -> list[Line]:
    lines: list[Line] = []
    for key, value in request.settings.raw.uwsgi.items():
        for item in value if isinstance(value, list) else [value]:
            lines.append(IniOption(key, option(key, item).value, magic=True))
    return [Heading("raw.uwsgi: your own options, with the last word"), *lines] if lines else []
