"""init, config, plan, render, logs, status, down and restart do what the contract says."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shlex
import signal
import subprocess
import threading
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from enuf.servers.shim import DEV_PART, PARTS
from tests.support.ports import free_port
from tests.support.refusal import assert_refused
from tests.support.stack import APP, Stack, stack_in, until
from tests.support.terminal import at_terminal

pytestmark = [pytest.mark.native, pytest.mark.user]

WRAPPER = sorted({"enuf_wsgi.py", *PARTS} - {DEV_PART})
RENDERED = sorted([*WRAPPER, "mime.types", "nginx.conf", "uwsgi.ini"])

BROKEN = APP + "\ndef broken(:\n"


# -- init ---------------------------------------------------------------------------------------------------------


def test_init_writes_settings_that_up_then_uses(calm: Stack) -> None:
    calm.write("Procfile", "web: gunicorn --workers 3 --threads 4 --timeout 40 app:app\n")
    done = calm.run("init", "--json")
    assert done.json["app"] == "app:app"
    written = tomllib.loads((calm.project / "enuf.toml").read_text())
    assert written == {"app": "app:app", "serve": {"processes": 3, "threads": 4, "timeout": "40s"}}
    calm.up()
    assert (calm.status()["server"]["processes"], calm.status()["server"]["threads"]) == (3, 4)


@pytest.mark.parametrize(
    ("name", "text", "app"),
    [
        ("uwsgi.ini", "[uwsgi]\nmodule = app:app\nprocesses = 2\n", "app:app"),
        ("gunicorn.conf.py", "wsgi_app = 'app:app'\nworkers = 2\n", "app:app"),
        ("wsgi.py", "from app import app as application\n", "wsgi.py"),
        (".flaskenv", "FLASK_APP=app.py\n", "app.py"),
    ],
)
def test_init_finds_the_app_in_what_other_servers_read(calm: Stack, name: str, text: str, app: str) -> None:
    calm.write(name, text)
    assert calm.run("init").code == 0
    assert tomllib.loads((calm.project / "enuf.toml").read_text())["app"] == app
    assert name in (calm.project / "enuf.toml").read_text()
    assert calm.run("plan").code == 0


def test_init_without_any_hint_names_the_app_that_is_there(calm: Stack) -> None:
    assert calm.run("init").code == 0
    assert tomllib.loads((calm.project / "enuf.toml").read_text()) == {"app": "app:app"}


def test_init_does_not_overwrite_settings_unless_it_is_told_to(calm: Stack) -> None:
    calm.write("enuf.toml", "# mine\n")
    assert_refused(calm.run("init"), 8, "enuf.toml is there already", "--force")
    assert (calm.project / "enuf.toml").read_text() == "# mine\n"
    assert calm.run("init", "--force").code == 0
    assert "app" in tomllib.loads((calm.project / "enuf.toml").read_text())


# -- config and plan ----------------------------------------------------------------------------------------------


def test_config_shows_every_setting_with_its_origin(calm: Stack) -> None:
    calm.write("enuf.toml", "[serve]\nthreads = 3\n\n[http]\ngzip = false\n")
    calm.write("pyproject.toml", "[tool.enuf.serve]\nthreads = 9\nmax_header = '8k'\n")
    calm.env["ENUF_RELOAD_WAIT"] = "40s"
    done = calm.run("config", "--json", "--timeout", "20s", "--set", "serve.processes=5")
    rows = done.json["settings"]
    origins = {key: (row["value"], row["origin"]) for key, row in rows.items()}
    assert origins["serve.threads"] == (3, "enuf.toml:2")
    assert origins["http.gzip"] == (False, "enuf.toml:5")
    assert origins["serve.max_header"] == ("8k", "pyproject.toml:3")
    assert origins["reload.wait"] == ("40s", "ENUF_RELOAD_WAIT")
    assert origins["serve.timeout"] == ("20s", "--timeout")
    assert origins["serve.processes"] == (5, "--set serve.processes")
    assert origins["serve.listen"] == ("127.0.0.1:8000", "default")
    text = calm.run("config").out
    assert re.search(r"^serve\.threads +3 +enuf\.toml:2$", text, re.MULTILINE)
    # What "auto" comes to has a line of its own where the path is long.
    assert [line.split()[0] for line in text.splitlines() if not line.startswith(" ")] == list(rows)


def test_plan_shows_the_whole_truth_and_starts_and_writes_nothing(calm: Stack) -> None:
    before = sorted(calm.project.rglob("*"))
    found = calm.run("plan", "--json").json
    assert sorted(file["name"] for file in found["files"]) == RENDERED
    assert found["server"]["process"]["argv"][-1].endswith("uwsgi.ini")
    assert found["front"]["process"]["config"] == "nginx.conf"
    assert (found["app"]["module"], found["app"]["attribute"]) == ("app", "app")
    assert "would be served at http://127.0.0.1:8000" in calm.run("plan").out
    assert [path for path in sorted(calm.project.rglob("*")) if "__pycache__" not in path.parts] == before
    assert calm.run("status").code == 3


def test_plan_is_the_same_twice_and_is_what_up_then_runs(calm: Stack) -> None:
    calm.write("enuf.toml", "[serve]\nlisten = '127.0.0.1:0'\n")
    first, second = calm.run("plan", "--json").json, calm.run("plan", "--json").json
    assert first == second
    calm.up("--quiet")
    nginx = next(file["text"] for file in first["files"] if file["name"] == "nginx.conf")
    written = (calm.project / ".enuf/conf/nginx.conf").read_text()
    without_port = re.compile(r"127\.0\.0\.1:\d+|[0-9a-f]{16}")
    assert without_port.sub("", written) == without_port.sub("", nginx)


def test_plan_tells_the_errors_of_a_start(calm: Stack) -> None:
    calm.write("app.py", BROKEN)
    assert_refused(calm.run("plan"), 5, "SyntaxError")
    calm.write("enuf.toml", "[serve]\nthreads = 0\n")
    assert_refused(calm.run("plan"), 4, "enuf.toml:2")


# -- render -------------------------------------------------------------------------------------------------------


def test_render_writes_files_that_run_without_enuf(calm: Stack, tmp_path: Path) -> None:
    """The header of each file says how; this test does what it says."""
    port, folder = free_port(), tmp_path / "site"
    done = calm.run("render", str(folder), "--listen", f"127.0.0.1:{port}", "--json")
    assert sorted(Path(file).name for file in done.json["files"]) == RENDERED
    commands = []
    for name in ("uwsgi.ini", "nginx.conf"):
        written = (folder / "conf" / name).read_text().partition("without enuf too:\n")[2]
        commands.append(shlex.split(written.splitlines()[0].lstrip("# ")))
    running = [
        subprocess.Popen(
            command,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for command in commands
    ]
    try:
        calm.port = port
        until(lambda: _answers(calm), what="nginx and uWSGI serve by hand")
        assert calm.get("/").text == "version 1\n"
    finally:
        for process in running:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(60)
    assert calm.run("status").code == 3


def _answers(stack: Stack) -> bool:
    try:
        return stack.get("/").status == 200
    except OSError:
        return False


@pytest.mark.parametrize("place", ["app.py", "/proc/nowhere"])
def test_render_into_a_place_that_cannot_be_written_is_refused(calm: Stack, place: str) -> None:
    assert_refused(calm.run("render", place), 4, "cannot be written")
    assert (calm.project / "app.py").read_text() == APP


def test_render_too_deep_for_a_socket_is_refused(calm: Stack) -> None:
    assert_refused(calm.run("render", "x" * 120), 4, "too deep for a unix socket")


# -- status -------------------------------------------------------------------------------------------------------


def test_status_is_the_document_of_the_contract(calm: Stack) -> None:
    calm.up("--processes", "2", "--threads", "3")
    for _ in range(5):
        assert calm.get("/").status == 200
    found = calm.run("status", "--json").json
    assert found["schema"] == 1
    assert (found["state"], found["url"], found["topology"], found["generation"]) == (
        "serving",
        calm.url,
        "nginx-uwsgi",
        1,
    )
    for part, name in (("front", "nginx"), ("server", "uwsgi")):
        assert found[part]["name"] == name
        assert re.fullmatch(r"[\d.]+", found[part]["version"])
        assert found[part]["origin"] == "embedded"
        assert psutil.Process(found[part]["pid"]).is_running()
    assert (found["server"]["processes"], found["server"]["threads"]) == (2, 3)
    assert psutil.Process(found["supervisor"]["pid"]).children()
    workers: list[dict[str, Any]] = found["server"]["workers"]
    assert [worker["id"] for worker in workers] == [1, 2]
    assert all(
        set(worker) == {"id", "pid", "status", "requests", "rss_bytes", "pss_bytes"} for worker in workers
    )
    assert all(worker["rss_bytes"] > worker["pss_bytes"] > 2**20 for worker in workers)
    assert sum(worker["requests"] for worker in workers) >= 5
    assert found["backlog"] == {"queued": 0, "limit": found["backlog"]["limit"]}
    assert all(Path(found["paths"][name]).exists() for name in ("conf", "log", "socket"))
    assert calm.run("reload").code == 0
    assert calm.status()["generation"] == 2


def test_status_on_a_screen_is_one_screen(calm: Stack) -> None:
    calm.up("--processes", "4")
    lines = calm.run("status").out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80 or "logs" in max(lines, key=len)
    assert lines[0].startswith(f"serving    {calm.url}")


def test_status_shows_a_busy_worker_and_the_true_backlog(calm: Stack) -> None:
    calm.up("--processes", "1", "--threads", "1")
    slow = [threading.Thread(target=_get_or_nothing, args=(calm, "/held/now")) for _ in range(4)]
    for thread in slow:
        thread.start()
    busy = until(lambda: (found := calm.status())["backlog"]["queued"] == 3 and found, what="three wait")
    assert [worker["status"] for worker in busy["server"]["workers"]] == ["busy"]
    calm.run("down", "--now")
    for thread in slow:
        thread.join(60)


def test_status_where_nothing_runs_is_exit_3(calm: Stack) -> None:
    assert_refused(calm.run("status"), 3, str(calm.project), "enuf up")
    assert calm.run("status", "--json").json["error"]["slug"] == "not-running"


def test_status_wait_returns_as_soon_as_the_stack_serves(calm: Stack) -> None:
    calm.write("app.py", "import time\ntime.sleep(0.5)\n" + APP)
    waiting = calm.start("status", "--wait", "60s", "--json")
    assert calm.run("up", "-d", "--listen", "127.0.0.1:0").code == 0
    assert waiting.wait(60) == 0
    calm.port = int(calm.status()["url"].rpartition(":")[2])


def test_status_wait_gives_up_in_time_with_the_last_thing_it_saw(calm: Stack) -> None:
    assert_refused(calm.run("status", "--wait", "300ms"), 3, "is running")


def test_status_of_a_stack_that_is_still_starting_is_no_failure_to_find_it(calm: Stack) -> None:
    calm.write("app.py", "import time\ntime.sleep(60)\n" + APP)
    running = calm.start("up", "--listen", "127.0.0.1:0")
    found = until(
        lambda: (done := calm.run("status", "--json")).code == 1 and done.json, what="it is starting"
    )
    assert found.get("state") == "starting" or found["error"]["slug"] == "not-answering"
    assert calm.run("status", "--wait", "300ms").code == 1
    assert calm.run("down").out == "stopped\n"
    assert running.wait(60) == 130


def test_status_of_a_supervisor_that_hangs_says_so(calm: Stack) -> None:
    calm.up()
    pid = calm.status()["supervisor"]["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        assert_refused(calm.run("status"), 1, "does not accept commands")
        assert calm.get("/").status == 200
    finally:
        os.kill(pid, signal.SIGCONT)
    assert calm.run("status").code == 0


# -- down and restart ---------------------------------------------------------------------------------------------


def test_down_finishes_the_request_in_flight_and_is_idempotent(calm: Stack) -> None:
    calm.up()
    answers = []
    slow = threading.Thread(target=lambda: answers.append(calm.get("/held/flight")))
    slow.start()
    until(
        lambda: any(worker["status"] == "busy" for worker in calm.status()["server"]["workers"]), what="busy"
    )
    down = calm.start("down")
    calm.until_logged("serving -> stopping", "enuf.log")
    calm.let_go("flight")
    assert down.communicate(timeout=60)[0] == "stopped\n"
    slow.join(60)
    assert answers[0].text == "version 1\n"
    assert not calm.processes()
    for _ in range(2):
        again = calm.run("down")
        assert (again.code, again.out) == (0, "nothing was running\n")
    assert calm.run("down", "--json").json == {"schema": 1, "state": "stopped", "was_running": False}


def test_down_now_does_not_wait_for_the_request_in_flight(calm: Stack) -> None:
    calm.up()
    slow = threading.Thread(target=_get_or_nothing, args=(calm, "/held/ever"))
    slow.start()
    until(
        lambda: any(worker["status"] == "busy" for worker in calm.status()["server"]["workers"]), what="busy"
    )
    assert calm.run("down", "--now", timeout=20).out == "stopped\n"
    slow.join(60)


def _get_or_nothing(stack: Stack, path: str) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        stack.get(path)


def test_down_ends_a_stack_whose_control_socket_was_removed(calm: Stack) -> None:
    calm.up()
    (calm.project / ".enuf/run/control.sock").resolve().unlink()
    assert calm.run("down").out == "stopped\n"


def test_restart_applies_what_a_reload_cannot(calm: Stack) -> None:
    calm.up()
    first = calm.status()["supervisor"]["pid"]
    done = calm.run("restart", "--listen", "127.0.0.1:0", "--topology", "flask", "--json")
    assert done.code == 0, done
    calm.port = int(done.json["url"].rpartition(":")[2])
    assert calm.status()["topology"] == "flask"
    assert calm.status()["supervisor"]["pid"] != first
    assert calm.get("/").text == "version 1\n"


def test_a_taken_address_names_the_stack_that_has_it_and_ps_lists_that_stack(
    calm: Stack, tmp_path: Path
) -> None:
    calm.up("-w", "1")
    other = tmp_path / "other"
    other.mkdir()
    (other / "app.py").write_text(APP)
    done = calm.run("up", "-d", "--project", str(other), "--port", str(calm.port))
    assert_refused(done, 8, f"is already in use by the enuf stack of {calm.project}, nginx (pid ")
    assert f"enuf down --project {calm.project}" in done.err
    assert re.search(r"enuf up --listen 127\.0\.0\.1:\d+$", done.err.strip())
    listed = {row["project"]: row for row in calm.run("ps", "--json").json["stacks"]}
    mine = listed[str(calm.project)]
    assert (mine["state"], mine["url"], mine["supervisor"]["pid"] > 1) == ("serving", calm.url, True)
    assert str(other) not in listed
    assert str(calm.project) in calm.run("list").out
    elsewhere = calm.run("status", "--project", str(other)).err  # a few stacks are named, more are `enuf ps`
    assert str(calm.project) in elsewhere or "enuf ps" in elsewhere


def test_restart_with_nothing_running_starts(calm: Stack) -> None:
    done = calm.run("restart", "--listen", "127.0.0.1:0", "--json")
    calm.port = int(done.json["url"].rpartition(":")[2])
    assert calm.get("/").status == 200


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("app.py", BROKEN, 5),
        ("enuf.toml", "[serve]\nthreds = 1\n", 4),
        ("enuf.toml", "nginx = '/bin/cat'\n", 6),
    ],
)
def test_restart_into_something_broken_leaves_what_ran(calm: Stack, name: str, text: str, code: int) -> None:
    calm.up()
    calm.write(name, text)
    assert_refused(calm.run("restart", "--listen", "127.0.0.1:0"), code)
    assert calm.get("/").text == "version 1\n"
    assert calm.run("status").code == 0


def test_the_help_of_restart_says_that_it_drops_requests(calm: Stack) -> None:
    assert "DROPS the requests" in calm.run("restart", "--help").out


# -- logs ---------------------------------------------------------------------------------------------------------

LOGGING = (
    APP
    + """
