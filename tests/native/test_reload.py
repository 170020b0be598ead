"""Reloads: no request is lost, and a version that does not work never answers anybody."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stack import APP, Stack, stack_in, until
from tests.support.under_load import under_load

pytestmark = pytest.mark.native


def version(number: int | str, more: str = "") -> str:
    return APP.replace('"1"', f'"{number}"') + more


@pytest.fixture
def serving(stack: Stack) -> Stack:
    stack.up()
    return stack


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One stack for all versions that are refused: it goes on with the first one."""
    with stack_in(tmp_path_factory.mktemp("lasting") / "shop") as running:
        running.write("app.py", APP)
        running.up("--set", "reload.wait=8s")
        yield running


BROKEN = {
    "a syntax error": ("def broken(:\n", "SyntaxError"),
    "a missing module": ("import nowhere_to_be_found\n", "nowhere_to_be_found"),
    "an exception at import": ("raise RuntimeError('the database is away')\n", "the database is away"),
    "sys.exit at import": ("import sys; sys.exit(3)\n", "exit"),
    "an import that hangs": ("import time; time.sleep(600)\n", "did not finish"),
    "a callable that is none": ("app = 42\n", "callable"),
    "no app any more": ("nothing = 1\n", "app"),
    "an error for every request": (
        version(2, "\n@app.before_request\ndef sick():\n    raise RuntimeError('sick version')\n"),
        "sick version",
    ),
    "a worker that dies on its first request": (
        version(2, "\n@app.before_request\ndef dies():\n    os._exit(9)\n"),
        "no answer",
    ),
    "more memory than there is": (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**28, 2**28)); hoard = bytearray(2**30)\n",
        "MemoryError",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_version_is_refused_and_the_old_one_serves_on(lasting: Stack, kind: str) -> None:
    source, told = BROKEN[kind]
    lasting.write("app.py", source)
    count, done = under_load(lasting, lambda: lasting.run("reload"))
    assert done.code == 7, done
    assert "the old version still serves" in done.err
    assert told in done.err, done.err
    assert count.failed == 0, count
    assert set(count.versions) == {"1"}
    assert lasting.status()["generation"] == 1
    assert lasting.status()["state"] == "serving"


def test_reloads_in_a_row_lose_nothing_also_with_a_broken_one_among_them(serving: Stack) -> None:
    def happen() -> list[int]:
        codes = []
        for number in range(2, 7):
            serving.write("app.py", "import nowhere\n" if number == 4 else version(number))
            codes.append(serving.run("reload").code)
        return codes

    count, codes = under_load(serving, happen)
    assert codes == [0, 0, 7, 0, 0]
    assert count.failed == 0, count
    assert set(count.versions) == {"1", "2", "3", "5", "6"}
    assert serving.get("/").text == "version 6\n"
    sockets = Path(serving.project / ".enuf/run")
    until(
        lambda: len({path.name.partition(".")[0] for path in sockets.glob("g*.sock")}) == 1,
        what="the last old version has retired",
    )


def test_an_unchanged_version_is_loaded_anew_when_asked(serving: Stack) -> None:
    before = serving.get("/pid").text
    assert serving.run("reload").code == 0
    assert serving.get("/pid").text != before
    assert serving.status()["generation"] == 2


def test_a_reload_says_that_it_replaced_files_that_were_changed_by_hand_and_keeps_them(
    serving: Stack,
) -> None:
    conf = serving.project / ".enuf/conf"
    written = {name: (conf / name).read_text() for name in ("nginx.conf", "uwsgi.ini")}
    for name, text in written.items():
        (conf / name).write_text(f"{text}# mine\n")
    note = serving.run("reload", "--json").json["note"]
    assert "your change of uwsgi.ini, nginx.conf in .enuf/conf had no effect and was replaced" in note
    for name, text in written.items():
        assert (conf / name).read_text() == text
        assert (conf / f"{name}.edited").read_text() == f"{text}# mine\n"
    serving.write("enuf.toml", '[serve]\nmax_body = "1k"\n')
    assert serving.run("reload", "--json").json["note"] == "", "no note about what enuf itself changes"
    serving.run("down")
    (conf / "uwsgi.ini").write_text("# written while nothing runs\n")
    assert "note: your change of uwsgi.ini in .enuf/conf had no effect" in serving.up().err
    assert (conf / "uwsgi.ini.edited").read_text() == "# written while nothing runs\n"
    assert "your change of" not in serving.run("reload").err, "it is said once"


