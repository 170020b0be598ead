"""The throw-away import sees what an app needs that not every server, or not every number of processes, gives."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from tests.unit.discover.test_importable import FLASK, app, bring, place

SIMPLE = "class SimpleCache: pass\n"
LIMITER = "class MemoryStorage: pass\nclass Limiter:\n    def __init__(self, app):\n        self._storage = MemoryStorage()\n        app.extensions.setdefault('limiter', set()).add(self)\n"
METRIC = "class MetricWrapperBase: pass\nclass Counter(MetricWrapperBase):\n    def __init__(self): self.kept = self\n"
CASES = {
    "flask-sock": ("import flask_sock\n", {"flask_sock.py": ""}, ("websocket", "flask_sock")),
    "Socket.IO": (
        "import socketio\nserver = socketio.Server()\n",
        {"socketio.py": "import simple_websocket\nclass Server: kept = []\n", "simple_websocket.py": ""},
        ("socketio", "Socket.IO"),
    ),
    "Socket.IO without WebSockets, and made for gevent": (
        "import socketio\nserver = socketio.Server()\n",
        {"socketio.py": "class Server:\n    kept = []\n    async_mode = 'gevent'\n"},
        ("async-mode", "gevent"),
    ),
    "prometheus": (
        "from prometheus_client.metrics import Counter\norders = Counter()\n",
        {"prometheus_client/__init__.py": "", "prometheus_client/metrics.py": METRIC},
        ("metrics", "prometheus_client"),
    ),
    "cache": (
        "from cachelib.simple import SimpleCache\ncache = SimpleCache()\ncache.kept = cache\n",
        {"cachelib/__init__.py": "", "cachelib/simple.py": SIMPLE},
        ("cache", "SimpleCache"),
    ),
    "limiter": ("import limiting\nlimiting.Limiter(app)\n", {"limiting.py": LIMITER}, ("limiter", "memory://")),
    "X-Sendfile": ("app.config['USE_X_SENDFILE'] = True\n", {}, ("x-sendfile", "USE_X_SENDFILE")),
    "X-Sendfile behind a middleware": (
        "app.config['USE_X_SENDFILE'] = True\nfrom werkzeug.middleware.proxy_fix import ProxyFix\napp = ProxyFix(app)\n",
        {},
        ("x-sendfile", "USE_X_SENDFILE"),
    ),
    "a route whose view imports the WebSocket library itself": (
        "@app.route('/echo', websocket=True)\ndef echo():\n    import simple_websocket\n",
        {"simple_websocket.py": ""},
        ("websocket", "a route with websocket=True"),
    ),
    "a limiter without an extension": (
        "from limits.strategies import RateLimiter\nlimiter = RateLimiter()\n",
        {
            "limits/__init__.py": "",
            "limits/strategies.py": "class MemoryStorage: pass\nclass RateLimiter:\n    def __init__(self):\n        self.storage = MemoryStorage()\n        self.kept = self\n",
        },
        ("limiter", "memory://"),
    ),
    "moto": ("import moto.server\n", {"moto/__init__.py": "", "moto/server.py": ""}, ("one-process", "moto")),
    "gevent": (
        "from gevent import monkey\nmonkey.patch_all()\n",
        {"gevent/__init__.py": "", "gevent/monkey.py": "saved = {}\ndef patch_all(): saved['socket'] = {}\n"},
        ("patched", "gevent"),
    ),
    "scheduler": (
        "from apscheduler.schedulers.base import BaseScheduler\njobs = BaseScheduler()\n",
        {
            "apscheduler/__init__.py": "",
            "apscheduler/schedulers/__init__.py": "",
            "apscheduler/schedulers/base.py": "class BaseScheduler:\n    running = True\n    def __init__(self): self.kept = self\n",
        },
        ("scheduler", "APScheduler"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_not_every_plan_suits_is_seen(tmp_path: Path, case: str) -> None:
    text, files, expected = CASES[case]
    for name, content in files.items():
        place(tmp_path, name, content)
    found = [(trait.kind, trait.what) for trait in app(tmp_path, FLASK + text).traits]
    assert [each for each in found if each != ("socketio", "Socket.IO") or each == expected] == [expected]


def test_the_package_that_socket_io_prefers_to_the_one_that_works_is_seen(tmp_path: Path) -> None:
    server = "import geventwebsocket\nclass Server:\n    kept = []\n    async_mode = 'gevent'\n"
    place(tmp_path, "socketio.py", server)
    place(tmp_path, "geventwebsocket.py", "")
    found = app(tmp_path, FLASK + "import socketio\nserver = socketio.Server()\n").traits
    assert [trait.kind for trait in found] == ["socketio", "async-mode", "gevent-websocket"]


def test_an_app_that_suits_every_plan_has_none(tmp_path: Path) -> None:
    text, files, _ = CASES["prometheus"]
    for name, content in files.items():
        place(tmp_path, name, content)
    place(
        tmp_path, "app.py", FLASK + text + "import prometheus_client\napp.config['USE_X_SENDFILE'] = False\n"
    )
    assert bring(tmp_path, "app.py", PROMETHEUS_MULTIPROC_DIR=str(tmp_path)).traits == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
@pytest.mark.parametrize(
    "spelled", ["app.config['DATABASE'] = {path}\n", "from pathlib import Path\nSTORE = Path({path})\n"]
)
def test_a_database_that_this_user_may_not_write_is_seen_as_such(tmp_path: Path, spelled: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    with sqlite3.connect(folder / "shop.db") as connection:
        connection.execute("create table t (a)")
    connection.close()
    text = spelled.format(path=repr(str(folder / "shop.db")))
    assert app(tmp_path, FLASK + text).traits == ()
    folder.chmod(0o555)
    found = app(tmp_path, FLASK + text).traits
    folder.chmod(0o755)
    assert [(trait.kind, trait.what) for trait in found] == [("unwritable", str(folder / "shop.db"))]
