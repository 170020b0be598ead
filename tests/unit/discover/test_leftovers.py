"""The throw-away import sees what a fork of the process would share or lose, and nothing else."""

from __future__ import annotations

import ast
import os
import socket
import sys
from pathlib import Path

import pytest
from tests.unit.discover.test_importable import WSGI, app

pytestmark = pytest.mark.user

THREAD = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True, name='mailer').start()\n"


def left_by(project: Path, text: str) -> tuple[str, ...]:
    """What the import of an app that begins with this text leaves behind."""
    return app(project, text + WSGI).leftovers


@pytest.mark.parametrize(
    ("text", "leftover"),
    [
        (THREAD, "a running thread, mailer"),
        (
            "import _thread, time\nruns = _thread.allocate_lock()\nruns.acquire()\n"
            "_thread.start_new_thread(lambda: (runs.release(), time.sleep(60)), ())\nruns.acquire()\n",
            "a running thread, without a name",
        ),
        ("import asyncio\nloop = asyncio.new_event_loop()\n", "an event loop"),
        ("import sqlite3\ndb = sqlite3.connect(':memory:')\n", "the SQLite database :memory: open"),
        (
            "import sqlite3\ndb = sqlite3.connect('shop.db')\ndb.row_factory = lambda cursor, row: {}\n"
            "db.execute('create table t (a)')\n",
            "the SQLite database {project}/shop.db open",
        ),
        (
            "import concurrent.futures\npool = concurrent.futures.ThreadPoolExecutor()\npool.submit(int).result()\n",
            "a running thread, ThreadPoolExecutor-0_0",
        ),
        ("import subprocess\ncat = subprocess.Popen(['cat'], stdin=subprocess.PIPE)\n", "a pipe to the program cat"),
    ],
    ids=["thread", "bare thread", "event loop", "sqlite in memory", "sqlite file", "executor", "program"],
)  # fmt: skip
def test_what_does_not_survive_a_fork_is_reported(tmp_path: Path, text: str, leftover: str) -> None:
    assert left_by(tmp_path, text) == (leftover.format(project=tmp_path),)


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6, socket.AF_UNIX])
def test_a_connection_is_reported_with_the_address_of_the_other_end(tmp_path: Path, family: int) -> None:
    with socket.socket(family) as server:
        path = str(tmp_path / "db.sock")
        server.bind({socket.AF_INET: ("127.0.0.1", 0), socket.AF_INET6: ("::1", 0)}.get(family, path))  # type: ignore[call-overload]
        server.listen()
        text = f"import socket\nkept = socket.socket({int(family)})\nkept.connect({server.getsockname()!r})\n"
        name = server.getsockname()
        shown = path if isinstance(name, str) else f"127.0.0.1:{name[1]}"
        shown = f"[::1]:{name[1]}" if family == socket.AF_INET6 else shown
        assert left_by(tmp_path, text) == (f"an open connection to {shown}",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "import sqlite3\ndb = sqlite3.connect('a.db')\ndb.execute('create table t (a)')\ndb.close()\n",
        "import socket\na = socket.socket()\nb = socket.socket(type=socket.SOCK_DGRAM)\n",
        "import socket\na, b = socket.socketpair()\n",
        "import logging\nlogging.basicConfig(filename='app.log')\n",
        "import concurrent.futures\npool = concurrent.futures.ThreadPoolExecutor()\n",
        "import threading\none = threading.Thread(target=int)\none.start()\none.join()\n",
        "import subprocess\nsubprocess.run(['true'])\nasleep = subprocess.Popen(['sleep', '60'])\n",
        "import multiprocessing\nshared = multiprocessing.Value('i'), multiprocessing.Queue(), multiprocessing.Lock()\n",
    ],
    ids=["nothing", "closed", "unconnected", "pair", "log", "idle executor", "ended", "programs", "shared"],
)
def test_what_a_fork_does_no_harm_to_is_not_reported(tmp_path: Path, text: str) -> None:
    assert left_by(tmp_path, text) == ()


def test_a_server_that_the_import_starts_is_left_to_one_process(tmp_path: Path) -> None:
    listening = "import socket\ndoor = socket.create_server(('127.0.0.1', 0))\n"
    assert left_by(tmp_path, listening + THREAD) == ()


BUSY = """
import os, socket, threading
opened = threading.Event()

def open_and_close():
    while True:
        files = [os.open(os.devnull, os.O_RDONLY) for _ in range(40)] + [socket.socket() for _ in range(40)]
        opened.set()
        for one in files:
            os.close(one) if isinstance(one, int) else one.close()

threading.Thread(target=open_and_close, daemon=True, name="pool").start()
opened.wait()
"""


def test_an_app_whose_thread_opens_and_closes_files_meanwhile_is_looked_at(tmp_path: Path) -> None:
    for _ in range(5):
        assert left_by(tmp_path, BUSY) == ("a running thread, pool",)


def test_names_of_the_app_stay_on_one_short_line_and_few_are_enough(tmp_path: Path) -> None:
    threads = "".join(THREAD.replace("mailer", f"\\n{number}" + "x" * 500) for number in range(9))
    found = left_by(tmp_path, threads)
    assert len(found) == 5
    assert all(phrase.isprintable() and len(phrase) == 200 for phrase in found)


def test_the_parts_of_the_probe_are_programs_without_anything_of_enuf() -> None:
    import enuf.discover

    for part in Path(next(iter(enuf.discover.__path__))).glob("probe_*.py"):
        if part.name == "probe_report.py":  # the reader of what the probe writes
            continue
        tree = ast.parse(part.read_text(encoding="utf-8"), feature_version=(3, 8))
        imported = {node.names[0].name for node in tree.body if isinstance(node, ast.Import)}
        imported |= {str(node.module) for node in tree.body if isinstance(node, ast.ImportFrom)}
        assert {name.partition(os.extsep)[0] for name in imported} <= sys.stdlib_module_names