@app.get("/print")
def say():
    print("hello from the app", flush=True)
    return "ok"

@app.get("/fail")
def fail():
    raise RuntimeError("no luck")
"""
)


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that was asked for a page, a slow page, a failing page and a missing page."""
    with stack_in(tmp_path_factory.mktemp("logged") / "shop", env={"ENUF_SERVE_USER": "root"}) as calm:
        calm.write("app.py", LOGGING)
        calm.up()
        for path in ("/print", "/slow?seconds=0.4", "/fail", "/missing", "/missing"):
            calm.get(path)
        until(
            lambda: calm.log("access.log").count("GET /missing") == 2,
            what="nginx writes its line after the answer",
        )
        yield calm


def records(stack: Stack, *flags: str) -> list[dict[str, Any]]:
    return stack.run("logs", "--json", *flags).json["records"]  # type: ignore[no-any-return]


def test_logs_are_labelled_by_layer_and_in_the_order_of_time(logged: Stack) -> None:
    found = records(logged)
    assert {record["layer"] for record in found} == {"front", "server", "app", "enuf"}
    assert [record["at"] for record in found] == sorted(record["at"] for record in found)
    assert all(abs(record["at"] - time.time()) < 600 for record in found)
    for record in found:
        if record["layer"] == "app":
            assert not record["text"].startswith(("***", "[uWSGI]", "uwsgi socket")), record
    lines = logged.run("logs").out.splitlines()
    assert all(
        re.match(r"\d\d:\d\d:\d\d (front|server|app|enuf) +\S", line) for line in lines if line.strip()
    )
    assert any(re.match(r"\d\d:\d\d:\d\d app    hello from the app$", line) for line in lines)


