"""As root in a folder of somebody else: the owner of that folder gains nothing, whatever lies in there."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import stat
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.open_python import as_number
from tests.support.refusal import assert_refused
from tests.support.stack import APP, Stack, stack_in, until
from tests.support.terminal import at_terminal
from tests.support.traced import run_traced, touched_as_root, traced

pytestmark = [pytest.mark.native, pytest.mark.root]

ALICE = 61001
NAMED = 5
"""A user with a name, `games`: systemd takes no other one for a service."""
LISTEN = ("--listen", "127.0.0.1:0")
SECRET = "the-secret-of-root"
"""What stands in files that only root may read."""
WITNESS = """
import os
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "users"), "a") as file:
    print(os.geteuid(), file=file)
"""


@pytest.fixture
def shop(open_python: str, open_folder: Path) -> Iterator[Stack]:
    """Alice's project, whose app notes as whom it is imported, and an enuf of root's."""
    kept = {"XDG_STATE_HOME": str(open_folder / "state")}
    with stack_in(open_folder / "shop", enuf=(open_python, "-P", "-m", "enuf"), env=kept) as running:
        running.write("app.py", APP + WITNESS)
        running.write("users", "")
        yield running


@pytest.fixture
def precious(open_folder: Path) -> Path:
    """A folder of root's that nobody else may enter, with files in the forms that enuf reads."""
    folder = open_folder / "precious"
    folder.mkdir(mode=0o700)
    (folder / "env").write_text(f"SECRET={SECRET}\n")
    (folder / "enuf.toml").write_text(f"# {SECRET}\n[serve]\nthreads = 3\n")
    (folder / "uwsgi.ini").write_text(f"[uwsgi]\nmodule = app:app # {SECRET}\nsocket = app.sock\n")
    (folder / "app.py").write_text(APP + WITNESS)
    for file in folder.iterdir():
        file.chmod(0o600)
    return folder


def give_to_alice(stack: Stack, uid: int = ALICE) -> None:
    for path in (stack.project, *stack.project.rglob("*")):
        os.chown(path, uid, uid, follow_symlinks=False)


def users_of_the_app(stack: Stack) -> set[str]:
    return set((stack.project / "users").read_text().split())