def test_workers_reload_in_place_and_lose_nothing(serving: Stack) -> None:
    serving.write("app.py", version(2))
    master = serving.status()["server"]["pid"]
    count, done = under_load(serving, lambda: serving.run("reload", "--workers"))
    assert done.code == 0, done
    assert count.failed == 0, count
    assert serving.get("/").text == "version 2\n"
    assert serving.status()["server"]["pid"] == master, "no second copy of the app"


def test_workers_reload_refuses_broken_code(serving: Stack) -> None:
    serving.write("app.py", "import nowhere\n")
    count, done = under_load(serving, lambda: serving.run("reload", "--workers"))
    assert done.code == 7
    assert count.failed == 0, count
    assert serving.get("/").text == "version 1\n"


def test_an_app_that_every_worker_loads_itself_is_reloaded_in_place_too(stack: Stack) -> None:
    stack.up("--set", "workers.lazy=true")
    stack.write("app.py", version(2))
    count, done = under_load(stack, lambda: stack.run("reload", "--workers"))
    assert done.code == 0, done
    assert {stack.get("/").text for _ in range(8)} == {"version 2\n"}
    assert count.failed == 0, count


def test_a_setting_of_the_front_alone_leaves_the_app_alone(serving: Stack) -> None:
    app = serving.get("/pid").text
    serving.write("enuf.toml", '[serve]\nmax_body = "1k"\n')
    done = serving.run("reload")
    assert done.code == 0, done
    assert serving.request("POST", "/echo", b"x" * 2000).status == 413
    assert serving.status()["generation"] == 1
    assert serving.get("/pid").text in (
        app,
        *(str(worker["pid"]) for worker in serving.status()["server"]["workers"]),
    )


def test_a_setting_of_the_server_starts_a_new_generation(serving: Stack) -> None:
    serving.write("enuf.toml", "[serve]\nprocesses = 3\n")
    assert serving.run("reload").code == 0
    assert len(serving.status()["server"]["workers"]) == 3
    assert serving.status()["generation"] == 2


def test_settings_of_both_change_together(serving: Stack) -> None:
    serving.write("enuf.toml", '[serve]\nprocesses = 3\nmax_body = "1k"\n')
    count, done = under_load(serving, lambda: serving.run("reload"))
    assert done.code == 0, done
    assert serving.request("POST", "/echo", b"x" * 2000).status == 413
    assert len(serving.status()["server"]["workers"]) == 3
    assert count.lost == {}, count


def test_a_bad_setting_is_refused_and_nothing_changes(serving: Stack) -> None:
    serving.write("enuf.toml", "[serve]\nthreats = 3\n")
    done = serving.run("reload")
    assert done.code == 7
    assert "threads" in done.err
    assert serving.get("/").status == 200


def test_a_front_that_refuses_its_new_file_changes_nothing(serving: Stack) -> None:
    serving.write("app.py", version(2))
    serving.write("enuf.toml", '[raw]\nnginx_server = "no_such_directive on;"\n')
    done = serving.run("reload")
    assert done.code == 7
    assert "no_such_directive" in done.err
    assert serving.get("/").text == "version 1\n"
    assert serving.status()["generation"] == 1


def test_what_cannot_change_while_it_runs_is_refused_with_the_reason(stack: Stack) -> None:
    stack.write("enuf.toml", '[serve]\nlisten = "127.0.0.1:0"\n')
    assert stack.run("up", "-d").code == 0
    before = stack.status()
    stack.write("enuf.toml", '[serve]\nlisten = "127.0.0.1:1"\n')
    done = stack.run("reload")
    assert done.code == 7
    assert "the address changes" in done.err and "enuf restart" in done.err
    assert stack.status()["url"] == before["url"]
    assert stack.status()["state"] == "serving"


