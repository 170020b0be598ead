"""The probe: a program that imports an app in a throw-away process and writes one JSON report about the app.

The probe runs in the project's own Python, where enuf may not be installed: it uses only the standard
library, from Python 3.8 on, and as little of it as possible, because its modules are loaded before the app's.
It is executed from its text, so that its folder, which has an app.py, is never on sys.path: see BOOTSTRAP in
importable.py.
"""

# os.path in place of pathlib: fewer modules are loaded before the app
# ruff: noqa: PTH109, PTH118, PTH120, PTH123

from __future__ import annotations

import _thread
import ast
import faulthandler
import json
import os
import sys
import time
import traceback
from types import FunctionType, ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType
    from typing import Any, NoReturn

APP_NAMES = ("app", "application")

SERVERS = {
    ("flask.app", "run"): "app.run()",
    ("werkzeug.serving", "run_simple"): "run_simple()",
    ("flask_socketio", "run"): "socketio.run()",
    ("waitress", "serve"): "waitress.serve()",
    ("bottle", "run"): "bottle.run()",
    ("wsgiref.simple_server", "make_server"): "make_server()",
    ("gevent.baseserver", "serve_forever"): "serve_forever()",
}
"""Functions that serve and never return, by module and name."""


class Refused(Exception):
    """The app cannot be served. The facts become the report."""

    def __init__(self, kind: str, **facts: object) -> None:
        super().__init__(kind)
        self.facts = {"kind": kind, **facts}


class ServesItself(BaseException):
    """The app starts a server of its own. The exception passes the app's handlers of Exception."""


neighbours: dict[str, dict[str, Any]] = {}
"""What the modules beside this one define, by the names of their files."""
served: dict[str, object] = {}
"""The exceptions ServesItself that were raised: a bare `except:` of the app may swallow them."""


def main() -> None:
    """Write the report for the request in argv, then exit at once, without threads and exit handlers."""
    request = json.loads(sys.argv[2])
    leftovers = neighbour("probe_leftovers.py")
    before = leftovers["open_files"]()
    report_fd: int = request["report_fd"]
    os.set_inheritable(report_fd, False)
    faulthandler.dump_traceback_later(max(0.05, request["stack_at"] - time.monotonic()), file=report_fd)
    sys.addaudithook(refuse_to_serve)
    sys.argv[:] = [request["file"] or request["module"]]
    sys.path.insert(0, request["directory"])
    try:
        report = examine(request, lambda: leftovers["leftovers"](before))
    except Refused as refusal:
        report = refusal.facts
    faulthandler.cancel_dump_traceback_later()
    flush()
    os.ftruncate(report_fd, 0)  # the stack, if the time ran out only just now
    os.lseek(report_fd, 0, os.SEEK_SET)
    os.write(report_fd, json.dumps(report).encode("ascii"))
    os._exit(0)


def neighbour(name: str) -> dict[str, Any]:
    """Return what a module beside this one defines.

    Its text is executed, once, so that its folder is never on sys.path.
    """
    if name not in neighbours:
        path = os.path.join(os.path.dirname(__file__), name)
        with open(path, encoding="utf-8") as file:
            code = compile(file.read(), path, "exec")
        found: dict[str, Any] = {"__name__": "enuf_probe_part", "__file__": path}
        exec(code, found)  # noqa: S102 - our own file, as installed
        neighbours[name] = found
    return neighbours[name]


def flush() -> None:
    """Flush the app's output to its file. The app may have closed or replaced the streams."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # noqa: S112 - nothing to tell and nobody to tell it to
            continue


def examine(request: dict[str, Any], leftovers: Callable[[], list[str]]) -> dict[str, object]:
    """Return the report about an app that can be served. Raise Refused."""
    if request["stand_ins"]:
        with open(request["stand_ins"], encoding="utf-8") as program:
            exec(compile(program.read(), request["stand_ins"], "exec"), {"__name__": "enuf_stand_ins"})  # noqa: S102
    if request["loader"] == "paste":
        app, attribute, call = made_by_paste(request), request["attribute"], None
    else:
        app, attribute, call = resolve(load(request), request)
    if not is_wsgi(app):
        raise not_callable(app, attribute, call)
    report: dict[str, object] = {
        "attribute": attribute,
        "call": call,
        "python": "{}.{}.{}".format(*sys.version_info),
        "leftovers": leftovers(),
        "skipped": skipped[0] if skipped else "",
    }
    report.update(neighbour("probe_facts.py")["app_facts"](app, is_flask(app), neighbour))
    return report


def load(request: dict[str, Any]) -> ModuleType:
    """Import a module, by `__import__` as Flask does: importlib's frames stay out of tracebacks."""
    name: str = request["module"]
    if request["loader"] == "file":
        guarded("raised", lambda: run_file(name, request["file"]), request)
    else:
        guarded("raised", lambda: __import__(name), request)
    module = sys.modules[name]
    file = getattr(module, "__file__", None)
    origin = getattr(getattr(module, "__spec__", None), "origin", None)
    is_other = origin in ("built-in", "frozen") if file is None else not is_same(file, request["file"])
    if request["file"] and is_other:
        raise Refused("hidden", file=file or origin)
    return module


