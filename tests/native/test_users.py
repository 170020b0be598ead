"""As root: who runs the servers, what is checked before, and what is never done as root."""

from __future__ import annotations

import contextlib
import functools
import grp
import os
import pwd
import random
import re
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from enuf.discover.run_user import UserSetting, find_run_user
from enuf.errors import SettingsInvalid
from tests.support.builds import nginx_program
from tests.support.mounts import read_only
from tests.support.open_python import as_number, make_open_python
from tests.support.refusal import assert_refused
from tests.support.stack import APP, ENUF, Stack, has_ended, stack_in, stopped_at_the_end, until

pytestmark = [pytest.mark.native, pytest.mark.root]

ALICE, MALLORY = 61001, 61002
CAROL = 61100 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
"""A user of these tests alone: her place below /tmp is taken away from her."""
LISTEN = ("--listen", "127.0.0.1:0")
NOTING = f"""{APP}
with open(os.path.join(os.path.dirname(__file__), "imported-by"), "a") as file:
    print(os.geteuid(), file=file)
"""
TELLING = f"""{APP}
@app.get("/who")
def who():
    known = {{name: os.environ.get(name) for name in ("HOME", "USER")}}
    return {{"uid": os.getresuid(), "gid": os.getresgid(), "groups": os.getgroups(), **known}}
"""


@pytest.fixture
def shop(open_python: str, open_folder: Path) -> Iterator[Stack]:
    """A project of root's that everybody may read, and an enuf that everybody may run, started by root."""
    with stack_in(open_folder / "shop", enuf=(open_python, "-m", "enuf")) as running:
        running.write("app.py", APP)
        yield running


def give_to(stack: Stack, uid: int) -> None:
    for path in (stack.project, *stack.project.rglob("*")):
        os.chown(path, uid, uid, follow_symlinks=False)


def owner_and_mode(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)


def as_user(stack: Stack, uid: int) -> Stack:
    """The same project in the hands of another user."""
    other = Stack(stack.project, enuf=(*as_number(uid), *stack.enuf))
    other.mark, other.env = stack.mark, stack.env
    return other


def assert_all_run_as(stack: Stack, uid: int, gid: int, groups: list[int]) -> None:
    """Supervisor, nginx and uWSGI with all their workers; with no capability and no way back."""
    found = stack.status()
    supervisor = psutil.Process(found["supervisor"]["pid"])
    processes = [supervisor, *supervisor.children(recursive=True)]
    assert {found["front"]["pid"], found["server"]["pid"]} <= {process.pid for process in processes}
    assert len(processes) >= 6
    for process in processes:
        assert set(process.uids()) == {uid}, process
        assert set(process.gids()) == {gid}, process
        text = Path(f"/proc/{process.pid}/status").read_text()
        lines = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
        if uid != 0:
            assert sorted(map(int, lines["Groups"].split())) == sorted(groups), process
            assert {int(lines[name], 16) for name in ("CapEff", "CapPrm", "CapAmb")} == {0}, process


