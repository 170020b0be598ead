"""What a record of a killed run proves, and what it does not: no foreign process is ever signalled because of one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from enuf.model.paths import StackPaths
from enuf.run.state import (
    Recorded,
    State,
    is_supervisor,
    read_state,
    recover_stack,
    sudden_end,
    supervisors,
    write_state,
)
from enuf.system import marks, process
from tests.support.stack import until

RUN = uuid.uuid4().hex[:16]
"""Of this worker alone: the processes of another worker are none of this run."""
Start = Callable[..., subprocess.Popen[bytes]]

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def paths(tmp_path: Path) -> StackPaths:
    for name in ("run", "log"):
        (tmp_path / name).mkdir()
    return StackPaths(project=str(tmp_path), home=str(tmp_path), runtime=str(tmp_path / "run"))


@pytest.fixture
def start() -> Iterator[Start]:
    """Start `sleep` in a session of its own, with the mark of the recorded run or without."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*words: str, mark: str = "", **options: object) -> subprocess.Popen[bytes]:
        env = {"PATH": os.environ["PATH"], **({marks.VARIABLE: f"{RUN}:{mark}"} if mark else {})}
        child: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]
            words or ("sleep", "60"), start_new_session=True, env=env, **options
        )
        started.append(child)
        return child

    yield begin
    for child in started:
        child.kill()
        child.wait()


def recorded(
    child: subprocess.Popen[bytes], key: str = "g1", holds: tuple[marks.FileIdentity, ...] = ()
) -> Recorded:
    return Recorded(key, child.pid, process.start_mark(child.pid) or "", holds)


def state_of(*units: Recorded, **changes: object) -> State:
    """The record of a run whose supervisor is gone."""
    fixed = {
        "supervisor": Recorded("supervisor", 2**22, "1"),
        "boot": marks.boot_id(),
        "run": RUN,
        "uid": os.geteuid(),
    }
    return State(units=units, **{**fixed, **changes})  # type: ignore[arg-type]


def left_in_session_of_a_dead_leader(start: Start, mark: str = "") -> tuple[int, int]:
    """A process whose session leader has gone, as every daemon that forked twice: its pid, and its session's number."""
    shell = start("sh", "-c", "sleep 60 & echo $!", mark=mark, stdout=subprocess.PIPE)
    assert shell.stdout is not None
    with shell.stdout:
        pid = int(shell.stdout.readline())
    shell.wait()
    return pid, shell.pid


def is_alive(pid: int) -> bool:
    return process.start_mark(pid) is not None


def test_a_unit_that_carries_the_mark_of_the_run_is_ended(paths: StackPaths, start: Start) -> None:
    left = start(mark="g1.1")
    write_state(paths, state_of(recorded(left)))
    assert recover_stack(paths) == 1
    assert left.wait(60) == -signal.SIGKILL
    assert not Path(paths.state).exists()


@needs_proc
def test_a_unit_that_overwrote_its_environment_is_known_by_the_socket_that_it_holds(
    paths: StackPaths, start: Start
) -> None:
    with socket.socket(socket.AF_UNIX) as lent:
        lent.bind(str(Path(paths.runtime) / "front.sock"))
        left = start(pass_fds=(lent.fileno(),))
        write_state(paths, state_of(recorded(left, holds=marks.held_by([lent.fileno()]))))
    assert recover_stack(paths) == 1
    assert left.wait(60) == -signal.SIGKILL


@needs_proc
def test_a_process_with_pid_and_start_time_but_nothing_of_ours_is_left_alone(
    paths: StackPaths, start: Start
) -> None:
    stranger = start()
    write_state(paths, state_of(recorded(stranger)))
    assert recover_stack(paths) == 0
    assert stranger.poll() is None


def test_a_later_process_with_the_recorded_pid_is_left_alone(paths: StackPaths, start: Start) -> None:
    stranger = start()
    write_state(paths, state_of(Recorded("front", stranger.pid, "12345")))
    assert recover_stack(paths) == 0
    assert stranger.poll() is None


def test_a_record_of_another_boot_proves_nothing(paths: StackPaths, start: Start) -> None:
    marked = start(mark="g1.1")
    write_state(paths, state_of(recorded(marked), boot="an earlier one"))
    assert recover_stack(paths) == 0
    assert marked.poll() is None
    assert not Path(paths.state).exists(), "a record that can prove nothing any more is dropped"


def test_a_foreign_session_with_the_recorded_number_is_left_alone(paths: StackPaths, start: Start) -> None:
    daemon, session = left_in_session_of_a_dead_leader(start)
    write_state(paths, state_of(Recorded("g1", session, "12345")))
    assert recover_stack(paths) == 0
    assert is_alive(daemon)
    os.kill(daemon, signal.SIGKILL)


def test_our_own_orphans_are_ended_although_their_leader_has_gone(paths: StackPaths, start: Start) -> None:
    orphan, session = left_in_session_of_a_dead_leader(start, mark="g1.1")
    write_state(paths, state_of(Recorded("g1", session, "12345")))
    assert recover_stack(paths) == 1
    assert not is_alive(orphan)


