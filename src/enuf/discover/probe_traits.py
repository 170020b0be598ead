"""Finds in an imported app what some servers cannot do for it, or what only one process can do.

It runs in the probe's process, after the import and from its text: only the standard library, from Python 3.8
on, and what the app itself has loaded.
"""

# ruff: noqa: PTH100, PTH110, PTH112, PTH113, PTH120, PTH123

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

CLASSES = {
    "flask": ("flask.app.Flask",),
    "socketio": ("socketio.Server", "socketio.server.Server"),
    "metric": ("prometheus_client.metrics.MetricWrapperBase",),
    "cache": ("cachelib.simple.SimpleCache", "flask_caching.backends.simplecache.SimpleCache"),
    "limiter": ("limits.strategies.RateLimiter",),
    "scheduler": ("apscheduler.schedulers.base.BaseScheduler",),
    "engine": ("sqlalchemy.engine.base.Engine",),
    "sqlite": ("sqlite3.Connection",),
}
"""What an object of these classes means."""
WEBSOCKETS = ("flask_sock", "flask_sockets", "geventwebsocket", "simple_websocket")
"""Modules that speak WebSocket on the server's side."""
ONE_PROCESS = {"moto.moto_server": "moto", "moto.server": "moto", "pgadmin": "pgAdmin"}
"""Apps that keep their state in the memory of one process, by a module of theirs."""
MULTIPROCESS = ("PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir")
MOST_DATABASES = 3
SQLITE_NAMES = (".db", ".sqlite", ".sqlite3")
SQLITE_MARK = b"SQLite format 3\0"


def traits(app: Any) -> list[dict[str, str]]:
    """Return what was found, each with its kind and a name or path."""
    living = living_objects()
    apps = {id(each): each for each in (app, *living["flask"])}.values()
    found = [
        *of_modules(living, apps),
        *of_objects(living),
        *(each for one in apps for each in of_flask(one)),
    ]
    paths = list(dict.fromkeys(path for one in apps for path in unwritable_databases(one, living)))[
        :MOST_DATABASES
    ]
    found += [("unwritable", path) for path in paths]
    return [{"kind": kind, "what": bounded(what)} for kind, what in dict.fromkeys(found)]


def living_objects() -> dict[str, list[Any]]:
    """Return the objects of the classes above, in one walk through all objects."""
    classes = {kind: tuple(filter(None, map(class_named, names))) for kind, names in CLASSES.items()}
    wanted = {kind: kinds for kind, kinds in classes.items() if kinds}
    living: dict[str, list[Any]] = {kind: [] for kind in CLASSES}
    for each in gc.get_objects() if wanted else ():
        for kind, kinds in wanted.items():
            if issubclass(type(each), kinds):
                living[kind].append(each)
    return living


def class_named(path: str) -> Any:
    """Return a class by its dotted path, None when its module is not loaded."""
    module, _, name = path.rpartition(".")
    found = getattr(sys.modules.get(module), name, None)
    return found if isinstance(found, type) else None