def assert_private(stack: Stack, uid: int) -> None:
    """Every socket and fifo is 0600 in a folder that is 0700 all the way up to the shared one."""
    runtime = (stack.project / ".enuf/run").resolve()
    sockets = [path for path in runtime.rglob("*") if path.is_socket() or path.is_fifo()]
    assert len(sockets) >= 4
    for path in sockets:
        assert (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode) & 0o077) == (uid, 0), path
    for folder in {runtime, runtime.parent, *(path for path in runtime.rglob("*") if path.is_dir())}:
        assert folder.stat().st_uid == uid, folder
    for folder in (runtime, runtime.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder


# -- who runs it --------------------------------------------------------------------------------------------------


def test_the_owner_of_the_project_folder_runs_everything_and_no_privilege_is_kept(shop: Stack) -> None:
    give_to(shop, ALICE)
    done = shop.up()
    assert done.err == ""
    assert shop.get("/").text == "version 1\n"
    assert_all_run_as(shop, ALICE, ALICE, [ALICE])
    assert_private(shop, ALICE)
    for path in (shop.project / ".enuf").rglob("*"):
        assert path.lstat().st_uid == ALICE, path


def test_www_data_runs_a_project_of_roots(shop: Stack) -> None:
    for words in (("config",), ("plan",), ("up", "-d", *LISTEN)):
        assert "www-data" in shop.run(*words).out, words  # before anything goes wrong
    www = pwd.getpwnam("www-data")
    groups = os.getgrouplist("www-data", www.pw_gid)
    assert_all_run_as(shop, www.pw_uid, www.pw_gid, groups)
    assert_private(shop, www.pw_uid)
    assert (shop.project / ".enuf").stat().st_uid == www.pw_uid
    assert shop.project.stat().st_uid == 0


def test_the_apps_environment_is_that_of_the_user(shop: Stack) -> None:
    shop.write("app.py", TELLING)
    shop.up()
    who = shop.get("/who").json
    www = pwd.getpwnam("www-data")
    assert who["uid"] == [www.pw_uid] * 3
    assert who["gid"] == [www.pw_gid] * 3
    assert (who["HOME"], who["USER"]) == (www.pw_dir, "www-data")


def test_a_named_user_runs_it(shop: Stack) -> None:
    nobody = pwd.getpwnam("nobody")
    shop.up("--set", "serve.user=nobody")
    assert_all_run_as(shop, nobody.pw_uid, nobody.pw_gid, os.getgrouplist("nobody", nobody.pw_gid))


def test_a_user_without_a_name_can_be_given_by_number(shop: Stack) -> None:
    give_to(shop, ALICE)
    done = shop.run("up", "-d", *LISTEN, "--set", f"serve.user={MALLORY}")
    assert_refused(done, 4, f"there is no user '{MALLORY}'")
    shop.up("--set", f"serve.user={pwd.getpwnam('nobody').pw_uid}")
    assert {process.username() for process in shop.processes()} == {"nobody"}


def test_an_unknown_user_is_refused(shop: Stack) -> None:
    assert_refused(
        shop.run("up", "-d", *LISTEN, "--set", "serve.user=nobody-at-all"), 4, "no user", "adduser"
    )


def test_a_foreground_stack_drops_its_privileges_too(shop: Stack) -> None:
    give_to(shop, ALICE)
    running = shop.start("up", *LISTEN)
    assert shop.run("status", "--wait", "30s").code == 0
    assert psutil.Process(running.pid).uids().real == ALICE
    assert_all_run_as(shop, ALICE, ALICE, [ALICE])
    running.terminate()
    assert running.wait(60) == 0


def test_it_stays_that_user_across_reloads_and_restarts(shop: Stack) -> None:
    give_to(shop, ALICE)
    shop.up()
    assert shop.run("reload").code == 0
    assert_all_run_as(shop, ALICE, ALICE, [ALICE])
    done = shop.run("restart", *LISTEN, "--json")
    shop.port = int(done.json["url"].rpartition(":")[2])
    assert_all_run_as(shop, ALICE, ALICE, [ALICE])


def test_the_system_servers_run_as_that_user_too(shop: Stack) -> None:
    nginx_program("system")
    give_to(shop, ALICE)
    shop.up("--nginx", "system")
    assert_all_run_as(shop, ALICE, ALICE, [ALICE])


# -- who cannot read it -------------------------------------------------------------------------------------------


@pytest.fixture
def closed(open_folder: Path) -> Iterator[Stack]:
    """As `shop`, but its Python lies in a folder of root's that nobody else may enter, as below /root."""
    folder = open_folder / "closed" / "python"
    folder.mkdir(parents=True)
    python = make_open_python(folder)
    (open_folder / "closed").chmod(0o700)
    with stack_in(open_folder / "shop", enuf=(python, "-m", "enuf")) as running:
        running.write("app.py", APP)
        yield running


def test_where_the_user_cannot_read_the_python_it_stays_root_serves_and_says_so_in_one_line(
    closed: Stack,
) -> None:
    done = closed.up()
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith("warning: ")
    assert f"www-data may not read {closed.project.parent}/closed" in done.err
    assert "/opt" in done.err and 'serve.user = "root"' in done.err
    assert done.json["warnings"] == [done.err.strip().removeprefix("warning: ")]
    assert closed.get("/").text == "version 1\n"
    assert_all_run_as(closed, 0, 0, os.getgroups())
    assert_private(closed, 0)


def test_a_python_below_root_is_named_as_what_is_in_the_way(open_folder: Path) -> None:
    """It can import nothing as that user, neither what enuf needs to look on."""
    library = Path(os.path.realpath(os.__file__))
    obstacle = next((path for path in reversed(library.parents) if not path.stat().st_mode & 0o001), None)
    with stack_in(open_folder / "shop") as stack:
        stack.write("app.py", APP)
        for topology in ("nginx-uwsgi", "gunicorn"):
            done = stack.run("plan", "--json", "--topology", topology)
            # Where everybody may read the Python that runs the tests, nothing is in the way.
            assert (f"www-data may not read {obstacle};" in done.err) == (obstacle is not None), done
            assert ("make enuf's virtualenv below /opt" in done.err) == (obstacle is not None), done
            assert "CAP_SETUID" not in done.err


def test_nothing_is_imported_before_the_library_of_that_python_was_looked_at() -> None:
    program = """
import os, sys
from pathlib import Path
from enuf.model.app import AppRef
from enuf.start.invocation import Invocation
from enuf.start.pipeline import required_paths
from enuf.settings.load import survey
loaded = survey(Path("/"), flags={}, environ={}, topologies=("nginx-uwsgi",)).accepted()
needed = required_paths(Invocation(project="/"), loaded, {}, AppRef(directory="/", module="app"))
known = set(sys.modules)
next(path for path in needed if path == Path(os.__file__))
sys.exit(str(set(sys.modules) - known) if set(sys.modules) - known else 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_goes_wrong_as_that_user_is_told_as_it_is(open_folder: Path) -> None:
    def needed() -> Iterator[Path]:
        yield open_folder
        raise OSError("too many of everything")

    wish = UserSetting(name="www-data", project=open_folder)
    found = find_run_user(wish, [open_folder], lambda: iter(()))
    assert found.user and found.user.name == "www-data"
    with pytest.raises(SettingsInvalid) as refused:
        find_run_user(wish, [open_folder], needed)
    assert "too many of everything" in refused.value.summary
    assert "CAP_SETUID" not in refused.value.hint


def test_user_root_silences_the_warning(closed: Stack) -> None:
    closed.write("enuf.toml", "[serve]\nuser = 'root'\n")
    done = closed.up()
    assert done.err == ""
    assert_all_run_as(closed, 0, 0, os.getgroups())


def test_a_named_user_who_cannot_read_the_python_is_refused(closed: Stack) -> None:
    done = closed.run("up", "-d", *LISTEN, "--set", "serve.user=www-data")
    assert_refused(done, 4, "www-data may not read", f"{closed.project.parent}/closed")
    assert not closed.processes()


def test_a_named_user_who_cannot_read_the_app_is_refused_with_the_command_that_helps(shop: Stack) -> None:
    (shop.project / "app.py").chmod(0o600)
    done = shop.run("up", "-d", *LISTEN, "--set", "serve.user=www-data")
    assert_refused(
        done, 4, "www-data may not read", f"chgrp 33 {shop.project}/app.py && chmod g+r {shop.project}/app.py"
    )


def test_the_cure_that_is_named_is_one(shop: Stack) -> None:
    """Secrets that only root may read: the command lets this one user read them, and nobody else."""
    secrets = shop.write(".env", "SECRET=1\n")
    secrets.chmod(0o600)
    done = shop.up()
    cure = re.search(r"; (chgrp .+? && chmod \S+ \S+),", done.err)
    assert cure, done
    assert shop.run("down").code == 0
    subprocess.run(["sh", "-c", cure[1]], check=True, timeout=60)
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o640
    shutil.rmtree(shop.project / ".enuf")  # it is root's: nothing that exists changes hands
    assert shop.up().err == ""
    assert {process.username() for process in shop.processes()} == {"www-data"}


def test_a_project_folder_that_is_closed_to_the_user_keeps_root(shop: Stack) -> None:
    shop.project.chmod(0o700)
    done = shop.up()
    assert f"www-data may not read {shop.project};" in done.err
    assert f"chgrp 33 {shop.project} && chmod g+rx {shop.project}" in done.err
    assert_all_run_as(shop, 0, 0, os.getgroups())


def test_a_project_that_nobody_else_may_read_is_refused_to_somebody_else(shop: Stack) -> None:
    shop.project.chmod(0o700)
    for words in (("up", "-d"), ("status",), ("config",)):
        done = subprocess.run(
            [*as_number(ALICE), *shop.enuf, "--project", str(shop.project), *words],
            cwd="/", capture_output=True, text=True, timeout=60, check=False, env=shop.env,
        )  # fmt: skip
        assert done.returncode == 5
        assert "cannot be read" in done.stderr and "hint: " in done.stderr


def test_a_container_that_does_not_let_root_change_users_serves_as_root_with_a_warning(shop: Stack) -> None:
    without = ("setpriv", "--bounding-set=-setuid,-setgid", "--inh-caps=-setuid,-setgid", "--")
    shop.enuf = (*without, *shop.enuf)
    done = shop.up()
    assert [line.startswith("warning: ") for line in done.err.splitlines()] == [True]
    assert "cannot become www-data" in done.err and "CAP_SETUID" in done.err
    assert shop.get("/").text == "version 1\n"


# -- nothing of the project runs as root --------------------------------------------------------------------------


def test_the_app_is_never_imported_as_root(shop: Stack) -> None:
    shop.write("app.py", NOTING)
    give_to(shop, ALICE)
    shop.up()
    for words in (
        ("reload",),
        ("plan",),
        ("render", str(shop.project.parent / "site")),
        ("restart", *LISTEN),
        ("status",),
    ):
        assert shop.run(*words).code == 0, words
    assert set((shop.project / "imported-by").read_text().split()) == {str(ALICE)}
    shop.port = 0


def test_the_projects_own_python_and_tools_are_never_run_as_root(shop: Stack) -> None:
    spy = f'#!/bin/sh\nid -u >> {shop.project}/run-by\nexec {shop.enuf[0]} "$@"\n'
    (shop.project / "run-by").touch()
    shop.write(".venv/pyvenv.cfg", "home = /usr/bin\n")
    shop.write(".venv/bin/python", spy).chmod(0o755)
    give_to(shop, ALICE)
    shop.up()
    for words in (("reload",), ("plan",), ("restart", *LISTEN), ("down",)):
        assert shop.run(*words).code == 0, words
    assert set((shop.project / "run-by").read_text().split()) == {str(ALICE)}
    shop.port = 0


def test_root_ends_no_process_that_a_state_file_of_another_user_names(shop: Stack) -> None:
    """A runtime folder of Mallory's, claimed in the right form, with a state file that names root's own process."""
    give_to(shop, MALLORY)
    shop.up()
    sleeper = psutil.Popen(["sleep", "60"], start_new_session=True)
    try:
        state = shop.project / ".enuf/state.json"
        for process in shop.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()
        until(lambda: not shop.processes(), what="all are dead")
        mark = Path(f"/proc/{sleeper.pid}/stat").read_text().rpartition(")")[2].split()[19]
        unit = f'{{"key": "g1", "pid": {sleeper.pid}, "mark": "{mark}"}}'
        state.write_text(f'{{"schema": 1, "supervisor": {unit}, "units": [{unit}]}}')
        for words in (("status",), ("down",), ("down", "--now")):
            shop.run(*words)
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait(60)


def test_what_another_user_put_in_the_way_of_the_folder_is_not_handed_over(shop: Stack) -> None:
    precious = shop.project.parent / "precious"
    precious.mkdir(mode=0o755)
    (precious / "letter").write_text("root's")
    (shop.project / ".enuf").symlink_to(precious)
    done = shop.up("--set", "serve.user=www-data")
    assert "warning: " in done.err
    assert {path.stat().st_uid for path in (precious, precious / "letter")} == {0}


def test_what_root_left_in_the_folder_earlier_does_not_change_hands(shop: Stack) -> None:
    home = shop.project / ".enuf"
    (home / "log").mkdir(parents=True)
    (home / "log" / "server.log").write_text("of an earlier run as root\n")
    done = shop.up()
    assert done.err.count("warning: ") == 1 and f"{home} cannot be written" in done.err
    assert {path.stat().st_uid for path in (home, *home.rglob("*"))} == {0}
    assert shop.get("/").status == 200


# -- root and others look at it -----------------------------------------------------------------------------------


def test_root_asks_reloads_reads_and_ends_the_stack_of_another_user(shop: Stack) -> None:
    give_to(shop, ALICE)
    alice = as_user(shop, ALICE)
    alice.up()
    shop.port = alice.port
    assert shop.run("status").code == 0
    assert shop.run("logs").code == 0
    shop.write("app.py", APP.replace('VERSION = "1"', 'VERSION = "2"'))
    assert shop.run("reload").code == 0
    assert shop.get("/").text == "version 2\n"
    assert_refused(shop.run("up", "-d", *LISTEN), 8, "runs already")
    assert shop.run("down").out == "stopped\n"
    assert alice.run("down").out == "nothing was running\n"


def test_another_user_is_told_whose_stack_it_is_and_with_which_command_root_may_ask(shop: Stack) -> None:
    give_to(shop, ALICE)
    shop.up()
    mallory = as_user(shop, MALLORY)
    for verb in ("status", "down", "reload", "logs"):
        done = mallory.run(verb)
        assert_refused(done, 9, str(ALICE), "sudo -u ", f" enuf {verb} --project {shop.project}")
    assert shop.run("status").code == 0


def test_root_finds_a_stack_in_a_project_that_cannot_be_written(shop: Stack) -> None:
    """The folder with the link cannot be made on a read-only file system, not even by root."""
    with read_only(shop.project), stopped_at_the_end(shop):
        done = shop.up()
        assert done.err.count("warning: ") == 1 and "Read-only file system" in done.err
        assert_all_run_as(shop, pwd.getpwnam("www-data").pw_uid, grp.getgrnam("www-data").gr_gid, [33])
        assert shop.run("reload").code == 0
        assert shop.run("logs").code == 0
        assert shop.run("down").out == "stopped\n"


# -- low ports and unix sockets -----------------------------------------------------------------------------------


def free_low_port() -> int:
    for port in random.sample(range(81, 1000), 900):  # other tests look for one at this very moment
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    pytest.skip("no free port below 1000")


def test_a_low_port_is_bound_before_the_privileges_are_dropped(shop: Stack) -> None:
    give_to(shop, ALICE)
    shop.up("--listen", f"127.0.0.1:{free_low_port()}")
    assert shop.get("/").text == "version 1\n"
    assert_all_run_as(shop, ALICE, ALICE, [ALICE])
    assert shop.run("reload").code == 0
    assert shop.get("/").text == "version 1\n"


def test_a_server_that_takes_its_port_itself_gets_no_low_one_after_the_drop(shop: Stack) -> None:
    done = shop.run("up", "-d", "--topology", "flask", "--listen", f"127.0.0.1:{free_low_port()}")
    if int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) <= 81:
        pytest.skip("this kernel lets everybody listen on low ports")
    assert_refused(done, 9, "topology 'flask'", "1024")
    assert not shop.processes()


def test_a_low_port_without_privileges_is_refused_with_the_exact_command(shop: Stack) -> None:
    give_to(shop, ALICE)
    port = free_low_port()
    if int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) <= port:
        pytest.skip("this kernel lets everybody listen on low ports")
    done = as_user(shop, ALICE).run("up", "-d", "--listen", f"127.0.0.1:{port}")
    assert_refused(done, 9, str(port), "sudo /", f" enuf up -d --listen 127.0.0.1:{port}")


def test_a_unix_socket_in_a_folder_of_roots_belongs_to_the_user_and_what_stays_behind_is_told(
    shop: Stack,
) -> None:
    folder = shop.project.parent / "run"
    folder.mkdir(mode=0o755)
    give_to(shop, ALICE)
    path = folder / "shop.sock"
    done = shop.run("up", "-d", "--listen", f"unix:{path}")
    assert done.code == 0, done
    assert owner_and_mode(path) == (ALICE, ALICE, 0o600)
    assert done.err.count("warning: ") == 1 and f"{path} will stay there" in done.err
    assert shop.run("down").code == 0
    for owner in (0, ALICE):
        os.chown(folder, owner, MALLORY)
        folder.chmod(0o2755)  # as for a proxy whose group is to reach the socket
        done = shop.run("up", "-d", "--listen", f"unix:{path}", "--set", "serve.socket_mode=0660")
        assert (done.code, "will stay there" in done.err) == (0, owner == 0), done
        assert owner_and_mode(path) == (ALICE, MALLORY, 0o660)
        assert shop.run("down").code == 0
    assert not path.exists()


# -- /tmp is full of strangers ------------------------------------------------------------------------------------


def runs_processes(uid: int) -> bool:
    """Return True while the user has a process; a zombie has ended, whenever the system's init reaps it."""
    found = psutil.process_iter(["pid", "uids"])
    pids = [each.info["pid"] for each in found if each.info["uids"] and each.info["uids"].real == uid]
    return not all(map(has_ended, pids))


def is_removed(folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    return not os.path.lexists(folder)


@pytest.fixture
def squatted() -> Iterator[Path]:
    """The place below /tmp where Carol's sockets would be, free at first."""
    place = Path(f"/tmp/enuf-{CAROL}")
    until(lambda: not runs_processes(CAROL), what="the end of an earlier test's processes")
    until(functools.partial(is_removed, place), what="a free place")
    yield place
    if place.is_symlink() or place.is_file():
        place.unlink()
    shutil.rmtree(place, ignore_errors=True)


@pytest.mark.parametrize(
    "kind", ["folder of another", "open folder of another", "link", "link to nowhere", "file"]
)
def test_a_place_below_tmp_that_somebody_else_made_is_never_used(
    shop: Stack, squatted: Path, kind: str
) -> None:
    give_to(shop, CAROL)
    trap = shop.project.parent / "trap"
    trap.mkdir()
    trap.chmod(0o777)
    if kind.startswith("link"):
        squatted.symlink_to(trap if kind == "link" else "/nowhere")
    elif kind == "file":
        squatted.touch()
    else:
        squatted.mkdir()
        squatted.chmod(0o777 if kind.startswith("open") else 0o700)
    os.chown(squatted, MALLORY, MALLORY, follow_symlinks=False)
    carol = as_user(shop, CAROL)
    assert_refused(carol.run("up", "-d", *LISTEN), 9, str(squatted), "XDG_RUNTIME_DIR")
    assert_refused(shop.run("up", "-d", *LISTEN), 9, str(squatted))
    assert not shop.processes()
    assert list(trap.iterdir()) == []
    own = shop.project.parent / "own"
    own.mkdir(mode=0o700)
    os.chown(own, CAROL, CAROL)
    carol.env["XDG_RUNTIME_DIR"] = str(own)
    carol.up()
    assert (shop.project / ".enuf/run").resolve().is_relative_to(own)
    assert carol.get("/").status == 200
    assert carol.run("down").code == 0
    shop.port = 0
    assert list(trap.iterdir()) == []


def test_a_stranger_who_pretends_to_be_the_stack_is_not_believed(shop: Stack, squatted: Path) -> None:
    """Mallory made Carol's place and holds a lock there: Carol's stack does not run because of that."""
    give_to(shop, CAROL)
    carol = as_user(shop, CAROL)
    own = shop.project.parent / "own"
    own.mkdir(mode=0o700)
    os.chown(own, CAROL, CAROL)
    carol.env["XDG_RUNTIME_DIR"] = str(own)
    carol.up()
    name = (shop.project / ".enuf/run").resolve().name
    assert carol.run("down").code == 0
    squatted.mkdir()
    (squatted / name).mkdir()
    (squatted / name / "claim").touch()
    for path in (squatted, squatted / name, squatted / name / "claim"):
        os.chown(path, MALLORY, MALLORY)
        path.chmod(0o777)
    holder = subprocess.Popen(["flock", str(squatted / name), "sleep", "60"], start_new_session=True)
    try:
        until(lambda: psutil.Process(holder.pid).children(), what="the lock is held")
        assert_refused(carol.run("status"), 3)
        carol.up()
        assert carol.get("/").status == 200
        assert carol.run("down").code == 0
    finally:
        os.killpg(holder.pid, 9)
        holder.wait(60)
    shop.port = 0


def test_the_tests_own_enuf_is_the_one_of_this_checkout() -> None:
    """The open Python runs this very code: else all of the above would prove nothing."""
    import enuf

    assert Path(enuf.__file__).is_file()
    assert ENUF