def state_of(folder: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """Owner, mode, number of names and content of every file."""
    found = {}
    for path in (folder, *sorted(folder.rglob("*"))):
        seen = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(seen.st_mode) else b""
        found[str(path)] = (seen.st_uid, seen.st_mode, seen.st_nlink, content)
    return found


# -- every verb ---------------------------------------------------------------------------------------------------


Prepare = Callable[[Stack, Path], None]


def plain(stack: Stack, precious: Path) -> None:
    """Nothing special."""


def links(stack: Stack, precious: Path) -> None:
    """Every file that enuf looks for leads to one of root's."""
    for name in ("enuf.toml", "app.py", "uwsgi.ini"):
        (stack.project / name).unlink(missing_ok=True)
        (stack.project / name).symlink_to(precious / name)
    (stack.project / ".env").symlink_to(precious / "env")
    (stack.project / "site.conf").symlink_to(precious / "uwsgi.ini")
    (stack.project / "conf").symlink_to(precious)
    (stack.project / ".enuf").symlink_to(precious)


def fifos(stack: Stack, precious: Path) -> None:
    """Every file that enuf looks for is a FIFO, which blocks whoever opens it."""
    (stack.project / ".enuf").mkdir()
    (stack.project / ".enuf" / "log").mkdir()
    names = (
        ".env",
        "site.conf",
        "uwsgi.ini",
        "pyproject.toml",
        ".enuf/state.json",
        ".enuf/log/enuf.log",
        ".enuf/log/server.log",
    )
    for name in names:
        os.mkfifo(stack.project / name, 0o666)


def planted(stack: Stack, precious: Path) -> None:
    """A runtime folder in the right form, whose claim, sockets and records are somebody's trap."""
    home, trap = stack.project / ".enuf", stack.project / "trap" / "run"
    trap.mkdir(parents=True)
    trap.chmod(0o700)
    trap.parent.chmod(0o700)
    home.mkdir()
    (home / "run").symlink_to(trap)
    found = stack.project.stat()
    (trap / "claim").write_text(f'{{"project": "{found.st_dev}:{found.st_ino}", "in_project": true}}')
    os.mkfifo(trap / "control.sock", 0o666)
    (home / "state.json").symlink_to(precious / "env")


BEFORE = (
    ("plan",),
    ("config",),
    ("doctor",),
    ("doctor", "--fix"),
    ("init", "--force"),
    ("render", "."),
    ("render", "--plain", "site"),
    ("status",),
)
WHILE_IT_RUNS = (("status",), ("logs",), ("dash",), ("top", "--once"), ("reload",), ("down",))


@pytest.mark.parametrize("prepare", [plain, links, fifos, planted], ids=lambda each: each.__name__)
def test_no_verb_opens_or_changes_a_file_of_the_project_with_roots_rights(
    shop: Stack, precious: Path, open_folder: Path, prepare: Prepare
) -> None:
    prepare(shop, precious)
    give_to_alice(shop)
    before = state_of(precious)

    def check(*words: str) -> None:
        trace = open_folder / "trace"
        done = run_traced([*shop.enuf, *words], trace, cwd=shop.project, env=shop.env)
        assert done.returncode in range(10), (words, done.stdout, done.stderr)
        assert SECRET not in done.stdout + done.stderr, words
        assert touched_as_root(trace, shop.project) == [], words

    for words in BEFORE:
        check(*words)
    trace_of_up = open_folder / "trace-of-up"
    serving = (*traced(trace_of_up), *shop.enuf, "up", *LISTEN)
    with subprocess.Popen(serving, cwd=shop.project, env=shop.env, stderr=subprocess.DEVNULL) as up:
        until(lambda: up.poll() is not None or shop.run("status").code == 0, what="it serves or is refused")
        for each in WHILE_IT_RUNS:
            check(*each)
        up.wait(60)
    assert touched_as_root(trace_of_up, shop.project) == []
    assert state_of(precious) == before
    if prepare in (plain, planted):
        assert users_of_the_app(shop) == {str(ALICE)}
    for trap in (shop.project / ".enuf", shop.project / "trap"):
        trap.unlink() if trap.is_symlink() else shutil.rmtree(trap, ignore_errors=True)


# -- staying root -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "obstacle"),
    [
        ("[serve]\nuser = 'root'\n", None),
        ("[serve]\nuser = '0'\n", None),
        ("[serve]\nuser = 'www-data'\n", None),
        ("env_file = ['/etc/shadow']\n", None),
        ("python = '/root/nowhere/python'\n", None),
        ("", "app.py"),
        ("", ".env"),
        ("", "pyproject.toml"),
    ],
)
def test_the_owner_of_a_project_cannot_choose_who_runs_it(
    shop: Stack, settings: str, obstacle: str | None
) -> None:
    if settings:
        shop.write("enuf.toml", settings)
    if obstacle:
        (shop.project / obstacle).touch()
    give_to_alice(shop)
    if obstacle:
        (shop.project / obstacle).chmod(0)
    for words in (("plan",), ("up", "-d", *LISTEN)):
        done = shop.run(*words)
        assert done.code in ((4, 9) if obstacle == "pyproject.toml" else (9,)), done
        assert "hint: " in done.err
    assert users_of_the_app(shop) == set()


def test_what_root_says_by_a_flag_or_a_variable_is_done(shop: Stack) -> None:
    give_to_alice(shop)
    (shop.project / "app.py").chmod(0o600)
    shop.up("--set", "serve.user=root")
    assert users_of_the_app(shop) == {"0"}
    assert shop.run("status").code == 0
    # A supervisor of root's keeps its files where only root can put a link in their place.
    assert not (shop.project / ".enuf").exists()
    assert shop.run("down").out == "stopped\n"
    shop.env["ENUF_SERVE_USER"] = "root"
    assert shop.run("plan").code == 0


def test_a_settings_file_of_somebody_else_in_a_project_of_roots_does_not_decide(shop: Stack) -> None:
    os.chown(shop.write("enuf.toml", "[serve]\nuser = 'root'\n"), ALICE, ALICE)
    assert_refused(shop.run("plan"), 9, "enuf.toml", "--set serve.user=root")
    (shop.project / "enuf.toml").unlink()
    (shop.project / ".env").write_text("A=1\n")
    (shop.project / ".env").chmod(0o600)
    os.chown(shop.project / "app.py", ALICE, ALICE)
    assert_refused(shop.run("plan"), 9, f"{shop.project}/app.py belongs to {ALICE}")


