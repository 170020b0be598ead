"""A start after a bad end: what was killed, what was damaged, what is stale."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
from pathlib import Path

import psutil
import pytest

from tests.support.refusal import assert_refused
from tests.support.stack import APP, Stack, until

pytestmark = [pytest.mark.native, pytest.mark.user]


def kill_everything(stack: Stack) -> None:
    for process in stack.processes():
        with contextlib.suppress(psutil.Error):
            process.kill()
    until(lambda: not stack.processes(), what="all are dead")


def test_a_stack_of_which_everything_was_killed_starts_again(calm: Stack) -> None:
    calm.up()
    kill_everything(calm)
    assert (calm.project / ".enuf/state.json").exists()
    assert_refused(calm.run("status"), 3)
    assert_refused(calm.run("reload"), 3)
    calm.up()
    assert calm.get("/").text == "version 1\n"


def test_down_clears_what_a_killed_stack_left(calm: Stack) -> None:
    calm.up()
    runtime = (calm.project / ".enuf/run").resolve()
    kill_everything(calm)
    assert any(path.is_socket() for path in runtime.iterdir())
    assert calm.run("down").code == 0
    assert not runtime.exists()
    assert not (calm.project / ".enuf/state.json").exists()
    assert calm.run("down").out == "nothing was running\n"


def test_a_supervisor_that_was_killed_takes_its_servers_with_it_and_up_works(calm: Stack) -> None:
    calm.up()
    found = calm.status()
    os.kill(found["supervisor"]["pid"], signal.SIGKILL)
    calm.up("--listen", f"127.0.0.1:{calm.port}")
    again = calm.status()
    assert again["front"]["pid"] != found["front"]["pid"]
    workers = [worker["pid"] for worker in found["server"]["workers"]]
    before = {found["front"]["pid"], found["server"]["pid"], *workers}
    until(lambda: not before & {process.pid for process in calm.processes()}, what="the old servers' end")


DAMAGED = {
    "empty": "",
    "half": "{",
    "null": "null",
    "list": "[]",
    "short": '{"schema": 1}',
    "zeros": "\0" * 1000,
    "huge": "x" * 2_000_000,
    "other": '{"schema": 99, "supervisor": "no"}',
}


def test_a_damaged_state_file_stops_nobody(calm: Stack) -> None:
    """Each damage in its turn: the stack that is started after one is killed for the next."""
    calm.up()
    state = calm.project / ".enuf/state.json"
    for damage, text in DAMAGED.items():
        kill_everything(calm)
        state.write_text(text)
        assert_refused(calm.run("status"), 3)
        done = calm.run("down")
        assert done.code == 0, (damage, done)
        calm.up()
        recorded = json.loads(state.read_text())["supervisor"]["pid"]
        assert recorded == calm.status()["supervisor"]["pid"], damage


def test_a_damaged_state_file_of_a_running_stack_does_not_keep_down_from_working(calm: Stack) -> None:
    calm.up()
    (calm.project / ".enuf/state.json").write_text("{")
    assert_refused(calm.run("up", "-d", "--listen", "127.0.0.1:0"), 8, "runs already")
    assert calm.run("reload").code == 0
    assert calm.run("down").out == "stopped\n"


def test_a_state_file_that_names_another_process_ends_nothing_of_it(calm: Stack) -> None:
    calm.up()
    kill_everything(calm)
    state = calm.project / ".enuf/state.json"
    known = json.loads(state.read_text())
    with calm.start("--version", start_new_session=True) as bystander:
        sleeper = psutil.Popen(["sleep", "60"], start_new_session=True)
        try:
            known["units"] = [
                {"key": "g1", "pid": sleeper.pid, "mark": "1"},
                {"key": "front", "pid": 1, "mark": "1"},
            ]
            state.write_text(json.dumps(known))
            assert calm.run("down").code == 0
            calm.up()
            assert sleeper.is_running()
        finally:
            sleeper.kill()
            sleeper.wait(60)
        bystander.wait(60)


def test_stale_sockets_and_folders_of_a_killed_run_are_replaced(calm: Stack) -> None:
    calm.up()
    runtime = (calm.project / ".enuf/run").resolve()
    kill_everything(calm)
    (calm.project / ".enuf/state.json").unlink()
    (runtime / "g1" / "ready").touch()
    (runtime / "g7.sock").touch()
    (runtime / "g2").mkdir(exist_ok=True)
    calm.up()
    assert calm.status()["generation"] == 1
    assert not (runtime / "g7.sock").exists()
    assert calm.run("reload").code == 0
    assert calm.get("/").text == "version 1\n"


def test_a_stale_unix_socket_to_listen_on_is_replaced_and_a_living_one_is_not(
    calm: Stack, tmp_path: Path
) -> None:
    path = tmp_path / "public.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    done = calm.run("up", "-d", "--listen", f"unix:{path}")
    assert done.code == 0, done
    assert calm.run("down").code == 0
    assert not path.exists()
    with socket.socket(socket.AF_UNIX) as living:
        living.bind(str(path))
        living.listen()
        assert_refused(calm.run("up", "-d", "--listen", f"unix:{path}"), 8, str(path))
        assert path.is_socket()


def test_a_project_that_was_moved_while_its_stack_runs_still_knows_it(calm: Stack) -> None:
    calm.up()
    moved = calm.project.with_name("moved")
    calm.project.rename(moved)
    calm.project = moved
    assert calm.run("status").code == 0
    assert calm.run("down").out == "stopped\n"


def test_a_copy_of_a_project_with_a_running_stack_has_a_stack_of_its_own(calm: Stack, tmp_path: Path) -> None:
    calm.up()
    copy = Stack(tmp_path / "copy", env={"ENUF_SERVE_USER": "root"})
    import shutil

    shutil.copytree(calm.project, copy.project, symlinks=True)
    try:
        assert copy.run("status").code == 3
        assert copy.run("down").out == "nothing was running\n"
        assert calm.run("status").code == 0
        copy.write("app.py", APP.replace('VERSION = "1"', 'VERSION = "copy"'))
        copy.up()
        assert (copy.get("/").text, calm.get("/").text) == ("version copy\n", "version 1\n")
    finally:
        copy.close()
    assert calm.get("/").text == "version 1\n"


def test_a_link_that_came_with_a_project_leads_to_nothing_that_is_touched(
    calm: Stack, tmp_path: Path
) -> None:
    """A downloaded project may bring any .enuf: nothing outside may be removed or ended because of it."""
    precious = tmp_path / "precious"
    precious.mkdir(mode=0o700)
    (precious / "letter").write_text("mine")
    home = calm.project / ".enuf"
    home.mkdir()
    (home / "run").symlink_to(precious)
    (home / "state.json").write_text(
        '{"schema": 1, "supervisor": {"key": "supervisor", "pid": 1, "mark": "1"}}'
    )
    for words in (("status",), ("down",), ("down", "--now"), ("logs",), ("reload",)):
        calm.run(*words)
    calm.up()
    calm.run("down")
    assert [path.name for path in precious.iterdir()] == ["letter"]
    assert (home / "run").resolve() != precious


def test_two_ups_at_the_same_moment_make_one_stack(calm: Stack) -> None:
    both = [calm.start("up", "-d", "--listen", "127.0.0.1:0") for _ in range(2)]
    codes = sorted(process.wait(60) for process in both)
    assert codes == [0, 8]
    assert calm.run("status").code == 0
