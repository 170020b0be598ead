"""Somebody removes or replaces what a running stack needs: it is put back, visitors are answered, no second stack starts."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests.support.refusal import assert_refused
from tests.support.stack import APP, Stack, stack_in, until

pytestmark = pytest.mark.native

LISTEN = ("--listen", "127.0.0.1:0")
BODY = b"x" * 300_000
"""More than nginx keeps in memory: it needs its temporary folders."""
IN_RUNTIME = {
    "small ones": ("app.sock", "claim", "temporary/client_body", "SERVING/fifo", "nginx.pid"),
    "sockets": ("SERVING.sock", "control.sock", "front.sock", "SERVING/stats", "SERVING/uwsgi.ini"),
    "folders": ("temporary", "SERVING"),
    "the spare ones": (".spare",),
}
IN_HOME = {
    "small ones": ("run", "conf/nginx.conf", "log/server.log", "log/access.log", "state.json", ".gitignore"),
    "folders": ("conf", "log"),
    "all": ("",),
}
NOT_NEEDED = ("nginx.pid", ".gitignore")


@pytest.fixture(scope="module")
def long_lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One stack for all that is done to its files."""
    with stack_in(tmp_path_factory.mktemp("own") / "shop", env={"ENUF_SERVE_USER": "root"}) as running:
        running.write("app.py", APP)
        running.up("--processes", "1")
        until(lambda: runtime_of(running).joinpath(".spare").is_dir(), what="the first look at its files")
        yield running
        runtime = runtime_of(running)
        assert running.run("down").out == "stopped\n"
        assert not runtime.exists()


def runtime_of(stack: Stack) -> Path:
    return (stack.project / ".enuf/run").resolve()


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        aside = path.rename(
            path.with_name(f".{path.name}.gone")
        )  # in one step: the supervisor refills what is half empty
        shutil.rmtree(aside)
    else:
        path.unlink(missing_ok=True)


def is_whole(stack: Stack) -> bool:
    """Every visitor is answered, also one who sends much, and the status says so."""
    answers = stack.get("/").status, stack.request("POST", "/echo", BODY).status
    return answers == (200, 200) and stack.run("status").code == 0


REPLACEMENTS: dict[str, Callable[[Path], object]] = {
    "file": lambda path: path.write_text("mine"),
    "link": lambda path: path.symlink_to("/nowhere"),
    "fifo": os.mkfifo,
    "folder": lambda path: path.mkdir(),
}


def wait_for(paths: list[Path]) -> None:
    needed = [path for path in paths if path.name not in NOT_NEEDED]
    until(lambda: all(os.path.lexists(path) for path in needed), what=f"{needed} are there again")


@pytest.mark.parametrize("which", IN_RUNTIME)
def test_what_is_removed_from_the_runtime_folder_is_put_back(long_lived: Stack, which: str) -> None:
    generation = long_lived.status()["generation"]
    paths = [runtime_of(long_lived) / name.replace("SERVING", f"g{generation}") for name in IN_RUNTIME[which]]
    for path in paths:
        remove(path)
    wait_for(paths)
    until(lambda: is_whole(long_lived), what="visitors are answered")
    assert long_lived.status()["generation"] == generation
    assert_refused(long_lived.run("up", "-d", *LISTEN), 8, "runs already")


@pytest.mark.parametrize("kind", REPLACEMENTS)
def test_what_is_replaced_in_the_runtime_folder_is_put_right(long_lived: Stack, kind: str) -> None:
    serving = f"g{long_lived.status()['generation']}"
    names = ("app.sock", f"{serving}.sock", f"{serving}/fifo", "claim", "temporary/proxy", "temporary")
    paths = [runtime_of(long_lived) / name for name in names]
    before = [path.lstat().st_mode for path in paths]
    with nothing_put_back(long_lived):  # between a removal and what takes the place
        for path in paths:
            remove(path)
            REPLACEMENTS[kind](path)

    def are_as_before() -> bool:
        with contextlib.suppress(OSError):
            return [path.lstat().st_mode for path in paths] == before
        return False

    until(are_as_before, what="all as they were")
    until(lambda: is_whole(long_lived), what="visitors are answered")