def test_two_reloads_at_once_are_both_answered(serving: Stack) -> None:
    serving.write("app.py", version(2))
    asked = [serving.start("reload") for _ in range(4)]
    outcomes = [process.communicate(timeout=60) for process in asked]
    assert [process.returncode for process in asked] == [0, 0, 0, 0], outcomes
    assert serving.get("/").text == "version 2\n"
    assert serving.status()["generation"] <= 5


def test_a_reload_during_down_is_told_so(serving: Stack) -> None:
    slow = serving.start("status")
    slow.communicate(timeout=60)
    reloading = serving.start("reload")
    down = serving.run("down")
    _, err = reloading.communicate(timeout=60)
    assert down.code == 0
    assert reloading.returncode in (0, 3, 7) or "it is just starting or ending" in err


def test_a_storm_of_signals_ends_in_one_healthy_generation(serving: Stack) -> None:
    supervisor = serving.status()["supervisor"]["pid"]
    serving.write("app.py", version(2))

    def storm() -> None:
        for _ in range(40):
            os.kill(supervisor, signal.SIGHUP)
            os.kill(supervisor, signal.SIGUSR1)
        until(lambda: serving.status()["state"] == "serving" and serving.get("/").text == "version 2\n")

    count, _ = under_load(serving, storm)
    assert count.failed == 0, count
    assert serving.status()["generation"] <= 5


def test_hup_reloads(serving: Stack) -> None:
    serving.write("app.py", version(2))
    os.kill(serving.status()["supervisor"]["pid"], signal.SIGHUP)
    until(lambda: serving.get("/").text == "version 2\n")


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[Stack]:
    with stack_in(tmp_path / "shop") as running:
        running.write("app.py", APP)
        running.up("--dev")
        yield running


def test_dev_reloads_when_a_file_changes_and_survives_a_syntax_error(dev: Stack) -> None:
    dev.write("app.py", version(22))
    until(lambda: dev.get("/").text == "version 22\n")
    dev.write("app.py", "def broken(:\n")
    page = until(lambda: (answer := dev.get("/")).status == 500 and answer)
    assert "SyntaxError" in page.text and "app.py" in page.text
    dev.write("app.py", version(333))
    until(lambda: dev.get("/").text == "version 333\n")


def test_dev_shows_the_traceback_in_the_terminal(tmp_path: Path) -> None:
    with stack_in(tmp_path / "shop") as stack:
        stack.write("app.py", APP)
        foreground = stack.start("up", "--dev", "--listen", "127.0.0.1:0")
        until(lambda: stack.run("status").code == 0)
        stack.write("app.py", "def broken(:\n")
        until(lambda: stack.status()["reason"])
        foreground.send_signal(signal.SIGINT)
        _, err = foreground.communicate(timeout=60)
        assert foreground.returncode == 0
        assert "SyntaxError" in err and "the old version still serves" in err


SLOW_START = "import time; time.sleep(600)\n" + APP
"""It never comes to serve: on a busy machine the command that ends the start may itself begin late."""


def test_down_during_up_ends_both(stack: Stack) -> None:
    stack.write("app.py", SLOW_START)
    starting = stack.start("up", "-d", "--listen", "127.0.0.1:0")
    until(lambda: stack.run("status").code != 3, what="it is starting")
    assert stack.run("down", timeout=30).code == 0
    starting.communicate(timeout=60)
    assert starting.returncode != 0
    assert stack.run("status").code == 3


def test_an_interrupt_while_it_starts_leaves_nothing(stack: Stack) -> None:
    stack.write("app.py", SLOW_START)
    starting = stack.start("up", "--listen", "127.0.0.1:0")
    until(lambda: stack.run("status").code != 3, what="it is starting")
    starting.send_signal(signal.SIGINT)
    starting.communicate(timeout=60)
    until(lambda: not stack.processes())