def is_same(file: str, expected: str) -> bool:
    """Return True if both paths are one file, or if there is no second path."""
    return not expected or os.path.realpath(file) == os.path.realpath(expected)


def resolve(module: ModuleType, request: dict[str, Any]) -> tuple[Any, str, str | None]:
    """Return the object to serve, its name, and the arguments of the factory that made it."""
    attribute, call = request["attribute"], request["call"]
    if attribute is None:
        return discover(module, request)
    app: Any = module
    for part in attribute.split("."):
        try:
            app = getattr(app, part)
        except AttributeError:
            raise Refused("no-such-attribute", name=part, names=candidates(module)) from None
    if call is None and is_factory(app, attribute):
        call = ""
    if call is None:
        return app, attribute, None
    return made_by(app, attribute, call, request), attribute, call


def discover(module: ModuleType, request: dict[str, Any]) -> tuple[Any, str, str | None]:
    """Find the app as Flask does: app, application, the only Flask object, a factory.

    A plain WSGI callable counts, too.
    """
    named = [name for name in APP_NAMES if can_serve(getattr(module, name, None), name)]
    named.sort(key=lambda name: not is_flask(getattr(module, name)))
    flasks = [name for name, value in vars(module).items() if is_flask(value)]
    if named or len(flasks) == 1:
        name = (named or flasks)[0]
        return getattr(module, name), name, None
    if flasks:
        raise Refused("ambiguous", names=flasks)
    for name in FACTORY_NAMES:
        factory = getattr(module, name, None)
        if callable(factory):
            return made_by(factory, name, "", request), name, ""
    for name in APP_NAMES:
        value = getattr(module, name, None)
        inside = app_inside(value)
        if inside:
            return getattr(value, inside), name + "." + inside, None
    if skipped:
        name = skipped[0].partition(" ")[0]
        raise not_callable(getattr(module, name), name)
    raise Refused("no-app", names=candidates(module))


def made_by(factory: Callable[..., Any], name: str, call: str, request: dict[str, Any]) -> Any:
    """Call a factory with arguments given as source text."""
    tree = ast.parse(f"f({call})", mode="eval").body
    assert isinstance(tree, ast.Call)
    values = [ast.literal_eval(value) for value in tree.args]
    options = {keyword.arg or "": ast.literal_eval(keyword.value) for keyword in tree.keywords}
    app = guarded("factory-failed", lambda: factory(*values, **options), request, name=name)
    if app is None:
        raise Refused("factory-failed", name=name, error="it returned None")
    return app


def guarded(kind: str, action: Callable[[], Any], request: dict[str, Any], **facts: object) -> Any:
    """Run an action of the app's code, and turn every exception into a report."""
    try:
        result = action()
    except SystemExit as error:
        refuse("exited", error, request, code=None if error.code is None else str(error.code))
    except ServesItself:
        result = None
    except BaseException as error:
        if isinstance(error, ModuleNotFoundError) and error.name:
            refuse("missing-module", error, request, name=error.name)
        refuse(kind, error, request, **facts)
    if served:
        raise Refused("flask-run", **served)
    return result


def refuse(kind: str, error: BaseException, request: dict[str, Any], **facts: object) -> NoReturn:
    """Raise Refused about an exception of the app, with the traceback that the user would have seen."""
    if served:
        raise Refused("flask-run", **served) from None
    rest = without_probe(error.__traceback__)
    file, line = whereabouts(error, rest, request)
    raise Refused(
        kind,
        error=in_one_line(error),
        traceback="".join(traceback.format_exception(type(error), error, rest))[-32768:],
        file=file,
        line=line,
        own=[frame.f_code.co_filename for frame, _ in traceback.walk_tb(rest)][-1:] in ([], [file]),
        reached=rest is not None or isinstance(error, SyntaxError),
        **facts,
    ) from None