@pytest.mark.parametrize("which", IN_HOME)
def test_what_is_removed_from_the_projects_folder_is_put_back(long_lived: Stack, which: str) -> None:
    def said() -> str:
        return " ".join(long_lived.status()["warnings"])

    paths = [long_lived.project / ".enuf" / name for name in IN_HOME[which]]
    for path in paths:
        remove(path)
    wait_for(paths)
    until(lambda: is_whole(long_lived), what="visitors are answered")
    if which == "folders":
        until(lambda: "were missing and have been written again" in said(), what="one warning for all")
    assert_refused(long_lived.run("up", "-d", *LISTEN), 8, "runs already")


def test_a_reload_works_after_all_that(long_lived: Stack) -> None:
    generation = long_lived.status()["generation"]
    assert long_lived.run("reload").code == 0
    assert long_lived.status()["generation"] == generation + 1
    assert is_whole(long_lived)


@contextlib.contextmanager
def nothing_put_back(stack: Stack) -> Iterator[None]:
    """Keep the supervisor from looking."""
    supervisor = psutil.Process(stack.status()["supervisor"]["pid"])
    supervisor.suspend()
    try:
        yield
    finally:
        supervisor.resume()


def test_a_second_stack_never_starts_while_the_whole_folder_is_away(long_lived: Stack) -> None:
    runtime = runtime_of(long_lived)
    with nothing_put_back(long_lived):
        shutil.rmtree(runtime)
        assert_refused(long_lived.run("up", "-d", *LISTEN), 8, "runs already")
        shutil.rmtree(long_lived.project / ".enuf")
        assert_refused(long_lived.run("up", "-d", *LISTEN), 8, "runs already")
    until(lambda: is_whole(long_lived), what="new sockets in a new folder")
    assert runtime.is_dir()


def test_a_request_in_hand_is_finished_though_the_whole_folder_goes(long_lived: Stack) -> None:
    generation = long_lived.status()["generation"]
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(long_lived.get, "/held/flight")
        until(lambda: long_lived.status()["server"]["busy"] == 1, what="the app has it")
        with nothing_put_back(long_lived):
            shutil.rmtree(runtime_of(long_lived))
            long_lived.let_go("flight")
        assert slow.result().status == 200
    until(lambda: is_whole(long_lived), what="new sockets in a new folder")
    assert long_lived.status()["generation"] == generation + 1


def test_the_last_lines_of_a_deleted_log_are_in_the_new_one(long_lived: Stack) -> None:
    log = long_lived.project / ".enuf/log"
    long_lived.write(
        "app.py",
        APP + '\n@app.get("/say/<word>")\ndef say(word):\n    print(word, flush=True)\n    return word\n',
    )
    assert long_lived.run("reload").code == 0
    (log / "server.log").unlink()
    assert long_lived.get("/say/kept").status == 200
    until(lambda: (log / "server.log").exists() and "kept\n" in long_lived.log("server.log"), what="the line")


def test_without_a_log_folder_a_dead_server_comes_back_and_a_reload_is_taken(long_lived: Stack) -> None:
    log = long_lived.project / ".enuf/log"
    remove(log)
    log.write_text("something else")
    found = long_lived.status()
    for unit in ("server", "front"):
        os.kill(found[unit]["pid"], signal.SIGKILL)
    until(
        lambda: (
            is_whole(long_lived) and long_lived.status()["front"]["pid"] not in (None, found["front"]["pid"])
        )
    )
    warnings = long_lived.status()["warnings"]
    assert any("nginx cannot write its log" in text for text in warnings), warnings
    assert any("uwsgi cannot write its log" in text for text in warnings), warnings
    assert long_lived.run("reload").code == 0
    log.unlink()
    until((log / "access.log").exists)
    until(lambda: long_lived.get("/seen").status == 404 and "GET /seen" in long_lived.log("access.log"))
    assert long_lived.run("reload").code == 0
    until(lambda: not any("cannot write its log" in text for text in long_lived.status()["warnings"]))


