"""The supervisor's pieces, each by itself."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from enuf.errors import Conflict, SettingsInvalid
from enuf.model.address import TcpAddress, UnixAddress
from enuf.model.paths import StackPaths
from enuf.model.process import Lend, ProcessSpec, ReadyFile
from enuf.run.care.hung import ids_of_ended, python_stack
from enuf.run.care.rotation import bring_back, move_content, shift
from enuf.run.process.environment import process_environment
from enuf.run.process.listeners import SLOTS, Listeners
from enuf.run.process.slots import SocketSlots
from enuf.run.process.unit_files import log_excerpt
from enuf.run.reload.refusals import cure_of
from enuf.run.state import read_state, recover_stack
from enuf.servers.lent import lends
from enuf.system import files, sockets
from enuf.system.process import describe_exit
from enuf.system.steering import CAN_STEER
from tests.support.stack import until


def spec(**changes: object) -> ProcessSpec:
    fixed = {
        "name": "server", "argv": ("true",), "directory": "/", "log": "/dev/null",
        "readiness": ReadyFile("/nowhere"), "ready_within_s": 1.0, "stop": (),
    }  # fmt: skip
    return ProcessSpec(**{**fixed, **changes})  # type: ignore[arg-type]


def test_lent_descriptors_are_told_in_the_servers_own_spelling() -> None:
    nginx = spec(
        lends=tuple(Lend(address=UnixAddress(path), variable="NGINX", each="{fd};") for path in ("/a", "/b"))
    )
    assert process_environment(nginx, {}, (), (3, 7))["NGINX"] == "3;7;"


def test_each_lent_descriptor_has_the_name_that_its_server_looks_for() -> None:
    both = lends(TcpAddress("127.0.0.1", 80), UnixAddress("/own"))
    seen = process_environment(spec(lends=both), {}, (), (3, 7))
    assert (seen["ENUF_LISTEN_FD"], seen["ENUF_APP_FD"]) == ("3", "7")


def test_a_server_never_sees_the_descriptors_of_somebody_else() -> None:
    seen = process_environment(
        spec(forget=("UWSGI_",)), {"NGINX": "9;", "LISTEN_FDS": "1", "UWSGI_HTTP": ":80", "KEEP": "1"}, ()
    )
    assert "KEEP" in seen and not {"NGINX", "LISTEN_FDS", "UWSGI_HTTP"} & set(seen)


def test_a_file_may_give_the_app_another_home(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("HOME=/srv/shop\nUSER=shop\n")
    seen = process_environment(
        spec(reads_env_files=True),
        {"HOME": "/var/www", "USER": "www-data", "LOGNAME": "www-data"},
        (str(file),),
    )
    assert (seen["HOME"], seen["USER"], seen["LOGNAME"]) == ("/srv/shop", "shop", "www-data")


def test_a_real_variable_wins_over_one_from_a_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text('COLOUR="red"\nNAME=한글\n')
    seen = process_environment(spec(reads_env_files=True), {"COLOUR": "blue"}, [str(tmp_path / ".env")])
    assert (seen["COLOUR"], seen["NAME"]) == ("blue", "한글")


def test_a_socket_of_the_service_manager_is_lent_and_outlives_us() -> None:
    folder = tempfile.mkdtemp(dir="/tmp")
    address = UnixAddress(f"{folder}/1.sock")
    with contextlib.closing(sockets.listen(address, 4)) as systemds:
        listeners = Listeners()
        listeners.take_over(address, systemds.dup())
        assert listeners.open(address) == address and listeners.waiting(address, 0) == 0
        with socket.socket(socket.AF_UNIX) as visitor:
            visitor.connect(address.path)
            assert listeners.waiting(address, 0) == 1
            listeners.close_all()
            assert sockets.accepts(address.path)
    shutil.rmtree(folder)


EXEC = "import sys; os.execv(sys.executable, [sys.executable, '-c', *sys.argv[1:]])"
HANDED_OVER = """
import os, sys
from enuf.system.handed_over import handed_over_sockets
os.environ["LISTEN_PID"] = str(os.getpid() + int(sys.argv[1]))
found = handed_over_sockets(os.environ)
print(*found, *(os.get_inheritable(each.fileno()) for each in found.values()))
"""


@pytest.mark.parametrize("off_by", [0, 1])
def test_sockets_that_were_handed_over_are_known_by_their_path_if_they_are_for_this_process(
    off_by: int,
) -> None:
    folder = tempfile.mkdtemp(dir="/tmp")
    path = f"{folder}/1.sock"
    with contextlib.closing(sockets.listen(UnixAddress(path), 4)) as listener:
        number = listener.fileno()
        done = subprocess.run(
            [sys.executable, "-c", f"import os; os.dup2({number}, 3); {EXEC}", HANDED_OVER, str(off_by)],
            env={**os.environ, "LISTEN_FDS": "1"}, pass_fds=[number], capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
    shutil.rmtree(folder)
    assert done.stdout.split() == ([] if off_by else [path, "False"])


@pytest.mark.skipif(not CAN_STEER, reason="this system cannot steer connections")
def test_of_the_sockets_of_a_shared_address_only_the_one_that_was_named_gets_connections() -> None:
    listeners = Listeners()
    address = listeners.open(TcpAddress("127.0.0.1", 0), shared=True)
    assert isinstance(address, TcpAddress)
    clients, expected = [], [0] * SLOTS
    for slot in (None, 2, 0, 3, 1):  # nobody is named at first: that means 0
        if slot is not None:
            listeners.steer(address, slot)
        clients += [socket.create_connection((address.host, address.port)) for _ in range(20)]
        expected[slot or 0] += 20
        assert [listeners.waiting(address, each) for each in range(SLOTS)] == expected
    listeners.reject_pending(address, 2)
    assert [listeners.waiting(address, each) for each in range(SLOTS)] == [40, 20, 0, 20]
    for client in clients:
        client.close()
    listeners.close_all()


def test_every_generation_has_a_seat_of_its_own_until_it_is_gone() -> None:
    slots = SocketSlots()
    assert [slots.of(key) for key in ("g1", "g2", "g1", "g3")] == [0, 1, 0, 2]
    slots.leave("g2")  # it was refused
    assert [slots.of(key) for key in ("g4", "g3", "g1")] == [1, 2, 0]


def test_a_shared_address_is_as_taken_as_any_other() -> None:
    listeners = Listeners()
    address = listeners.open(TcpAddress("127.0.0.1", 0), shared=True)
    for shared in (True, False):
        with pytest.raises(Conflict, match="already in use"):
            Listeners().open(address, shared=shared)
    listeners.close_all()


def test_what_a_server_must_not_see_is_not_seen_from_a_file_either(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "FLASK_DEBUG=1\nNGINX=9;\nCOLOUR=red\nENUF_TLS_EAB_KEY=a\nENUF_ALERT_WEBHOOK=https://hooks.example/a\n"
    )
    seen = process_environment(
        spec(reads_env_files=True, forget=("FLASK_DEBUG",)), {}, [str(tmp_path / ".env")]
    )
    assert seen["COLOUR"] == "red" and not {
        "FLASK_DEBUG",
        "NGINX",
        "ENUF_TLS_EAB_KEY",
        "ENUF_ALERT_WEBHOOK",
    } & set(seen)


@pytest.mark.parametrize(
    ("inherited", "seen"), [({"PYTHONPATH": "/libs:/more"}, "/app:/libs:/more"), ({}, "/app")]
)
def test_the_folders_of_pythonpath_are_added_to_and_not_replaced(
    inherited: dict[str, str], seen: str
) -> None:
    server = spec(environment={"PYTHONPATH": "/app"})
    assert process_environment(server, inherited, ())["PYTHONPATH"] == seen


def test_what_flaskenv_says_to_the_development_server_is_not_said_to_another_one(tmp_path: Path) -> None:
    (tmp_path / ".flaskenv").write_text("FLASK_DEBUG=1\nFLASK_RUN_PORT=5001\nMODE=demo\nBOTH=flaskenv\n")
    (tmp_path / ".env").write_text("BOTH=env\n")
    files = [str(tmp_path / name) for name in (".flaskenv", ".env")]
    seen = process_environment(spec(reads_env_files=True), {}, files)
    assert (seen["MODE"], seen["BOTH"]) == ("demo", "env")
    assert not {"FLASK_DEBUG", "FLASK_RUN_PORT"} & set(seen)


def test_a_taken_port_names_its_holder() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Conflict, match=rf"127\.0\.0\.1:{port} is already in use by .*pid {os.getpid()}"):
            Listeners().open(TcpAddress("127.0.0.1", port))


def test_the_port_that_is_offered_instead_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, contextlib.ExitStack() as next_door:
        port = taken.getsockname()[1]
        with contextlib.suppress(OSError, OverflowError):  # somebody has it already
            next_door.enter_context(socket.create_server(("127.0.0.1", port + 1)))
        with pytest.raises(Conflict) as refused:
            Listeners().open(TcpAddress("127.0.0.1", port))
        offered = re.search(r"--listen 127\.0\.0\.1:(\d+)", refused.value.hint)
        assert offered and int(offered[1]) not in (port, port + 1)


def test_a_unix_socket_in_a_folder_that_is_missing_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="there is no folder") as refused:
        Listeners().open(UnixAddress(f"{tmp_path}/a b/front.sock"))
    assert refused.value.hint == f"mkdir -p '{tmp_path}/a b'"


def test_a_dead_socket_is_replaced_and_a_living_one_is_not(tmp_path: Path) -> None:
    address = UnixAddress(str(tmp_path / "a.sock"))
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(address.path)
    dead.close()
    first = Listeners()
    assert first.open(address) == address
    assert oct(Path(address.path).stat().st_mode)[-3:] == "600"
    with pytest.raises(Conflict):
        Listeners().open(address)
    first.close_all()
    assert not Path(address.path).exists()


def test_a_file_in_the_place_of_a_socket_is_never_removed(tmp_path: Path) -> None:
    precious = tmp_path / "app.py"
    precious.write_text("precious")
    with pytest.raises(Conflict):
        Listeners().open(UnixAddress(str(precious)))
    assert precious.read_text() == "precious"


def test_a_lent_socket_does_not_block_or_a_worker_of_nginx_would_sleep_in_accept(tmp_path: Path) -> None:
    listeners = Listeners()
    for address in (TcpAddress("127.0.0.1", 0), UnixAddress(str(tmp_path / "a.sock"))):
        assert os.get_blocking(listeners.descriptor(listeners.open(address))) is False
    listeners.close_all()


def test_port_zero_is_any_free_port() -> None:
    listeners = Listeners()
    bound = listeners.open(TcpAddress("127.0.0.1", 0))
    assert isinstance(bound, TcpAddress) and bound.port > 0
    listeners.close_all()


WRITER = """
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
os.dup2(fd, 1)
for number in range(int(sys.argv[2])):
    os.write(1, b"%06d\\n" % number)
