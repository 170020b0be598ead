"""Secrets and service managers of sites made by hand: what is carried over, and what ends the old server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from enuf.discover.managed_starts import managed_starts
from enuf.discover.running_servers import RunningServer
from enuf.errors import SettingsInvalid
from enuf.install.takeover.afterwards import old_parts
from enuf.install.takeover.choose import find_hand_made
from enuf.install.takeover.found import HandMade
from enuf.install.takeover.managed_servers import refuse_undescribed, running_of
from enuf.install.takeover.old_environment import carried_variables, running_variables
from enuf.install.takeover.old_servers import old_servers
from tests.unit.install.test_takeover import PROXY, SITE, UWSGI, Host

SECRET = "s3cret-value"
UNIT = """[Service]
User=sammy
WorkingDirectory={project}
%s
ExecStart={project}/venv/bin/gunicorn --bind unix:{project}/shop.sock wsgi:app
"""
RUN = "exec %s {project}/venv/bin/gunicorn --bind unix:{project}/shop.sock wsgi:app 2>&1\n"
PROGRAM = """[program:%s]
command={project}/venv/bin/gunicorn --bind unix:{project}/shop.sock wsgi:app
directory={project}
user=sammy
"""


@pytest.fixture
def host(tmp_path: Path) -> Host:
    made = Host(tmp_path)
    made.site(PROXY)
    return made


def found(host: Host) -> HandMade:
    return find_hand_made(host.project, str(host.nginx / "nginx.conf"), host.project.parent / "etc")


def carried(host: Host) -> dict[str, str]:
    made = found(host)
    assert SECRET not in repr(made)
    return {name: each.value for name, each in made.carried.variables.items()}


def commands(host: Host) -> list[str]:
    parts = old_parts(found(host), "shop", lambda _path: "")
    root = str(host.project.parent)
    return [each.command.replace(root, "") for each in parts][:-1]


@pytest.mark.parametrize(
    ("lines", "variables"),
    [
        (f"Environment=SECRET_KEY={SECRET}", {"SECRET_KEY": SECRET}),
        (f'Environment="SECRET_KEY={SECRET} x" DEBUG=0', {"SECRET_KEY": f"{SECRET} x", "DEBUG": "0"}),
        ("Environment=A=1\nEnvironment=\nEnvironment=B=2", {"B": "2"}),
        ("Environment=PATH=/srv/bin LANG=C LC_ALL=C A=100%%", {"A": "100%"}),
        ("Environment=A=1\nEnvironmentFile={project}/../etc/shop.env", {"A": "from the file", "K": SECRET}),
        ("EnvironmentFile=-/nowhere/shop.env", {}),
        ("EnvironmentFile={project}/../etc/env.d/*.env", {"ONE": "1", "TWO": "2"}),
        ("EnvironmentFile={project}/.env", {}),
    ],
)
def test_the_variables_of_a_unit_are_carried_over(host: Host, lines: str, variables: dict[str, str]) -> None:
    host.write("etc/systemd/system/shop.service", UNIT % lines.replace("%%", "%%%%") % ())
    host.write("etc/shop.env", f"# of the shop\nA='from the file'\nexport_me\nK={SECRET}\n")
    host.write("etc/env.d/1.env", "ONE=1\n")
    host.write("etc/env.d/2.env", "TWO=2\n")
    host.write("shop/.env", "STAYS=there\n")
    assert carried(host) == variables
    assert host.project.exists() and not found(host).gaps
    assert commands(host)[0] == "sudo systemctl disable --now shop.service"


def test_an_override_of_a_unit_counts_as_its_last_lines(host: Host) -> None:
    host.write("etc/systemd/system/shop.service", UNIT % "Environment=A=1 B=2")
    host.write("etc/systemd/system/shop.service.d/override.conf", f"[Service]\nEnvironment=B={SECRET}\n")
    assert carried(host) == {"A": "1", "B": SECRET}
    made, root = found(host), str(host.project.parent)
    files, folders = (
        tuple(path.removeprefix(root) for path in paths)
        for paths in (made.server.files, made.server.override_folders)
    )
    of_system = replace(made, server=replace(made.server, files=files, override_folders=folders))
    unit = "/etc/systemd/system/shop.service"
    assert f"sudo rm -r {unit} {unit}.d && sudo systemctl daemon-reload" in [
        each.command for each in old_parts(of_system, "shop", lambda _path: "")
    ]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("EnvironmentFile=/nowhere/shop.env", "EnvironmentFile /nowhere/shop.env: the file is missing"),
        (
            "Environment=HOST_NAME=%H",
            "the variable HOST_NAME: only what starts the old server knows its value",
        ),
        ("LoadCredential=key:/etc/key", "LoadCredential: secrets that systemd hands over otherwise"),
        ("Environment=1A=b", "the variable 1A: a name has letters"),
    ],
)
def test_a_variable_that_cannot_be_carried_over_is_named_without_its_value(
    host: Host, lines: str, said: str
) -> None:
    host.write("etc/systemd/system/shop.service", UNIT.replace("%s", lines))
    (gap,) = found(host).gaps
    assert f"{gap.text}: {gap.why}".startswith(said)
    assert gap.place.endswith("shop.service:4")


def test_gunicorn_and_uwsgi_have_variables_of_their_own(host: Host) -> None:
    host.write("etc/systemd/system/shop.service", UNIT % "Environment=A=unit")
    unit = host.project.parent / "etc/systemd/system/shop.service"
    unit.write_text(unit.read_text().replace("--bind", f"--env A=own --env K={SECRET} --bind"))
    assert carried(host) == {"A": "own", "K": SECRET}
    unit.unlink()
    host.site(SITE)
    host.write("shop/shop.ini", f"{UWSGI}env = K={SECRET}\nenv = DB=sqlite:///x?a=b\n")
    assert carried(host) == {"K": SECRET, "DB": "sqlite:///x?a=b"}


def test_gunicorns_socket_of_systemd_is_found_and_ended_with_it(host: Host) -> None:
    host.write(
        "etc/systemd/system/gunicorn.service",
        "[Unit]\nRequires=gunicorn.socket\n" + UNIT.replace("--bind unix:{project}/shop.sock ", "") % "",
    )
    host.write(
        "etc/systemd/system/gunicorn.socket",
        "[Socket]\nListenStream={project}/shop.sock\nSocketUser=www-data\n",
    )
    assert commands(host)[0] == "sudo systemctl disable --now gunicorn.socket gunicorn.service"


@pytest.mark.parametrize(
    ("file", "text", "variables", "ends"),
    [
        (
            "supervisor/conf.d/shop.conf",
            PROGRAM % "shop" + f'environment=SECRET_KEY="{SECRET}",DB="pg://u:p@h/d?x=1" ; ours\n',
            {"SECRET_KEY": SECRET, "DB": "pg://u:p@h/d?x=1"},
            [
                "sudo supervisorctl stop shop",
                "sudo rm /etc/supervisor/conf.d/shop.conf && sudo supervisorctl update",
            ],
        ),
        (
            "supervisor/conf.d/all.conf",
            PROGRAM % "web"
            + "environment=\n  A='1',\n  B=2\n[program:mail]\ncommand=mail\n[group:shop]\nprograms=web,mail\n",
            {"A": "1", "B": "2"},
            [
                "sudo supervisorctl stop shop:web",
                "sudoedit /etc/supervisor/conf.d/all.conf && sudo supervisorctl update",
            ],
        ),
        (
            "supervisord.d/shop.ini",
            PROGRAM % "shop"
            + 'numprocs=2\nprocess_name=%%(program_name)s\nenvironment=HERE="%(here)s/x",P="50%%"\n',
            {"HERE": "{etc}/supervisord.d/x", "P": "50%"},
            [
                "sudo supervisorctl stop 'shop:*'",
                "sudo rm /etc/supervisord.d/shop.ini && sudo supervisorctl update",
            ],
        ),
        (
            "supervisord.conf",
            f"[supervisord]\nenvironment=K={SECRET}\n" + PROGRAM % "shop" + "environment=L=1\n",
            {"L": "1", "K": SECRET},
            ["sudo supervisorctl stop shop", "sudoedit /etc/supervisord.conf && sudo supervisorctl update"],
        ),
        (
            "sv/shop/run",
            f"#!/bin/sh\nexec 2>&1\ncd {{project}}\nexport K='{SECRET}' L=1\n"
            + RUN % "chpst -u sammy:www-data -e {project}/../etc/sv/shop/env",
            {"E": "in a file", "K": SECRET, "L": "1"},
            ["sudo sv force-stop shop", "sudo rm -r /etc/service/shop"],
        ),
        (
            "service/shop/run",
            f"#!/bin/bash\nDIR={{project}}\nK={SECRET}\nexport K\ncd $DIR\n"
            + RUN % "env L=2 setuidgid sammy",
            {"K": SECRET, "L": "2"},
            ["sudo sv force-stop shop", "sudo rm -r /etc/service/shop"],
        ),
    ],
)
def test_a_server_of_supervisor_or_runit_is_taken_over_and_ended_by_its_own_command(
    host: Host, file: str, text: str, variables: dict[str, str], ends: list[str]
) -> None:
    etc = host.project.parent / "etc"
    host.write(f"etc/{file}", text)
    host.write("etc/sv/shop/env/E", "in a file\nnot this\n")
    assert carried(host) == {name: value.replace("{etc}", str(etc)) for name, value in variables.items()}
    assert commands(host)[: len(ends)] == ends
    made = found(host)
    assert made.server.user is not None and made.server.user.value == "sammy"
    assert (made.server.target, made.server.unit, made.gaps) == ("wsgi:app", "", ())


@pytest.mark.parametrize(
    ("file", "ends"),
    [
        ("uwsgi/vassals/shop.ini", "sudo rm /etc/uwsgi/vassals/shop.ini"),
        ("uwsgi-emperor/vassals/shop.ini", "sudo rm /etc/uwsgi-emperor/vassals/shop.ini"),
        ("uwsgi/apps-enabled/shop.ini", "sudo service uwsgi stop shop"),
    ],
)
def test_a_vassal_ends_with_its_file(host: Host, file: str, ends: str) -> None:
    host.site(SITE)
    host.write(f"etc/{file}", f"{UWSGI}env = K={SECRET}\n")
    assert commands(host)[0] == ends
    assert carried(host) == {"K": SECRET}
    etc = host.project.parent / "etc" / file
    host.write("shop/shop.ini", UWSGI)
    etc.unlink()
    etc.symlink_to(host.project / "shop.ini")
    assert commands(host)[0] == ends


def test_a_value_that_only_supervisor_knows_and_a_script_are_named(host: Host) -> None:
    host.write("etc/supervisor/conf.d/shop.conf", PROGRAM % "shop" + "environment=K=%(ENV_K)s,L=1\n")
    assert [gap.text for gap in found(host).gaps] == ["the variable K"]
    (host.project.parent / "etc/supervisor/conf.d/shop.conf").unlink()
    host.write("etc/sv/shop/run", "#!/bin/sh\n. {project}/secrets.sh\ncd {project}\n" + RUN % "")
    assert [gap.text for gap in found(host).gaps] == [f"{host.project}/secrets.sh"]


def server(manager: str, words: tuple[str, ...] = ("wsgi:app",)) -> RunningServer:
    return RunningServer(
        program="gunicorn", pid=77, words=words, path="/srv/gunicorn", directory="/srv/shop", user="sammy",
        unit="", manager=manager, sockets=("127.0.0.1:8000",),
    )  # fmt: skip


def test_a_daemon_is_ended_by_its_pid_and_not_by_what_its_pid_file_says(host: Host) -> None:
    host.site(SITE)
    host.write("shop/shop.ini", f"{UWSGI}pidfile = {{project}}/uwsgi.pid\n")
    made = found(host)
    running = replace(made, server=replace(made.server, pid=812, unit="", started_by=None))
    first, *_ = old_parts(running, "shop", lambda _path: "")
    assert first.command == "sudo kill -INT 812"


def test_the_python_beside_a_program_is_found_from_the_folder_in_which_that_was_started(host: Host) -> None:
    host.write("shop/venv/pyvenv.cfg", "")
    host.write("shop/venv/bin/python", "")
    host.write("shop/run/nothing", "")
    started = RunningServer(
        program="gunicorn", pid=77, words=("--bind", "unix:shop.sock", "wsgi:app"), path="../venv/bin/gunicorn",
        directory=f"{host.project}/run", user="sammy", unit="", sockets=(),
    )  # fmt: skip
    (only,) = old_servers(host.project, [started], etc=host.project.parent / "etc")
    assert only.translation.settings["python"].value == f"{host.project}/venv/bin/python"


def test_a_manager_without_a_file_is_refused_with_the_way_out() -> None:
    for manager in ("supervisor", "runit", "emperor"):
        with pytest.raises(SettingsInvalid) as error:
            refuse_undescribed([], [server(manager)])
        assert f"run by {manager}" in error.value.summary
        assert "/etc/" in (error.value.hint or "")
    refuse_undescribed([], [server("")])


def test_the_running_server_of_a_program_is_that_of_its_manager(host: Host) -> None:
    host.write("etc/supervisor/conf.d/shop.conf", PROGRAM % "shop")
    etc = host.project.parent / "etc"
    (start,) = managed_starts(host.project, lambda path: path.read_text(), etc)
    same = server("supervisor", start.server.arguments)
    assert running_of(start, [server(""), server("supervisor"), same]) is same
    assert running_of(start, [server("")]) is None


@pytest.fixture
def by_hand() -> Iterator[int]:
    """Yield a process as `nohup` leaves it, with variables of its shell and of its app."""
    environ = {
        "PATH": "/usr/bin:/bin",
        "SSH_TTY": "/dev/pts/1",
        "PWD": "/srv",
        "SHLVL": "1",
        "SECRET_KEY": SECRET,
    }
    words = [sys.executable, "-c", "print('up', flush=True); import sys; sys.stdin.read()"]
    with subprocess.Popen(words, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline()
        yield process.pid
        process.kill()


def test_a_server_that_nohup_left_has_the_variables_of_its_own_process(by_hand: int) -> None:
    place = f"the running gunicorn (pid {by_hand})"
    found = carried_variables(running_variables(by_hand, place))
    assert {name: (each.value, each.place) for name, each in found.variables.items()} == {
        "SECRET_KEY": (SECRET, place)
    }
    assert found.gaps == ()