def test_a_frozen_front_is_no_serving_stack(long_lived: Stack) -> None:
    front = psutil.Process(long_lived.status()["front"]["pid"])
    all_of_it = [front, *front.children()]
    for process in all_of_it:
        process.suspend()
    try:
        done = long_lived.run("status", "--json")
        assert done.code == 1, done
        assert done.json["state"] == "failed"
        assert any("nginx does not answer" in text for text in done.json["problems"])
    finally:
        for process in all_of_it:
            process.resume()
    until(lambda: long_lived.run("status").code == 0)


def test_a_frozen_server_is_no_serving_stack(long_lived: Stack) -> None:
    workers = [psutil.Process(each["pid"]) for each in long_lived.status()["server"]["workers"]]
    for worker in workers:
        worker.suspend()
    try:
        done = long_lived.run("status", "--json")
        assert done.code == 1, done
        assert any("stopped by a signal" in text for text in done.json["problems"])
    finally:
        for worker in workers:
            worker.resume()
    assert long_lived.run("status").code == 0


# -- what is not a file of ours -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["fifo", "loop"])
def test_nothing_waits_for_a_fifo_in_the_place_of_a_file(calm: Stack, kind: str) -> None:
    calm.up()
    runtime = runtime_of(calm)
    assert calm.run("down").code == 0
    runtime.mkdir(mode=0o700)
    for name in ("state.json", "log/server.log", "log/enuf.log", "log/access.log", "run/claim"):
        path = calm.project / ".enuf" / name
        remove(path)
        if kind == "fifo":
            os.mkfifo(path)
        else:
            path.symlink_to(path.name)
    calm.up()
    assert calm.get("/").status == 200
    assert calm.run("logs", timeout=60).code == 0
    assert calm.run("reload", timeout=60).code == 0
    assert calm.run("down", timeout=60).out == "stopped\n"


@pytest.mark.parametrize("name", [".env", "enuf.toml", "pyproject.toml"])
def test_a_fifo_in_place_of_a_settings_file_ends_no_command_late(calm: Stack, name: str) -> None:
    os.mkfifo(calm.project / name)
    done = calm.run("up", "-d", *LISTEN, timeout=60)
    assert done.code in (0, 4), done
    assert (done.code == 0) == (name == ".env"), done


@pytest.mark.parametrize("kind", ["datagram", "seqpacket", "full queue", "only bound"])
def test_a_living_socket_is_never_taken(calm: Stack, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "taken.sock"
    kinds = {"datagram": socket.SOCK_DGRAM, "seqpacket": socket.SOCK_SEQPACKET}
    with socket.socket(socket.AF_UNIX, kinds.get(kind, socket.SOCK_STREAM)) as living:
        living.bind(str(path))
        if kind in ("full queue", "seqpacket"):
            living.listen(0)
        with contextlib.ExitStack() as waiting:
            for _ in range(4 if kind == "full queue" else 0):
                client = waiting.enter_context(socket.socket(socket.AF_UNIX))
                client.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    client.connect(str(path))
            before = path.lstat().st_ino
            assert_refused(calm.run("up", "-d", "--listen", f"unix:{path}"), 8, str(path))
            assert path.lstat().st_ino == before


def test_no_room_in_the_runtime_folder_is_said_in_two_lines(calm: Stack, open_folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    for size in ("size=4k", "size=8k", "nr_inodes=4", "nr_inodes=6", "nr_inodes=8"):
        if os.system(f"mount -t tmpfs -o {size},mode=700 tmpfs '{open_folder}'") != 0:
            pytest.skip("no file system can be mounted here")
        try:
            calm.env["XDG_RUNTIME_DIR"] = str(open_folder)
            (open_folder / "filler").write_bytes(b"x" * (4096 if "size=4k" in size else 0))
            assert_refused(calm.run("up", "-d", *LISTEN), 7)
        finally:
            os.system(f"umount '{open_folder}'")


def test_a_port_that_runs_code_for_everybody_is_warned_of_and_a_private_socket_is_not(calm: Stack) -> None:
    done = calm.up("--topology", "nginx-uwsgi-tcp", "--set", "serve.link=127.0.0.1:0")
    told = [line for line in done.err.splitlines() if "can run code as the app" in line]
    assert len(told) == 1 and told[0].startswith("warning: "), done
    assert "nginx-uwsgi'" in told[0]
    assert calm.run("down").code == 0
    assert "can run code" not in calm.up().err