@pytest.mark.parametrize("planted", [".env", ".venv", "helpers.py"])
@pytest.mark.parametrize("mode", [0o755, 0o700, 0o1777])
def test_what_somebody_else_put_into_a_project_of_roots_does_not_make_root_run_it(
    shop: Stack, planted: str, mode: int
) -> None:
    """Unreadable for the servers' user, or in a project that only root may read: then enuf would stay root."""
    if planted == ".venv":
        shop.write(".venv/pyvenv.cfg", "home = /usr/bin\n")
        spy = f'#!/bin/sh\nid -u >> {shop.project}/users\nexec {shop.enuf[0]} "$@"\n'
        shop.write(".venv/bin/python", spy).chmod(0o700)
    else:
        shop.write(planted, "").chmod(0o600)
    for path in (shop.project / planted, *(shop.project / planted).rglob("*")):
        os.chown(path, ALICE, ALICE)
    shop.project.chmod(mode)
    (shop.project / "users").chmod(0o666)
    done = shop.run("plan")
    assert done.code == 9 or (planted == "helpers.py" and mode != 0o700), done
    assert "0" not in users_of_the_app(shop)


def test_a_link_of_somebody_else_in_a_sticky_folder_of_roots_is_not_followed(
    shop: Stack, precious: Path
) -> None:
    before = state_of(precious)
    shop.write("app.py", APP)
    shop.project.chmod(0o1777)
    for name, target in (("uwsgi.ini", "uwsgi.ini"), ("conf", "")):
        (shop.project / name).symlink_to(precious / target)
        os.chown(shop.project / name, ALICE, ALICE, follow_symlinks=False)
    for words in (("doctor", "--fix"), ("doctor", "--fix", "uwsgi.ini"), ("render", "."), ("render", "conf")):
        done = shop.run(*words)
        assert SECRET not in done.out + done.err
        assert done.code in (0, 1, 4, 9), done
    assert state_of(precious) == before


def test_a_project_of_roots_in_a_folder_of_somebody_else_is_not_roots(shop: Stack, open_folder: Path) -> None:
    os.chown(open_folder, ALICE, ALICE)
    shop.write("enuf.toml", "[serve]\nuser = 'root'\n")
    assert_refused(shop.run("up", "-d", *LISTEN), 9, f"{open_folder} belongs to {ALICE}")
    os.chown(open_folder, 0, 0)
    open_folder.chmod(0o777)
    assert_refused(shop.run("up", "-d", *LISTEN), 9, f"{open_folder} can be written by others")


# -- what goes along with the user ---------------------------------------------------------------------------------


def test_a_program_of_the_project_finds_no_terminal_and_nothing_else_of_roots(
    shop: Stack, precious: Path
) -> None:
    report = shop.write("report", "")
    spy = f"""#!{shop.enuf[0]}
import os, resource, sys
with open({str(report)!r}, "a") as file:
    try:
        print("terminal", os.open("/dev/tty", os.O_RDWR), file=file)
    except OSError:
        print("no terminal", file=file)
    names = [os.readlink(f"/proc/self/fd/{{number}}") for number in range(100) if os.path.exists(f"/proc/self/fd/{{number}}")]
    print(*(name for name in names if "pts" in name or "precious" in name), file=file)
    print(*(name for name in ("SSH_AUTH_SOCK", "SUDO_USER", "XDG_RUNTIME_DIR", "TMPDIR") if name in os.environ), file=file)
    print(os.environ["HOME"], oct(os.umask(0)), resource.getrlimit(resource.RLIMIT_CORE), file=file)
os.execv({shop.enuf[0]!r}, [{shop.enuf[0]!r}, *sys.argv[1:]])
"""
    shop.write(".venv/pyvenv.cfg", "home = /usr/bin\n")
    shop.write(".venv/bin/python", spy).chmod(0o755)
    give_to_alice(shop)
    session = {
        "SSH_AUTH_SOCK": "/root/agent",
        "SUDO_USER": "bob",
        "XDG_RUNTIME_DIR": "/run/user/0",
        "TMPDIR": str(precious),
    }
    inherited = os.open(precious / "env", os.O_RDONLY)
    try:
        with at_terminal(shop, "plan", env=session, pass_fds=(inherited,), umask=0o007) as terminal:
            assert terminal.ends() == 0
    finally:
        os.close(inherited)
    lines = report.read_text().splitlines()
    assert len(lines) >= 8
    assert set(lines[0::4]) == {"no terminal"}
    assert set(lines[1::4]) == {""} == set(lines[2::4])
    assert set(lines[3::4]) == {"/ 0o22 (0, 0)"}