def test_what_the_app_started_in_a_session_of_its_own_is_ended_too(paths: StackPaths, start: Start) -> None:
    helper = start(mark="g1.1")
    write_state(paths, state_of())
    assert recover_stack(paths) == 1
    assert helper.wait(60) == -signal.SIGKILL


def test_the_command_that_recovers_is_spared_although_the_killed_stack_had_started_it(
    paths: StackPaths,
) -> None:
    """`enuf up` typed into a shell that the app had opened carries the app's mark."""
    write_state(paths, state_of())
    code = (
        "import sys; from enuf.model.paths import StackPaths; from enuf.run.state import recover_stack; p = sys.argv[1];"
        "print(recover_stack(StackPaths(project=p, home=p, runtime=p + '/run')))"
    )
    env = {**os.environ, marks.VARIABLE: f"{RUN}:g1.1"}
    done = subprocess.run(
        ["sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-c", code, paths.home],
        env=env, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "0\n"), done


def json_of_huge(record: dict[str, object], pid: int) -> str:
    """JSON knows no limit for numbers, unlike those who write it here."""
    return repr(record).replace("'", '"').replace(repr(pid), "1" + "0" * 4000)


@pytest.mark.parametrize("pid", [0, 1, -1, -2, 2**31, 2**63, 10**400, "self", "parent"])
def test_a_hostile_record_ends_nothing(paths: StackPaths, start: Start, pid: int | str) -> None:
    named = {"self": os.getpid(), "parent": os.getppid()}.get(str(pid), pid)
    begun = process.start_mark(int(named)) if isinstance(pid, str) else "1"
    unit = {"key": "g1", "pid": named, "mark": begun}
    record = {
        "schema": 2,
        "boot": marks.boot_id(),
        "run": RUN,
        "uid": os.geteuid(),
        "supervisor": unit,
        "units": [unit],
    }
    text = (
        msgspec.json.encode(record).decode() if abs(int(named)) < 2**63 else json_of_huge(record, int(named))
    )
    Path(paths.state).write_text(text)
    assert recover_stack(paths) == 0
    assert not Path(paths.state).exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a file to somebody else")
def test_a_record_counts_only_for_the_processes_of_the_user_who_wrote_it(
    paths: StackPaths, start: Start
) -> None:
    ours = start(mark="g1.1")
    write_state(paths, state_of(recorded(ours)))
    os.chown(paths.state, 65534, 65534)
    assert read_state(paths) is None
    assert recover_stack(paths) == 0
    write_state(paths, state_of(recorded(ours), uid=65534))
    os.chown(paths.state, 65534, 65534)
    assert recover_stack(paths) == 0
    assert ours.poll() is None


def test_what_is_no_plain_file_is_no_record_and_nobody_waits_for_it(paths: StackPaths) -> None:
    os.mkfifo(paths.state)
    assert read_state(paths) is None
    os.unlink(paths.state)  # noqa: PTH108
    Path(paths.state).mkdir()
    assert read_state(paths) is None
    Path(paths.state).rmdir()
    Path(paths.state).symlink_to("/dev/zero")
    assert read_state(paths) is None


def test_a_supervisor_is_proven_by_the_lock_that_it_holds_open(paths: StackPaths, start: Start) -> None:
    lock = os.open(paths.runtime, os.O_RDONLY)
    holder = start(pass_fds=(lock,))
    os.close(lock)
    other = start()
    for child, proven in ((holder, True), (other, sys.platform != "linux")):
        state = replace(state_of(), supervisor=recorded(child, "supervisor"))
        assert is_supervisor(paths, state)(child.pid) is proven
        assert not is_supervisor(paths, replace(state, boot="an earlier one"))(child.pid)


@needs_proc
def test_a_supervisor_that_has_just_been_forked_and_has_no_record_yet_is_known_by_its_parents(
    paths: StackPaths, start: Start
) -> None:
    """`enuf up -d`: the recorded process has given the lock to its child, which is suspended before it records itself."""
    parent = start("sh", "-c", 'sleep 60 9<"$1" & echo $!; wait', "sh", paths.runtime, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    with parent.stdout:
        child = int(parent.stdout.readline())
    try:
        state = replace(state_of(), supervisor=recorded(parent, "supervisor"))
        until(lambda: supervisors(paths, state) == [child])
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_run_that_ended_without_being_asked_to_is_told_and_logged(paths: StackPaths) -> None:
    state = state_of(started_at=time.time() - 60)
    write_state(paths, state)
    told = sudden_end(paths, state)
    assert told.startswith(f"the last stack (pid {2**22}, since ")
    assert "ended without being asked to, between " in told and "OOM" in told
    assert "started anew" in sudden_end(paths, replace(state, boot="an earlier one"))
    recover_stack(paths)
    assert "ended without being asked to" in (Path(paths.log) / "enuf.log").read_text()


def test_the_log_says_nothing_about_an_end_that_was_asked_for(paths: StackPaths) -> None:
    write_state(paths, state_of())
    recover_stack(paths, expected=True)
    assert not (Path(paths.log) / "enuf.log").exists()