def without_probe(rest: TracebackType | None) -> TracebackType | None:
    """Return the traceback from the app's first frame on."""
    while rest and rest.tb_frame.f_code.co_filename.startswith(NOT_THE_APPS):
        rest = rest.tb_next
    return rest


def whereabouts(
    error: BaseException, rest: TracebackType | None, request: dict[str, Any]
) -> tuple[str | None, int | None]:
    """Return the innermost line of the project in a traceback."""
    places = [(frame.f_code.co_filename, number) for frame, number in traceback.walk_tb(rest)]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((error.filename, error.lineno or 1))
    file, line = None, None
    for name, number in places:
        if name.startswith((request["directory"], os.getcwd())) and "site-packages" not in name:
            file, line = name, number
    return file, line


def in_one_line(error: BaseException) -> str:
    """Return an exception as the last line of a traceback, `KeyError: 'SECRET'`, on one line."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    try:
        text = str(error).strip().split("\n")[0][:300]
    except Exception:
        text = ""
    return f"{name}: {text}" if text else name


def refuse_to_serve(event: str, _arguments: object) -> None:
    """Raise ServesItself if the app binds a socket for a server that never returns, during its import.

    An audit hook.

    The bind is the first action of every such server. Flask is not changed and need not be installed.
    """
    if event != "socket.bind" or _thread.get_ident() != MAIN_THREAD:
        return
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the only way to the caller of an audit hook
    while frame and frame.f_back:
        words = SERVERS.get((frame.f_globals.get("__name__", ""), frame.f_code.co_name))
        if words:  # the outermost one: app.run() calls run_simple()
            served.update(name=words, file=frame.f_back.f_code.co_filename, line=frame.f_back.f_lineno)
            served["traceback"] = stack_down_to(frame.f_back)
        frame = frame.f_back
    if served:
        raise ServesItself


def stack_down_to(frame: FrameType) -> str:
    """Return the stack of the app down to a frame, in the format of a traceback."""
    stack = [each for each in traceback.extract_stack(frame) if not each.filename.startswith(NOT_THE_APPS)]
    return "Traceback (most recent call last):\n" + "".join(traceback.format_list(stack))


def can_serve(value: object, name: str) -> bool:
    """Return True for a WSGI callable that is no factory or class.

    Remember what looks like an app and is none.
    """
    if value is None or isinstance(value, (type, ModuleType)) or is_factory(value, name):
        return False
    if not is_wsgi(value):
        what = "an ASGI app" if is_asgi(value) else "no WSGI app"
        if not isinstance(value, (str, int, float, dict, list, tuple)):
            skipped.append(f"{name} is {what} ({type(value).__name__})")
        return False
    return True


def candidates(module: ModuleType) -> list[str]:
    """Return the names of the module that could be served, for suggestions."""
    own = module.__name__
    return [
        name
        for name, value in vars(module).items()
        if is_flask(value) or (isinstance(value, FunctionType) and value.__module__ == own)
    ][:50]


skipped: list[str] = []
"""Names that look like the app and are none, in words."""


def not_callable(app: object, name: str, call: str | None = None) -> Refused:
    """Return the refusal of an object that was named, or looks like the app, and is none.

    `call` holds the arguments of the factory that made it.
    """
    inside = app_inside(app)
    names = [inside] if inside else []
    return Refused(
        "not-callable", name=name, type=type(app).__name__, asgi=is_asgi(app), names=names, call=call
    )


def run_file(name: str, file: str) -> None:
    """Run a source file that no import would find, such as shop.wsgi, as the module `name`."""
    from importlib.machinery import SourceFileLoader
    from importlib.util import module_from_spec, spec_from_loader

    loader = SourceFileLoader(name, file)
    spec = spec_from_loader(name, loader)
    assert spec is not None
    module = sys.modules[name] = module_from_spec(spec)
    loader.exec_module(module)


def made_by_paste(request: dict[str, Any]) -> Any:
    """Return the app that PasteDeploy makes from an ini file."""

    def make() -> Any:
        from paste.deploy import loadapp

        return loadapp("config:" + request["file"], name=request["attribute"])

    return guarded("raised", make, request)


MAIN_THREAD = _thread.get_ident()
NOT_THE_APPS = (__file__, "<string>", "<frozen importlib")
VALUES = neighbour("probe_values.py")
FACTORY_NAMES: tuple[str, ...] = VALUES["FACTORY_NAMES"]
is_flask, is_wsgi, is_asgi = VALUES["is_flask"], VALUES["is_wsgi"], VALUES["is_asgi"]
is_factory, app_inside = VALUES["is_factory"], VALUES["app_inside"]

if __name__ == "enuf_probe":
    main()