def test_logs_of_one_layer(logged: Stack) -> None:
    for layer in ("front", "server", "app", "enuf"):
        assert {record["layer"] for record in records(logged, "--layer", layer)} == {layer}


def test_logs_of_one_status_or_a_class_of_them(logged: Stack) -> None:
    assert [record["status"] for record in records(logged, "--status", "404")][:2] == [404, 404]
    assert {record["status"] for record in records(logged, "--status", "404")} == {404}
    assert [record["status"] for record in records(logged, "--status", "5xx")] == [500]
    assert {record["status"] for record in records(logged, "--status", "2XX")} == {200}
    assert records(logged, "--status", "3xx") == []


def test_logs_of_slow_requests_and_of_one_request_by_its_id(logged: Stack) -> None:
    assert any("/slow?seconds=0.4" in record["text"] for record in records(logged, "--slow", "300ms"))
    assert records(logged, "--slow", "10m") == []
    identity = logged.get("/missing").headers["X-Request-ID"]
    logged.until_logged(identity)
    assert [record["id"] for record in records(logged, "--id", identity)] == [identity]
    assert records(logged, "--id", "0" * 32) == []
    assert identity in logged.run("logs", "--path", "/missing").out
    with at_terminal(logged, "logs", "--path", "/missing") as terminal:
        assert terminal.ends() == 0
        assert f"id={identity[:8]}\r\n" in terminal.read() and identity not in terminal.read()
    assert [record["id"] for record in records(logged, "--id", identity[:8])] == [identity]


