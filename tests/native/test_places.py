"""Where a stack can live: read-only folders, strange paths, other addresses, a container, beside another one."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.mounts import skip_unless_it_runs
from tests.support.open_python import as_number
from tests.support.refusal import refused_up
from tests.support.stack import APP, ENUF, Stack, stack_in, until

pytestmark = [pytest.mark.native, pytest.mark.user]

CALM = {"ENUF_SERVE_USER": "root"}
LISTEN = ("--listen", "127.0.0.1:0")
ALICE = 61011
STATIC = APP.replace("Flask(__name__)", 'Flask(__name__, static_folder="static files")')


def get_unix(path: Path) -> tuple[int, str]:
    with contextlib.closing(http.client.HTTPConnection("localhost")) as connection:
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(20)
        connection.sock.connect(str(path))
        connection.request("GET", "/")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


# -- a project that cannot be written -----------------------------------------------------------------------------


@pytest.fixture
def alice(open_folder: Path, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """A project that is run by somebody who is not root: ourselves, or another user."""
    if os.geteuid() == 0:
        words = (*as_number(ALICE), request.getfixturevalue("open_python"), "-m", "enuf")
    else:
        words = ENUF
    with stack_in(open_folder / "shop", enuf=words) as running:
        running.write("app.py", APP)
        if os.geteuid() == 0:
            for path in (running.project, running.project / "app.py"):
                os.chown(path, ALICE, ALICE)
        yield running
        running.project.chmod(0o755)


def test_a_read_only_project_says_so_once_and_is_served_from_the_runtime_folder(alice: Stack) -> None:
    alice.project.chmod(0o555)
    done = alice.up()
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith(
        f"warning: {alice.project} cannot be written (Permission denied): configs and logs are in "
    )
    runtime = Path(done.err.strip().rpartition(" ")[2])
    assert stat.S_IMODE(runtime.stat().st_mode) == 0o700
    assert alice.get("/").text == "version 1\n"
    assert not (alice.project / ".enuf").exists()
    found = alice.status()
    assert found["paths"]["log"] == f"{runtime}/log"
    assert found["paths"]["conf"] == f"{runtime}/conf"
    assert (runtime / "conf/nginx.conf").exists()
    assert "GET / HTTP/1.1 200" in alice.run("logs").out
    assert alice.run("reload").code == 0
    second = alice.run("up", "-d", *LISTEN)
    assert second.code == 8 and f"(pid {found['supervisor']['pid']})" in second.err
    assert alice.run("down").out == "stopped\n"
    assert "GET / HTTP/1.1 200" in alice.run("logs").out
    assert not [path for path in runtime.rglob("*") if path.is_socket()]


def test_a_read_only_project_is_found_again_whatever_the_environment_says(
    alice: Stack, open_folder: Path
) -> None:
    own = open_folder / "own"
    own.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(own, ALICE, ALICE)
    alice.project.chmod(0o555)
    alice.env["XDG_RUNTIME_DIR"] = str(own)
    alice.up()
    del alice.env["XDG_RUNTIME_DIR"]
    assert alice.run("status").code == 0
    assert alice.run("down").out == "stopped\n"


def test_a_folder_of_ours_that_became_read_only_is_left_alone(alice: Stack) -> None:
    alice.up()
    assert alice.run("down").code == 0
    (alice.project / ".enuf/log").chmod(0o555)
    done = alice.up()
    assert done.err.count("warning: ") == 1 and ".enuf/log" not in alice.status()["paths"]["log"]
    assert alice.get("/").status == 200
    assert alice.run("logs").code == 0
    assert alice.run("down").out == "stopped\n"
    (alice.project / ".enuf/log").chmod(0o755)


def test_init_and_render_into_a_read_only_place_are_refused_with_the_exact_command(alice: Stack) -> None:
    alice.project.chmod(0o555)
    for words in (("init",), ("render", "site")):
        done = alice.run(*words)
        assert done.code == 9, done
        assert re.search(rf"hint: .*sudo /\S+( -P -m)?[ /]enuf {' '.join(words)}$", done.err, re.MULTILINE)
        assert len([line for line in done.err.splitlines() if line.startswith(("error: ", "hint: "))]) == 2


# -- XDG_RUNTIME_DIR ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("own", "none"),
        ("own", "other"),
        ("none", "own"),
        ("missing", "none"),
        ("relative", "own"),
        ("long", "none"),
    ],
)
def test_a_stack_is_found_again_with_another_runtime_folder_in_the_environment(
    tmp_path_factory: pytest.TempPathFactory, open_folder: Path, before: str, after: str
) -> None:
    values = {
        "own": f"{open_folder}/a",
        "other": f"{open_folder}/b",
        "none": None,
        "missing": "/nowhere",
        "relative": "a",
        "long": f"{open_folder}/{'x' * 60}",
    }
    for value in values.values():
        if value and value.startswith(str(open_folder)):
            Path(value).mkdir(mode=0o700)
    with stack_in(tmp_path_factory.mktemp("place") / "shop", env=CALM) as stack:
        stack.write("app.py", APP)
        for name, step in ((before, "up"), (after, "rest")):
            value = values[name]
            stack.env.pop("XDG_RUNTIME_DIR", None)
            if value:
                stack.env["XDG_RUNTIME_DIR"] = value
            if step == "up":
                stack.up()
                runtime = (stack.project / ".enuf/run").resolve()
                assert runtime.is_relative_to(
                    f"{value}/enuf" if name in ("own", "other") else f"/tmp/enuf-{os.geteuid()}"
                )
                assert len(os.fsencode(runtime / "control.sock")) < 107
        assert stack.run("up", "-d", *LISTEN).code == 8
        assert stack.run("status").code == 0
        assert stack.run("reload").code == 0
        assert stack.get("/").status == 200
        assert stack.run("down").out == "stopped\n"


# -- strange paths ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["with spaces 한글 d%d%n", "semi;colon#tag{}", "quote's", 'double"quote', "back\\slash~", "-leading", "x" * 200],
)  # fmt: skip
def test_a_project_at_a_strange_path_is_served_with_its_static_files(tmp_path: Path, name: str) -> None:
    with stack_in(tmp_path / name, env=CALM) as stack:
        stack.write("app.py", STATIC)
        stack.write("static files/style.css", "body {}")
        done = stack.run("up", "-d", *LISTEN)
        assert done.code == 0, done
        stack.port = int(stack.status()["url"].rpartition(":")[2])
        assert stack.get("/").text == "version 1\n"
        assert stack.get("/static%20files/style.css").text == "body {}"
        assert name[:20] in done.out
        assert stack.run("reload").code == 0
        stack.until_logged("style.css")
        assert stack.run("down").out == "stopped\n"


@pytest.mark.parametrize("name", ["at@(x)", "$dollar"])
def test_a_path_that_a_server_would_read_as_something_else_is_refused(tmp_path: Path, name: str) -> None:
    with stack_in(tmp_path / name, env=CALM) as stack:
        stack.write("app.py", APP)
        refused_up(stack, 4, name, "rename")


def test_a_very_long_path_still_has_short_sockets(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-rather-long-name-of-a-folder"] * 10, "프로젝트")
    assert len(os.fsencode(deep)) > 300
    with stack_in(deep, env=CALM) as stack:
        stack.write("app.py", APP)
        stack.up()
        assert stack.get("/").status == 200
        for path in (deep / ".enuf/run").resolve().rglob("*"):
            if path.is_socket():
                assert len(os.fsencode(path)) <= 107
        assert stack.run("reload").code == 0


def test_a_project_that_is_named_through_a_link_is_the_same_project(calm: Stack, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(calm.project)
    calm.up()
    elsewhere = Stack(tmp_path)
    assert elsewhere.run("--project", "link", "status").code == 0
    assert elsewhere.run("--project", "link", "up", "-d", *LISTEN).code == 8
    assert elsewhere.run("--project", "link", "down").out == "stopped\n"


def test_two_projects_of_the_same_name_run_side_by_side(tmp_path: Path) -> None:
    with stack_in(tmp_path / "one/shop", env=CALM) as one, stack_in(tmp_path / "two/shop", env=CALM) as two:
        one.write("app.py", APP)
        two.write("app.py", APP.replace('VERSION = "1"', 'VERSION = "2"'))
        one.up()
        two.up()
        assert one.port != two.port
        assert (one.get("/").text, two.get("/").text) == ("version 1\n", "version 2\n")
        assert one.run("reload").code == 0
        assert one.run("down").out == "stopped\n"
        assert two.run("status").code == 0
        assert two.get("/").text == "version 2\n"


# -- addresses ----------------------------------------------------------------------------------------------------


def test_port_0_picks_a_free_port_and_keeps_it_over_a_reload(calm: Stack) -> None:
    calm.up("--listen", "127.0.0.1:0")
    port = calm.port
    assert port > 0
    assert calm.run("reload").code == 0
    assert calm.status()["url"] == f"http://127.0.0.1:{port}"
    assert calm.get("/").status == 200


def test_ipv6_is_listened_on(calm: Stack) -> None:
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
    done = calm.run("up", "-d", "--listen", "[::1]:0", "--json")
    assert done.code == 0, done
    url = done.json["url"]
    port = int(url.rpartition(":")[2])
    assert url == f"http://[::1]:{port}"
    with contextlib.closing(http.client.HTTPConnection("::1", port, timeout=60)) as connection:
        connection.request("GET", "/echo")
        answer = connection.getresponse()
        assert answer.status == 200
        assert f'"url":"http://[::1]:{port}/echo"' in answer.read().decode()
    assert calm.run("reload").code == 0
    assert calm.run("down").code == 0


@pytest.mark.parametrize(
    ("listen", "reached"),
    [
        ("localhost:0", "127.0.0.1"),
        (":0", "127.0.0.1"),
        ("0", "127.0.0.1"),
        ("0.0.0.0:0", "127.0.0.1"),
        ("*:0", "127.0.0.1"),
    ],
)
def test_an_address_in_any_spelling(calm: Stack, listen: str, reached: str) -> None:
    done = calm.run("up", "-d", "--listen", listen, "--json")
    assert done.code == 0, done
    assert re.fullmatch(rf"http://{re.escape(reached)}:\d+", done.json["url"])
    calm.port = int(done.json["url"].rpartition(":")[2])
    assert calm.get("/").status == 200
    listening = {
        c.laddr.ip
        for c in psutil.Process(calm.status()["front"]["pid"]).net_connections()
        if c.status == psutil.CONN_LISTEN and c.laddr.port == calm.port
    }
    assert listening == {"0.0.0.0" if listen.startswith(("0.0.0.0", "*")) else "127.0.0.1"}


def test_a_unix_socket_is_private_survives_a_reload_and_is_removed_at_the_end(
    calm: Stack, tmp_path: Path
) -> None:
    path = tmp_path / "한글 public.sock"
    done = calm.run("up", "-d", "--listen", f"unix:{path}", "--json")
    assert done.code == 0, done
    assert str(path) in done.json["url"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert get_unix(path) == (200, "version 1\n")
    assert calm.run("reload").code == 0
    assert get_unix(path) == (200, "version 1\n")
    assert calm.run("down").code == 0
    assert not path.exists()


def test_a_unix_socket_that_is_listened_on_is_removed_after_ctrl_c_too(calm: Stack, tmp_path: Path) -> None:
    path = tmp_path / "public.sock"
    running = calm.start("up", "--listen", f"unix:{path}")
    assert calm.run("status", "--wait", "30s").code == 0
    running.send_signal(signal.SIGINT)
    assert running.wait(60) == 0
    assert not path.exists()


def test_every_socket_of_a_stack_is_private(calm: Stack) -> None:
    calm.run("up", "-d", *LISTEN, umask=0)
    calm.port = int(calm.status()["url"].rpartition(":")[2])
    runtime = (calm.project / ".enuf/run").resolve()
    assert stat.S_IMODE(runtime.stat().st_mode) == stat.S_IMODE(runtime.parent.stat().st_mode) == 0o700
    doors = [
        path for path in runtime.rglob("*") if not path.is_symlink() and (path.is_socket() or path.is_fifo())
    ]
    assert {"control.sock", "g1.sock", "front.sock", "fifo", "stats"} <= {path.name for path in doors}
    for path in doors:
        assert stat.S_IMODE(path.lstat().st_mode) & 0o077 == 0, path


# -- as the first process of a container --------------------------------------------------------------------------

SPAWNING = (
    APP
    + """
