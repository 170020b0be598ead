"""The modules that stand between a server and the app: the wrapper of `enuf.wrapper`, and one that applies it to this app."""

from __future__ import annotations

from importlib.resources import files

import msgspec

from enuf.model.app import AppRef
from enuf.model.plan import ConfigFile
from enuf.servers.base import ServerRequest

MODULE = "enuf_wsgi"
NAME = f"{MODULE}.py"
LOADED = f"{MODULE}:application"
"""What a server loads, as `module:object`."""
HUNG = r"enuf: hung request: (?P<method>\S+) (?P<uri>\S+) id=(?P<id>\S+): no byte for"
"""The line of the time limit in the server's log."""
CUT = r"enuf: (?P<request>\S+ \S+ id=\S+): answer cut short: (?P<why>.*)"
"""The line about an answer that ended early."""
REFUSED = r"enuf: requests refused: (?P<count>\d{1,9}): "
"""The line about requests that had waited too long for a thread."""
OVERDUE = r"(?m)^enuf: (?P<request>\S+ \S+) id=(?P<id>\S+): its thread does not react, so this worker \(pid (?P<pid>\d{1,9})\)"
"""The line about a worker that ends because a thread of it hangs."""
NGINX_WAITS_S = 5
"""So much longer than serve.timeout nginx waits for the next byte."""
_SHOWING_ERRORS = (
    "application.error_answer = error_answer  # --dev: the browser shows the app's errors, on this machine alone.",
    "let_flask_raise()",
)
_HIDE = "arguments, sys.argv = sys.argv, sys.argv[:1]  # An app that reads its command line must not find the server's."
_SHOW = "sys.argv = arguments"
_FROZEN = (
    "gc.collect()",
    "gc.freeze()  # No collection looks at what is loaded: so the workers go on sharing the memory of it.",
)
DEV_PART = "enuf_dev_errors.py"


class WorkerClass(msgspec.Struct, frozen=True, kw_only=True):
    """The class of the wrapper that knows a server's workers, and what the server asks of the modules."""

    name: str
    module: str = "servers"
    """The module of `enuf.wrapper` that defines the class."""
    hides_arguments: bool = False
    """True where the server is told of its configuration on the command line, which an app may read too."""
    lends_connections: bool = False
    """True where an app can take over a connection, for a WebSocket, which is closed when the stack stops."""


def _parts(*names: str) -> dict[str, str]:
    """Return modules of the wrapper under the names by which they import each other beside the server's files."""
    texts = {name: files("enuf.wrapper").joinpath(f"{name}.py").read_text(encoding="utf-8") for name in names}
    return {
        f"enuf_{name}.py": text.replace("from enuf.wrapper.", "from enuf_") for name, text in texts.items()
    }


PARTS = _parts(
    "answers",
    "bodies",
    "conforming",
    "deliveries",
    "dev_errors",
    "headers",
    "lent",
    "servers",
    "stamps",
    "time_limit",
    "waiting",
)
"""The wrapper's modules, the same for every app: read once, because making a plan opens nothing."""
MORE = _parts("granian", "greenlets")
"""The modules that only the server needs whose class they define."""


def shim(request: ServerRequest, server: WorkerClass) -> tuple[ConfigFile, ...]:
    """Return the modules for an app behind this server."""
    own = f"enuf_{server.module}.py"
    texts = {NAME: _applied(request, server), **PARTS, **({own: MORE[own]} if own in MORE else {})}
    wanted = {name: text for name, text in texts.items() if request.dev or name != DEV_PART}
    return tuple(ConfigFile(name=name, reader="server", text=text) for name, text in wanted.items())


def _applied(request: ServerRequest, server: WorkerClass) -> str:
    """Return the module that loads the app and wraps it."""
    app, timeout_s = request.app, request.settings.serve.timeout.seconds
    lines = [*_logging(repr(app.file)), *loading(app)] if app.loader == "paste" else list(loading(app))
    stamped = "as_json" if request.settings.log.format == "json" else "as_text"
    ours = (
        "import gc",
        *(("import sys",) if server.hides_arguments else ()),
        "from enuf_conforming import Conforming",
        *(("from enuf_deliveries import Deliveries",) if request.protected else ()),
        *(("from enuf_dev_errors import error_answer, let_flask_raise",) if request.dev else ()),
        f"from enuf_{server.module} import {server.name}",
        f"from enuf_stamps import {stamped}, output",
        "from enuf_time_limit import TimeLimit",
        "from enuf_waiting import Waiting",
    )
    stopping = f", stopping={request.paths.stopping!r}" if server.lends_connections else ""
    wrapped = (
        f"server = {server.name}(has_front={request.has_front}, hold_s={timeout_s + NGINX_WAITS_S + 2:g}{stopping})",
        f"limit = TimeLimit({timeout_s:g}, server, Waiting({timeout_s:g}, server))  # serve.timeout, in s",
        "application = Conforming(application, server, limit)",
        *_delivering(request),
        *(_SHOWING_ERRORS if request.dev else ()),
        "output.release()",
        *_FROZEN,
    )
    why = f"Written by enuf: {app.module}, with answers that keep to WSGI, are whole or broken off, and come in time."
    loaded = (_HIDE, *lines, _SHOW) if server.hides_arguments else lines
    begun = f"output.begin({stamped})  # Each line that the app prints has its time."
    return "\n".join((f'"""{why}"""', "", *ours, "", begun, *loaded, "", *wrapped, ""))


def _delivering(request: ServerRequest) -> tuple[str, ...]:
    """Return the lines about files and pages that nginx sends in place of the app."""
    folders = [(each.url, each.directory, each.address) for each in request.protected]
    lines = [f"application.deliveries = Deliveries({folders!r})  # static.protected"] if folders else []
    lines += [f"application.pages = {request.pages!r}  # http.error_pages"] if request.pages else []
    return tuple(lines)


def _logging(ini: str) -> tuple[str, ...]:
    """Return what sets the loggers up as the ini says, which PasteDeploy leaves to its caller."""
    return (
        "import configparser",
        "import logging.config",
        "import os",
        "sections = configparser.RawConfigParser(strict=False)",
        f"sections.read({ini})",
        'if sections.has_section("loggers"):',
        f'    places = {{"__file__": {ini}, "here": os.path.dirname({ini})}}',
        f"    logging.config.fileConfig({ini}, places, disable_existing_loggers=False)",
    )


def loading(app: AppRef) -> tuple[str, ...]:
    """Return the lines of Python, imports first, that bind the app to `application`."""
    result = f"{app.attribute}" + ("" if app.call is None else f"({app.call})")
    if app.loader == "paste":
        return (
            "from paste.deploy import loadapp",
            f"application = loadapp({f'config:{app.file}'!r}, name={app.attribute!r})",
        )
    if app.loader == "file":
        name = app.module
        return (
            "import importlib.machinery",
            "import importlib.util",
            "import sys",
            f"loader = importlib.machinery.SourceFileLoader({name!r}, {app.file!r})",
            f"module = importlib.util.module_from_spec(importlib.util.spec_from_loader({name!r}, loader))",
            f"sys.modules[{name!r}] = module",
            "loader.exec_module(module)",
            f"application = module.{result}",
        )
    return (
        f"from {app.module} import {result.partition('(')[0].partition('.')[0]}",
        f"application = {result}",
    )