# -- writing ------------------------------------------------------------------------------------------------------


def test_a_fix_keeps_owner_and_mode_and_is_written_as_the_owner(shop: Stack, open_folder: Path) -> None:
    file = shop.write(
        "uwsgi.ini", "[uwsgi]\nmodule = app:app\nsocket = run/app.sock   # a comment\nmaster = true\n"
    )
    give_to_alice(shop)
    file.chmod(0o604)
    trace = open_folder / "trace"
    done = run_traced([*shop.enuf, "doctor", "--fix"], trace, cwd=shop.project, env=shop.env)
    assert "cured" in done.stderr, done
    assert touched_as_root(trace, shop.project) == []
    for path in shop.project.glob("uwsgi.ini*"):
        assert (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) == (ALICE, 0o604), path
    os.chown(shop.project, 0, 0)
    os.chown(
        shop.write("uwsgi.ini", "[uwsgi]\nmodule = app:app\nsocket = run/app.sock   # again\n"), ALICE, ALICE
    )
    assert "cured" in shop.run("doctor", "--fix").err
    assert (file.stat().st_uid, stat.S_IMODE(file.stat().st_mode)) == (ALICE, 0o604)


def test_a_folder_of_roots_under_the_name_of_enufs_own_does_not_change_hands(shop: Stack) -> None:
    """Its owner can rename a folder of root's in the project, and cannot read it."""
    give_to_alice(shop)
    home = shop.project / ".enuf"
    home.mkdir(mode=0o700)
    (home / "letter").write_text(SECRET)
    done = shop.up()
    assert "warning: " in done.err and str(home) in done.err
    assert {path.lstat().st_uid for path in (home, home / "letter")} == {0}
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_socket_in_a_folder_of_the_owners_is_made_by_the_owner(shop: Stack, precious: Path) -> None:
    give_to_alice(shop)
    path = shop.project / "shop.sock"
    shop.run("up", "-d", "--listen", f"unix:{path}")
    assert (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) == (ALICE, 0o600)
    assert shop.run("down").code == 0
    path.symlink_to(precious / "shop.sock")
    before = state_of(precious)
    assert shop.run("up", "-d", "--listen", f"unix:{path}").code in (4, 8)
    assert state_of(precious) == before


def test_a_folder_of_roots_does_not_change_hands_by_a_link_to_it(shop: Stack, precious: Path) -> None:
    (shop.project / "site").symlink_to(precious)
    shop.write("app.py", APP)
    give_to_alice(shop)
    before = state_of(precious)
    for words in (("render", "site"), ("render", "--plain", "site")):
        assert shop.run(*words).code in (4, 9), words
    assert state_of(precious) == before


def test_a_path_of_a_socket_that_somebody_else_wrote_is_no_word_of_roots(
    shop: Stack, open_folder: Path
) -> None:
    """A service of root's that is down has left its socket."""
    folder = open_folder / "run"
    folder.mkdir(mode=0o755)
    path = folder / "service.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
    before = path.lstat()
    shop.write("enuf.toml", f"[serve]\nlisten = 'unix:{path}'\n")
    give_to_alice(shop)
    assert shop.run("up", "-d").code in (4, 8, 9)
    assert os.path.samestat(path.lstat(), before)
    assert path.lstat().st_uid == 0


def test_an_access_list_on_a_folder_of_roots_counts(shop: Stack) -> None:
    entries = (
        (0x01, 7, 0xFFFFFFFF),
        (0x02, 7, ALICE),
        (0x04, 5, 0xFFFFFFFF),
        (0x10, 7, 0xFFFFFFFF),
        (0x20, 5, 0xFFFFFFFF),
    )
    packed = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    try:
        os.setxattr(shop.project, "system.posix_acl_access", packed)
    except OSError:
        pytest.skip("no access lists on this file system")
    (shop.project / "app.py").chmod(0o600)
    done = shop.run("plan")
    assert done.code == 9, done
    assert users_of_the_app(shop) == set()


