"""The printer of gunicorn's configuration, a Python file, section by section."""

from __future__ import annotations

import shlex

from enuf.model.host_names import plain_name
from enuf.servers.base import ServerRequest
from enuf.servers.lent import LISTEN_FD, WAITING_FD, descriptor_variables
from enuf.servers.shim import LOADED, NAME

CONF = "gunicorn.conf.py"
MOST_HEADERS = 1024
GRACE_S = 5
_DESCRIPTORS_OF_ONE, _DESCRIPTORS_OF_THE_APP = 3, 1024
LONGEST_LINE_BYTES = 8190
"""The largest limit that gunicorn knows for the first line of a request."""


def conf_text(request: ServerRequest) -> str:
    """Return the whole `gunicorn.conf.py`."""
    values = (_head(request), _app(request), _sockets(request), _workers(request), _limits(request))
    return "\n\n\n".join(("\n\n".join(values), *_functions(request))) + "\n"


def _head(request: ServerRequest) -> str:
    command = shlex.join(
        (*request.toolchain.tools["gunicorn"].argv, "--config", f"{request.paths.conf}/{CONF}")
    )
    return (
        '"""gunicorn runs the app in worker processes.\n\n'
        "Written by enuf, and written again at the next start: change enuf.toml instead. It runs without enuf too:\n"
        f"  {_inside(command)}\n"
        '"""\n\n'
        "import os\n" + ("import resource\n" if request.settings.serve.greenlets else "") + "import sys\n"
        "import threading\n"
        "import time\n"
        "from urllib.parse import quote"
    )