os.write(1, b"end\\n")
sys.stdin.read()
"""


def test_a_log_is_moved_aside_while_it_is_written_and_no_line_is_lost(tmp_path: Path) -> None:
    log, aside = tmp_path / "server.log", tmp_path / "server.log.1"
    log.touch()
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(log), "60000"], start_new_session=True, stdin=subprocess.PIPE
    )
    try:
        until(lambda: files.size_of(log) > 5000)
        log.chmod(0o640)
        move_content(log, aside, [writer.pid])
        until(lambda: "end\n" in log.read_text())
        lines = (aside.read_text() + log.read_text()).split()
        assert lines == [f"{number:06d}" for number in range(60000)] + ["end"]
        assert stat.S_IMODE(aside.stat().st_mode) == stat.S_IMODE(log.stat().st_mode) == 0o640
    finally:
        writer.kill()
        writer.communicate()


def test_a_log_that_was_renamed_under_its_writer_is_written_at_its_name_again(tmp_path: Path) -> None:
    log, old = tmp_path / "server.log", tmp_path / "server.log.1"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(log), "10"], start_new_session=True, stdin=subprocess.PIPE
    )
    try:
        until(lambda: log.exists() and "end" in log.read_text())
        log.rename(old)
        bring_back(log, [writer.pid])
        assert old.read_text().endswith("end\n")
        assert log.read_text() == ""
        assert log.stat().st_ino == Path(f"/proc/{writer.pid}/fd/1").stat().st_ino
    finally:
        writer.kill()
        writer.communicate()


def test_old_logs_move_up_and_the_oldest_goes(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    for number in (1, 2, 3):
        Path(f"{log}.{number}").write_text(str(number))
    shift(log, 3)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.log.2": "1", "a.log.3": "2"}


def paths_in(folder: Path) -> StackPaths:
    (folder / "run").mkdir()
    return StackPaths(project=str(folder), home=str(folder), runtime=str(folder / "run"))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "x"}', "\x00" * 10])
def test_a_state_file_that_cannot_be_understood_is_no_state(tmp_path: Path, text: str) -> None:
    paths = paths_in(tmp_path)
    Path(paths.state).write_text(text)
    assert read_state(paths) is None
    assert recover_stack(paths) == 0


def test_the_excerpt_of_a_log_begins_at_its_last_traceback(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text(
        "old\nTraceback (most recent call last):\n  old\nValueError\nTraceback (most recent call last):\n  new\nKeyError: 1\n"
    )
    assert log_excerpt(log, 0) == "\nTraceback (most recent call last):\n  new\nKeyError: 1"
    assert log_excerpt(log, files.size_of(log)) == ""


def test_the_stack_of_a_hung_request_ends_where_the_servers_own_lines_begin() -> None:
    lines = [
        "[t] - HARAKIRI",
        "Fatal Python error: Aborted",
        "",
        "Thread 0x1:",
        '  File "app.py", line 9 in slow',
        "",
        "Extension modules: x",
        "more",
    ]
    assert python_stack(lines) == ["Thread 0x1:", '  File "app.py", line 9 in slow']
    assert python_stack(["nothing here"]) == []


@pytest.mark.parametrize("end", ["\u2028", "\\x22", "\x85"])
def test_a_hung_request_has_the_id_that_the_front_logged_whatever_its_client_sent(end: str) -> None:
    first, second, other = ("a" * 32, "b" * 32, "c" * 32)
    lines = [
        access_line("/slow?a=1", 502, first, end),
        access_line("/slow?a=1", 200, other, end),
        access_line("/slow?a=12", 502, other, end),
        access_line("/slow?a=1", 504, second, end),
    ]
    assert ids_of_ended(lines, "GET /slow?a=1", 2) == [first, second]
    assert ids_of_ended(lines, "GET /slow?a=1", 1) == [second]
    assert ids_of_ended(["no line of the log", ""], "GET /slow?a=1", 1) == []


def access_line(uri: str, status: int, request_id: str, agent: str) -> str:
    return (
        f'127.0.0.1 [2026-03-01T10:00:05+00:00] "GET {uri} HTTP/1.1" {status} 3 time=4.2 connect=0.000 header=- '
        f'app=4.2 passed=1.0 taken=- id={request_id} host="a" ref="-" ua="{agent}"'
    )


def test_a_whole_file_replaces_another_or_leaves_it(tmp_path: Path) -> None:
    target = tmp_path / "a.conf"
    files.write_whole(target, "one")
    with pytest.raises(UnicodeEncodeError):
        files.write_whole(target, "two \ud800")
    assert target.read_text() == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["a.conf"]


def test_a_private_folder_that_another_user_prepared_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "trap").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError):
        files.private_folder(tmp_path / "trap")
    files.private_folder(tmp_path / "mine")
    assert oct((tmp_path / "mine").stat().st_mode)[-3:] == "700"


def test_a_lock_on_a_folder_is_held_by_one_process_and_seen_by_others(tmp_path: Path) -> None:
    assert not files.is_locked_folder(tmp_path)
    held = files.lock_folder(tmp_path)
    assert held is not None
    assert files.is_locked_folder(tmp_path)
    assert files.lock_folder(tmp_path) is None
    os.close(held)
    assert not files.is_locked_folder(tmp_path)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (9, "was killed by SIGKILL"),
        (34, "was killed by SIGRTMIN"),
        (40, "was killed by signal 40"),
        (64, "was killed by SIGRTMAX"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="real-time signals")
def test_an_end_by_any_signal_has_words(number: int, words: str) -> None:
    assert describe_exit(number) == words


@pytest.mark.parametrize(
    ("summary", "words", "cure"),
    [
        (
            "GET /ok answered 400 to a visitor of the host 127.0.0.1:8000",
            "",
            "name one of its hosts in serve.hosts",
        ),
        ("GET /ok answered 500", "", ""),
        (
            "flask exited with status 2",
            "a.py: error: unrecognized arguments: --app",
            "the app reads sys.argv",
        ),
        ("uwsgi exited with status 22", "Exception: you have to enable the uWSGI spooler", "raw.uwsgi = {"),
        ("uwsgi exited with status 22", "Exception: another", ""),
    ],
)
def test_a_refusal_names_the_cure_where_the_servers_words_tell(summary: str, words: str, cure: str) -> None:
    found = cure_of(summary, words)
    assert cure in found and bool(cure) == bool(found)