def test_a_name_of_a_file_does_not_move_the_terminal_of_the_doctor(shop: Stack) -> None:
    shop.write("a\x1b]0;title\x07b.ini", "[uwsgi]\nmodule = app:app\nsocket = a.sock # x\n")
    give_to_alice(shop)
    done = shop.run("doctor")
    assert "title" in done.out
    assert "\x1b" not in done.out and "\x07" not in done.out


# -- the host's own nginx -----------------------------------------------------------------------------------------


@pytest.fixture
def tree(open_folder: Path) -> Path:
    """The tree of a Debian without a running server."""
    root = open_folder / "root"
    for name in (
        "etc/nginx/sites-available",
        "etc/nginx/sites-enabled",
        "etc/systemd/system",
        "usr/lib/systemd",
        "etc/logrotate.d",
        "var/lib",
        "var/log/nginx",
    ):
        (root / name).mkdir(parents=True)
    (root / "etc/nginx/nginx.conf").write_text(
        "user www-data;\nhttp { include /etc/nginx/sites-enabled/*; }\n"
    )
    return root


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ("nginx = '/usr/bin/env'\n", "nginx"),
        ("[serve]\nuser = 'root'\n", "serve.user"),
        ("[serve]\nuser = 'daemon'\n", "serve.user"),
    ],
)
def test_what_somebody_else_wrote_decides_nothing_of_roots(
    shop: Stack, tree: Path, settings: str, key: str
) -> None:
    shop.write("app.py", APP)
    shop.write("enuf.toml", settings)
    give_to_alice(shop, NAMED)
    assert_refused(shop.run(*install_into(tree)), 9, f"--set {key}=")


def install_into(tree: Path) -> tuple[str, ...]:
    return ("install", "--root", str(tree), "--domain", "shop.example", "--dry-run")


RAW = "[raw]\nnginx_http = \"log_format x escape=none '$arg_x';\"\nnginx_server = 'access_log /etc/cron.d/x x;'\n"


def test_only_roots_own_file_says_to_the_hosts_nginx_what_is_not_in_the_list(shop: Stack, tree: Path) -> None:
    shop.write("app.py", APP)
    shop.write("enuf.toml", RAW)
    give_to_alice(shop, NAMED)
    words = (
        "enuf.toml:2: line 1 of raw.nginx_http: log_format",
        "enuf.toml:3: line 1 of raw.nginx_server: access_log",
    )
    own = "/etc/enuf/shop/http.conf and /etc/enuf/shop/server.conf"
    assert_refused(shop.run(*install_into(tree)), 9, *words, own, "enuf explain raw-for-root")
    os.chown(shop.project, 0, 0)
    os.chown(shop.project / "enuf.toml", 0, 0)
    flag = ("--set", "raw.nginx_server=include /etc/shadow;")
    refused = shop.run(*install_into(tree), *flag)  # and root's own file may come from a repository
    assert_refused(refused, 9, words[0], "include: /etc/shadow")
    give_to_alice(shop, NAMED)

    shop.write("enuf.toml", "[raw]\nnginx_server = 'add_header X-Own a;'\n")
    folder = tree / "etc/enuf/shop"
    folder.mkdir(parents=True)
    for name, line in (("http", "log_format x $arg_x;"), ("server", "access_log /var/log/x x;")):
        (folder / f"{name}.conf").write_text(line + "\n")
    done = shop.run(*install_into(tree))
    assert done.code == 0, done
    assert all(f"include /etc/enuf/shop/{name}.con[f];" in done.out for name in ("http", "server"))
    assert "add_header X-Own a;" in done.out


def test_the_lines_that_root_says_by_a_flag_are_taken(shop: Stack, tree: Path) -> None:
    give_to_alice(shop, NAMED)
    line = "access_log off;"
    done = shop.run(*install_into(tree), "--set", f"raw.nginx_server={line}")
    assert done.code == 0 and line in done.out, done


def test_the_app_may_not_write_the_code_that_runs_it(shop: Stack, tree: Path) -> None:
    shop.write(".venv/pyvenv.cfg", f"home = {Path(os.path.realpath(shop.enuf[0])).parent}\n")
    (shop.project / ".venv/bin").mkdir()
    (shop.project / ".venv/bin/python").symlink_to(os.path.realpath(shop.enuf[0]))
    site = Path(shop.enuf[0]).parent.parent / "lib"
    (shop.project / ".venv/lib").symlink_to(site)
    give_to_alice(shop, NAMED)
    words = ("install", "--root", str(tree), "--domain", "shop.example", "--dry-run")
    done = shop.run(*words, "--writable", ".")
    assert f"+ReadWritePaths={shop.project}" in done.out, done
    assert f"+ReadOnlyPaths=-{shop.project}/.venv" in done.out
    assert_refused(shop.run(*words, "--writable", ".venv/lib"), 4, "install.writable", ".venv/lib")