def of_modules(living: dict[str, list[Any]], apps: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Yield what the loaded modules and the routes say."""
    speakers = [name for name in WEBSOCKETS if name in sys.modules]
    if living["socketio"]:
        yield "socketio", "Socket.IO"
    elif speakers:
        yield "websocket", speakers[0]
    elif any(map(has_websocket_route, apps)):
        yield "websocket", "a route with websocket=True"
    modes = {str(getattr(server, "async_mode", "threading")) for server in living["socketio"]}
    for mode in sorted(modes - {"threading"}):
        yield "async-mode", mode
    if "gevent" in modes and "geventwebsocket" in sys.modules:
        yield "gevent-websocket", "gevent-websocket"
    for module, name in ONE_PROCESS.items():
        if module in sys.modules:
            yield "one-process", name
    if getattr(sys.modules.get("gevent.monkey"), "saved", None):
        yield "patched", "gevent"


def has_websocket_route(app: Any) -> bool:
    """Return True for a Flask app with a route that only a WebSocket handshake reaches."""
    rules = getattr(getattr(app, "url_map", None), "iter_rules", None)
    return rules is not None and any(rule.websocket is True for rule in rules())


def of_objects(living: dict[str, list[Any]]) -> Iterator[tuple[str, str]]:
    """Yield what the living objects say."""
    if living["metric"] and not any(os.environ.get(name) for name in MULTIPROCESS):
        yield "metrics", "prometheus_client"
    if living["cache"]:
        yield "cache", "SimpleCache"
    if "flask_limiter" not in sys.modules and any(map(counts_in_memory, living["limiter"])):
        yield "limiter", "memory://"
    if any(getattr(scheduler, "running", False) for scheduler in living["scheduler"]):
        yield "scheduler", "APScheduler"


def of_flask(app: Any) -> Iterator[tuple[str, str]]:
    """Yield what a Flask app's configuration and extensions say."""
    if config_of(app).get("USE_X_SENDFILE"):
        yield "x-sendfile", "USE_X_SENDFILE"
    limiters = getattr(app, "extensions", {}).get("limiter", ())
    for limiter in limiters if isinstance(limiters, (set, list, tuple)) else (limiters,):
        if counts_in_memory(limiter):
            yield "limiter", "memory://"


def counts_in_memory(limiter: Any) -> bool:
    """Return True for a limiter, of Flask-Limiter or of limits, that counts in this process alone."""
    storage = getattr(limiter, "_storage", None) or getattr(limiter, "storage", None)
    return type(storage).__name__ == "MemoryStorage"


def config_of(app: Any) -> dict[str, Any]:
    """Return the configuration of a Flask app; nothing for any other."""
    config = getattr(app, "config", None)
    return config if isinstance(config, dict) else {}


# -- databases


def unwritable_databases(app: Any, living: dict[str, list[Any]]) -> Iterator[str]:
    """Yield the SQLite databases in files that this user may not write, or not make."""
    for path in (
        *of_engines(living["engine"]),
        *of_connections(living["sqlite"]),
        *of_config(app),
        *of_modules_here(),
        *of_django(),
    ):
        path = os.path.abspath(path)
        folder = os.path.dirname(path)
        if os.path.isdir(folder) and not may_write(path, folder):
            yield path


def may_write(path: str, folder: str) -> bool:
    """Return True when the file can be written, and in its folder the journal beside it."""
    return os.access(folder, os.W_OK | os.X_OK) and (not os.path.exists(path) or os.access(path, os.W_OK))


def of_engines(engines: list[Any]) -> Iterator[str]:
    """Yield the files of SQLAlchemy's engines."""
    for engine in engines:
        url = engine.url
        name = str(url.database or "")
        if (
            url.drivername.startswith("sqlite")
            and name
            and name != ":memory:"
            and not name.startswith("file:")
        ):
            yield name


def of_connections(connections: list[Any]) -> Iterator[str]:
    """Yield the files of open connections."""
    for connection in connections:
        try:
            cursor = connection.cursor()
            cursor.row_factory = None
            name = cursor.execute("PRAGMA database_list").fetchall()[0][2]
        except Exception:  # noqa: S112 - closed, or another thread's: that one's file is not known
            continue
        if name:
            yield str(name)


def of_config(app: Any) -> Iterator[str]:
    """Yield the values of a Flask app's configuration that are paths of SQLite databases."""
    for key, value in config_of(app).items():
        if not isinstance(value, (str, os.PathLike)):
            continue
        path = os.fspath(value)
        if (
            isinstance(path, str)
            and "\0" not in path
            and (is_sqlite(path) or is_meant_for_sqlite(str(key), path))
        ):
            yield path


def of_modules_here() -> Iterator[str]:
    """Yield the names of the project's own modules that are paths of SQLite databases."""
    here = os.path.abspath("") + os.sep
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or not file.startswith(here) or "site-packages" in file:
            continue
        for value in list(vars(module).values()):
            if not isinstance(value, (str, os.PathLike)):
                continue
            path = os.fspath(value)
            if isinstance(path, str) and path.endswith(SQLITE_NAMES) and "\0" not in path and is_sqlite(path):
                yield path


def is_sqlite(path: str) -> bool:
    """Return True for a file that SQLite has made."""
    if len(path) > 4096 or not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            return file.read(len(SQLITE_MARK)) == SQLITE_MARK
    except OSError:
        return False


def is_meant_for_sqlite(key: str, path: str) -> bool:
    """Return True for `DATABASE`, as Flask's tutorial calls it, when it is the path of a database to be made."""
    return key == "DATABASE" and path.endswith(SQLITE_NAMES) and "://" not in path


def of_django() -> Iterator[str]:
    """Yield the SQLite databases of Django's settings."""
    settings: Any = getattr(sys.modules.get("django.conf"), "settings", None)
    if settings is None or not settings.configured:
        return
    for database in settings.DATABASES.values():
        name = str(database.get("NAME") or "")
        if str(database.get("ENGINE", "")).endswith("sqlite3") and name and ":memory:" not in name:
            yield name


def bounded(text: str) -> str:
    """Return the text on one line of at most 300 printable characters."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)[:300]