def test_logs_since_a_moment_ago(logged: Stack) -> None:
    assert records(logged, "--since", "10m") == records(logged)
    asked = time.time()
    assert all(record["at"] > asked - 60 for record in records(logged, "--since", "1m"))
    until(lambda: records(logged, "--since", "1s") == [], what="a second passes in silence")


def test_logs_in_json_format_are_read_as_well(calm: Stack) -> None:
    calm.up("--set", "log.format=json")
    calm.get("/missing")
    calm.until_logged("/missing")
    found = records(calm, "--status", "404")
    assert [("/missing" in record["text"], len(record["id"])) for record in found] == [(True, 32)]


def test_logs_follow_what_is_added_also_across_a_rotation(calm: Stack) -> None:
    calm.up()
    follower = calm.start("logs", "--follow", "--layer", "front", "--status", "404")
    assert follower.stdout is not None
    seen: list[str] = []
    reader = threading.Thread(target=seen.extend, args=(follower.stdout,))
    reader.start()
    asked = 0

    def shows_the_next_one() -> bool:
        nonlocal asked
        calm.get(f"/missing/{asked}")
        asked += 1
        return any("/missing/" in line for line in seen)

    until(shows_the_next_one, what="it follows")
    log = calm.project / ".enuf/log/access.log"
    calm.get(f"/missing/{asked}")
    log.rename(f"{log}.1")
    calm.get(f"/missing/{asked + 1}")
    os.kill(calm.status()["supervisor"]["pid"], signal.SIGUSR1)
    until(log.exists, what="nginx has opened a new log")
    calm.get(f"/missing/{asked + 2}")
    asked += 3
    until(lambda: any(f"/missing/{asked - 1} " in line for line in seen), what="the last one is shown")
    follower.send_signal(signal.SIGINT)
    assert follower.wait(60) == 130
    reader.join(60)
    shown = [int(number) for line in seen for number in re.findall(r"/missing/(\d+) ", line)]
    assert sorted(shown) == list(range(asked))


def test_logs_where_there_never_was_a_stack_is_exit_3(calm: Stack) -> None:
    assert_refused(calm.run("logs"), 3, "no logs", "enuf up")


def test_logs_are_there_after_the_end(logged: Stack) -> None:
    logged.run("down")
    assert [record["status"] for record in records(logged, "--status", "5xx")] == [500]