# -- enuf's own code ----------------------------------------------------------------------------------------------


@pytest.fixture
def foreign(open_python: str, open_folder: Path) -> tuple[str, ...]:
    """An enuf in a virtualenv of Alice's."""
    venv = open_folder / "venv"
    shutil.copytree(Path(open_python).parent.parent, venv, symlinks=True)
    for path in (venv, *venv.rglob("*")):
        os.chown(path, ALICE, ALICE, follow_symlinks=False)
    return (str(venv / "bin" / Path(open_python).name), "-P", "-m", "enuf")


def test_root_hands_the_command_to_the_owner_of_enufs_code(
    shop: Stack, foreign: tuple[str, ...], tree: Path
) -> None:
    give_to_alice(shop)
    shop.enuf = foreign
    done = shop.up()
    assert f"so this runs as {ALICE}" in done.err
    assert {process.uids().real for process in shop.processes()} == {ALICE}
    assert shop.run("status").code == 0
    with at_terminal(shop, "status") as terminal:
        assert terminal.ends() == 0
        assert "generation 1" in terminal.read()
    assert shop.run("down").code == 0
    with at_terminal(shop, "up", *LISTEN) as terminal:
        terminal.shows("is served at")
        terminal.press(b"\x03")
        assert terminal.ends() == 0
    done = shop.run("install", "--root", str(tree), "--domain", "shop.example")
    assert_refused(done, 9, f"belongs to {ALICE}", "/opt/enuf")
    shop.env["ENUF_TRUST_CODE"] = "1"
    assert shop.run("config").err == ""


@pytest.fixture
def roots_venv(open_python: str, open_folder: Path) -> Path:
    """A virtualenv of root's with enuf, into which the tests put single parts of Alice's."""
    venv = open_folder / "roots"
    shutil.copytree(Path(open_python).parent.parent, venv, symlinks=True)
    return venv


def site_of_venv(venv: Path) -> Path:
    return next((venv / "lib").glob("python*/site-packages"))


def put_package(venv: Path, name: str) -> Path:
    """Put a package of Alice's before the one that enuf would import."""
    copy = site_of_venv(venv) / name
    shutil.rmtree(copy, ignore_errors=True)
    source = importlib.util.find_spec(name)
    assert source is not None and source.origin is not None
    shutil.copytree(Path(source.origin).parent, copy)
    for path in (copy, *copy.rglob("*")):
        os.chown(path, ALICE, ALICE)
    return copy


def a_pth_file(venv: Path, stack: Stack) -> None:
    file = site_of_venv(venv) / "alice.pth"
    file.write_text("# read by Python before enuf\n")
    os.chown(file, ALICE, ALICE)


def a_package(venv: Path, stack: Stack) -> None:
    put_package(venv, "click")


def compiled_code(venv: Path, stack: Stack) -> None:
    package = put_package(venv, "click")
    for path in (package, *package.rglob("*.py")):
        os.chown(path, 0, 0)


def a_pyvenv_cfg(venv: Path, stack: Stack) -> None:
    os.chown(venv / "pyvenv.cfg", ALICE, ALICE)


def a_link_named_current(venv: Path, stack: Stack) -> None:
    (stack.project / "current").symlink_to(venv)
    os.chown(stack.project / "current", ALICE, ALICE, follow_symlinks=False)
    stack.enuf = (str(stack.project / "current" / "bin" / Path(stack.enuf[0]).name), *stack.enuf[1:])


def a_folder_in_pythonpath(venv: Path, stack: Stack) -> None:
    stack.env["PYTHONPATH"] = str(stack.project)


def a_missing_folder_in_pythonpath(venv: Path, stack: Stack) -> None:
    stack.env["PYTHONPATH"] = str(stack.project / "not" / "yet")