import subprocess

@app.get("/spawn")
def spawn():
    for _ in range(5):
        subprocess.run(["sh", "-c", "sleep 0.1 & exit 0"])
    return "ok"
"""
)


@pytest.fixture
def container(calm: Stack) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `enuf up` as process 1 of a new PID namespace."""
    own_pids = ("unshare", "--pid", "--fork", "--mount-proc", "--")
    skip_unless_it_runs(*own_pids)
    outside = calm.enuf

    def start(*words: str) -> subprocess.Popen[str]:
        calm.enuf = (*own_pids, *outside)
        try:
            return calm.start("up", *LISTEN, *words)
        finally:
            calm.enuf = outside

    yield start


def first_of(container: subprocess.Popen[str]) -> psutil.Process:
    return until(lambda: psutil.Process(container.pid).children() or None, what="process 1")[0]  # type: ignore[no-any-return]


@pytest.mark.root
def test_as_process_1_it_serves_reaps_every_orphan_and_ends_on_term_with_0(
    calm: Stack, container: Callable[..., subprocess.Popen[str]]
) -> None:
    calm.write("app.py", SPAWNING)
    running = container("--json")
    found = calm.run("status", "--wait", "30s", "--json").json
    assert found["supervisor"]["pid"] == 1
    calm.port = int(found["url"].rpartition(":")[2])
    first = first_of(running)
    for _ in range(3):
        assert calm.get("/spawn").text == "ok"

    def orphans() -> list[str]:
        names = []
        for child in first.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if child.status() == psutil.STATUS_ZOMBIE or child.name() == "sleep":
                    names.append(child.name())
        return names

    until(lambda: not orphans(), what="the orphans are reaped")
    assert calm.run("reload").code == 0
    assert calm.get("/").status == 200
    first.send_signal(signal.SIGTERM)
    assert running.wait(60) == 0
    assert not calm.processes()


@pytest.mark.root
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_as_process_1_it_ends_on_a_signal_before_it_serves_too(
    calm: Stack, container: Callable[..., subprocess.Popen[str]], number: signal.Signals
) -> None:
    """The kernel gives process 1 no signal that it has no handler for."""
    calm.write("made.py", APP)
    calm.write("app.py", "import time\ntime.sleep(60)\nfrom made import *\n")
    running = container()
    first = first_of(running)
    until(first.children, what="the import runs")
    first.send_signal(number)
    assert running.wait(60) == 130
    assert not calm.processes()


def test_it_runs_without_a_home_a_user_name_or_a_terminal(calm: Stack) -> None:
    for name in ("HOME", "USER", "LOGNAME", "TERM", "LANG", "LC_ALL", "SHELL"):
        calm.env.pop(name, None)
    calm.env["PATH"] = "/usr/bin:/bin"
    calm.up()
    assert calm.get("/").status == 200
    assert calm.run("reload").code == 0