def _inside(text: str) -> str:
    """Return text escaped for the inside of a docstring."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _app(request: ServerRequest) -> str:
    lazy = request.loading.lazy
    why = (
        f"Every worker imports the app for itself: {request.loading.why}."
        if lazy
        else "Import the app once, then fork the workers: they share its memory."
    )
    return "\n".join(
        (
            "# The app",
            f"# {NAME} is beside this file: it calls {request.app}, and keeps the time limit. Not in pythonpath, which",
            "# --check-config does not look at.",
            "sys.path.append(os.path.dirname(os.path.abspath(__file__)))",
            f"wsgi_app = {LOADED!r}",
            f"chdir = {request.paths.project!r}",
            f"pythonpath = {request.app.directory!r}",
            f"preload_app = {not lazy}  # {why}",
        )
    )


def _sockets(request: ServerRequest) -> str:
    made = [f"unix:{path}" for path in request.paths.app_sockets(request.sockets)]
    alone = [str(request.listen)] if request.listen else made
    waiting = (WAITING_FD,) if request.waiting else ()
    variables = (LISTEN_FD, *descriptor_variables(request.sockets), *waiting)
    lines = [
        "# The sockets. Under enuf they are lent, and outlive this process; otherwise gunicorn makes its own.",
        f"_lent = [os.environ[name] for name in {variables!r} if name in os.environ]",
        f"bind = {alone!r}",
        "if _lent:",
        "    bind = [f'fd://{number}' for number in _lent]",
        f"backlog = {request.backlog}",
        "umask = 0o077  # Only our own user may connect to a unix socket.",
        f"protocol = {request.link.wire!r}",
        "control_socket_disable = True  # A second way in that nobody here needs.",
    ]
    return "\n".join(lines)


def _workers(request: ServerRequest) -> str:
    size, recycled = request.processes * request.threads, request.settings.workers.max_requests
    kind = "greenlets" if request.settings.serve.greenlets else "threads"
    lines = [
        f"# {request.processes} processes x {request.threads} {kind} = {size} requests at once",
        f"workers = {request.processes}",
        *(_greenlets(request) if kind == "greenlets" else (f"threads = {request.threads}",)),
    ]
    if recycled:
        lines.append(f"max_requests = {recycled}  # Replace a worker after so many requests.")
    return "\n".join(lines)


def _greenlets(request: ServerRequest) -> tuple[str, ...]:
    """Return the lines of gunicorn's gevent worker. An open WebSocket takes three descriptors: gunicorn's and two copies."""
    files = _DESCRIPTORS_OF_ONE * request.threads + _DESCRIPTORS_OF_THE_APP
    return (
        'worker_class = "gevent"  # It patches Python\'s modules in each worker: what waits there lets others run.',
        f"worker_connections = {request.threads}",
        "_soft, _most = resource.getrlimit(resource.RLIMIT_NOFILE)",
        f"_wanted = {files} if _most == resource.RLIM_INFINITY else min({files}, _most)",
        "if _soft != resource.RLIM_INFINITY and _soft < _wanted:  # A WebSocket takes three open files.",
        "    resource.setrlimit(resource.RLIMIT_NOFILE, (_wanted, _most))",
    )


def _limits(request: ServerRequest) -> str:
    serve = request.settings.serve
    timeout_s = max(1, int(serve.timeout.seconds))
    line = 0 if request.has_front else LONGEST_LINE_BYTES
    return "\n".join(
        (
            f"# Limits. serve.timeout, {timeout_s} s: the wrapper in {NAME} ends a request that takes longer. gunicorn itself looks",
            "# at the worker only, so its own limit comes later.",
            f"timeout = {timeout_s + GRACE_S}",
            f"graceful_timeout = {timeout_s}  # A worker that is stopped may finish its requests for so long.",
            f"limit_request_line = {line}  # 0: {'nginx has looked already' if request.has_front else 'no limit'}.",
            f"limit_request_field_size = {serve.max_header.bytes}",
            f"limit_request_fields = {MOST_HEADERS}",
        )
    )


def _functions(request: ServerRequest) -> tuple[str, ...]:
    wire = request.link.wire
    seen = _UWSGI if wire == "uwsgi" else ""
    functions = [_ready(request), _REQUESTS.format(also=seen)]
    name = plain_name(request.settings.serve.hosts)
    functions += [_VISITOR.format(name=name)] if request.has_front else []
    believed = "SCRIPT_NAME,PATH_INFO"
    if not request.has_front:
        functions.append(_ALONE)
    elif wire == "http":
        functions.append(
            f"# nginx, which alone can connect, tells the prefix.\nforwarder_headers = {believed!r}"
        )
    return tuple(functions)


def _ready(request: ServerRequest) -> str:
    visitor = "    worker.wsgi = with_visitor(worker.wsgi)\n" if request.has_front else ""
    return f'''\
def post_worker_init(worker):
    """A worker has the app and is about to take requests: say so to enuf."""
    worker.wsgi.server.worker = worker
{visitor}    if "ENUF_GENERATION" in os.environ:
        folder = {f"{request.paths.runtime}/g"!r} + os.environ["ENUF_GENERATION"]
        with open(f"{{folder}}/ready", "w") as ready:
            ready.write("up\\n")'''


_REQUESTS = '''\
_running = {{}}


def pre_request(worker, request):
    """A thread begins with a request."""
    _running[threading.get_ident()] = time.monotonic(), request.method, request.uri
{also}

def post_request(worker, request, environ, response):
    """The thread is free again. An answer 5xx is written down with the id of its request."""
    begun, method, uri = _running.pop(threading.get_ident(), (time.monotonic(), "", ""))
    status = getattr(response, "status_code", 0)
    if status >= 500:
        took, known = round((time.monotonic() - begun) * 1000), environ.get("HTTP_X_REQUEST_ID", "")
        worker.log.error(f"{{method}} {{uri}} {{status}} after {{took}} ms in the app, worker {{worker.pid}} id={{known}}")'''

_ALONE = '''\
# Believe nobody who says X-Forwarded-Proto: a visitor could forge it. (No connection comes from this
# address.)
forwarded_allow_ips = "255.255.255.255"'''

_VISITOR = '''\
def with_visitor(app):
    """The app sees the visitor's address instead of nginx's; nginx has replaced what a visitor wrote there."""

    def called(environ, start_response):
        environ["REMOTE_ADDR"] = environ.get("HTTP_X_REAL_IP", "")
        if "HTTP_HOST" not in environ:  # HTTP/1.0; gunicorn has no name for a unix socket, and WSGI wants one
            environ["SERVER_NAME"], environ["SERVER_PORT"] = {name!r}, environ["SERVER_PORT"] or "80"
        return app(environ, start_response)

    return called'''

_UWSGI = """\
    # Three things that gunicorn takes from HTTP, and that are not so over this protocol: the end of the
    # connection is the end of an answer, the path is decoded already, and SCRIPT_NAME is no header.
    request.must_close = True
    given = request.uwsgi_vars
    prefix = given.get("SCRIPT_NAME", "")
    request.path = prefix + quote(given.get("PATH_INFO", "/"), encoding="latin-1")
    if prefix:
        request.headers.append(("SCRIPT_NAME", prefix))
"""