@pytest.mark.parametrize(
    "part",
    [
        a_pth_file, a_package, compiled_code, a_pyvenv_cfg,
        a_link_named_current, a_folder_in_pythonpath, a_missing_folder_in_pythonpath,
    ],
    ids=lambda each: each.__name__,
)  # fmt: skip
def test_root_hands_the_command_to_whoever_can_change_a_part_of_enufs_code(
    shop: Stack, roots_venv: Path, part: Callable[[Path, Stack], None]
) -> None:
    shop.enuf = (str(roots_venv / "bin" / Path(shop.enuf[0]).name), *shop.enuf[1:])
    give_to_alice(shop)
    part(roots_venv, shop)
    done = shop.run("config")
    assert done.code == 0 and f"belongs to {ALICE}, so this runs as {ALICE}" in done.err, done


def test_a_folder_in_pythonpath_where_everybody_may_make_modules_is_refused(
    shop: Stack, open_folder: Path
) -> None:
    everybodys = open_folder / "everybodys"
    everybodys.mkdir()
    everybodys.chmod(0o1777)
    for path in (everybodys, everybodys / "not" / "yet"):
        shop.env["PYTHONPATH"] = str(path)
        assert_refused(shop.run("config"), 9, "can be written by others", str(everybodys))


def test_root_does_not_import_a_package_of_somebody_else_that_is_needed_late(
    shop: Stack, roots_venv: Path
) -> None:
    shop.enuf = (str(roots_venv / "bin" / Path(shop.enuf[0]).name), *shop.enuf[1:])
    shop.write("site.conf", "server { listen 80; }\n")
    put_package(roots_venv, "crossplane")
    assert_refused(shop.run("doctor"), 9, "root runs no code that another user can change", "crossplane")


def test_a_hint_sends_no_admin_as_root_into_an_enuf_of_somebody_else(
    shop: Stack, foreign: tuple[str, ...]
) -> None:
    give_to_alice(shop)
    bob = Stack(shop.project, enuf=(*as_number(61003), *foreign))
    bob.mark, bob.env = shop.mark, shop.env
    done = bob.run("install", "--domain", "shop.example")
    assert_refused(
        done, 9, "sudo /opt/enuf/bin/enuf install --domain shop.example", "python3 -m venv /opt/enuf"
    )
    assert f"sudo {foreign[0]}" not in done.err


def test_the_user_of_sudo_is_trusted_with_enufs_code(shop: Stack, foreign: tuple[str, ...]) -> None:
    give_to_alice(shop)
    shop.enuf = foreign
    shop.env["SUDO_UID"] = str(ALICE)
    assert shop.run("config").err == ""


def test_no_module_of_the_current_folder_becomes_one_of_enufs(shop: Stack) -> None:
    shop.enuf = (shop.enuf[0], "-m", "enuf")
    for name in ("json", "click", "msgspec", "flask"):
        shop.write(f"{name}.py", WITNESS)
    give_to_alice(shop)
    assert shop.run("config").code == 0
    assert users_of_the_app(shop) == set()


def test_the_hint_for_somebody_else_never_runs_their_code_as_root(
    shop: Stack, foreign: tuple[str, ...]
) -> None:
    give_to_alice(shop)
    shop.enuf = foreign
    shop.up()
    bob = Stack(shop.project, enuf=(*as_number(61003), *foreign))
    bob.mark, bob.env = shop.mark, shop.env
    done = bob.run("status")
    assert_refused(done, 9, f"belongs to {ALICE}", f"sudo -u '#{ALICE}' ")


def test_strace_would_have_seen_it(open_folder: Path) -> None:
    """The instrument itself: an access with root's rights is found, one with another user's is not."""
    program = (
        "import os, sys\n"
        "open(sys.argv[1] + '/a').close()\n"
        "os.seteuid(61001)\n"
        "try: open(sys.argv[1] + '/b').close()\nexcept OSError: pass\n"
        "os.seteuid(0)\n"
        "os.chdir(sys.argv[1])\n"
        "if os.fork() == 0:\n    os.chmod('c', 0o600)\n    os._exit(0)\n"
        "os.wait()\n"
    )
    for name in "abc":
        (open_folder / name).touch()
    trace = open_folder / "trace"
    done = run_traced([sys.executable, "-c", program, str(open_folder)], trace)
    assert done.returncode == 0, done
    found = touched_as_root(trace, open_folder)
    assert [name for name in "abc" if any(f'/{name}"' in call or f'"{name}"' in call for call in found)] == [
        "a",
        "c",
    ]
