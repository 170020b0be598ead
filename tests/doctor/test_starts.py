"""Every way in which files start uWSGI leads to the same configuration, read in the right folder."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from enuf.doctor.evidence import Server
from enuf.doctor.read.assemble import evidence_of
from enuf.doctor.read.commands import uwsgi_commands
from enuf.syntax.unit import read_unit
from enuf.syntax.uwsgi_argv import read_argv
from enuf.syntax.uwsgi_logic import HostContext
from enuf.syntax.uwsgi_read import read_written
from enuf.syntax.yaml_outline import read_outline

INI = "[uwsgi]\nmodule = app:app\nsocket = app.sock\n"


def only_server(texts: dict[str, str]) -> Server:
    servers = evidence_of({"uwsgi.ini": INI, **texts}).servers
    assert len(servers) == 1, servers
    return servers[0]


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        (
            "a.service",
            "[Service]\nWorkingDirectory=/srv/app\nExecStart=/x/bin/uwsgi --ini uwsgi.ini\n",
            "unit",
        ),
        ("a.service", "[Service]\nExecStart=-/x/bin/uwsgi \\\n  --ini /srv/app/uwsgi.ini\n", "unit"),
        (
            "a.service",
            "[Service]\nExecStart=/bin/bash -c 'cd /srv/app; . v/bin/activate; exec uwsgi uwsgi.ini'\n",
            "unit",
        ),
        ("Procfile", "web: uwsgi uwsgi.ini\n", "procfile"),
        (
            "Procfile",
            "release: true\nweb: exec newrelic-admin x; env A=b uwsgi --ini=uwsgi.ini\n",
            "procfile",
        ),
        ("Dockerfile", 'FROM x\nWORKDIR /srv\nWORKDIR app\nCMD ["uwsgi", "--ini", "uwsgi.ini"]\n', "docker"),
        (
            "Dockerfile",
            'FROM x\nWORKDIR /srv/app\nENTRYPOINT ["uwsgi"]\nCMD ["--ini", "uwsgi.ini"]\n',
            "docker",
        ),
        ("Dockerfile", "FROM x AS a\nFROM y\nWORKDIR /srv/app\nCMD uwsgi --ini \\\n  uwsgi.ini\n", "docker"),
        (
            "Dockerfile",
            'FROM x\nWORKDIR /srv/app\nENTRYPOINT ["/start.sh"]\nCMD ["uwsgi", "uwsgi.ini"]\n',
            "docker",
        ),
        (
            "compose.yml",
            "services:\n  web:\n    working_dir: /srv/app\n    command: uwsgi --ini uwsgi.ini\n",
            "compose",
        ),
        (
            "compose.yml",
            'services:\n  web:\n    working_dir: "/srv/app"\n    command: ["uwsgi", "uwsgi.ini"]\n',
            "compose",
        ),
        (
            "compose.yml",
            "services:\n  web:\n    working_dir: /srv/app\n    command:\n      - uwsgi\n      - uwsgi.ini\n",
            "compose",
        ),
        (
            "s.conf",
            "[program:web]\ndirectory=/srv/app\ncommand=/x/uwsgi --ini uwsgi.ini ; here\n",
            "supervisor",
        ),
        ("s.conf", "[program:web]\ncommand=/x/uwsgi\n  --ini uwsgi.ini\ndirectory=/srv/app\n", "supervisor"),
        ("run.sh", "#!/bin/sh\nset -e\ncd /srv/app\nexec uwsgi --ini uwsgi.ini\n", "script"),
    ],
)
def test_a_start_leads_to_its_ini(name: str, text: str, kind: str) -> None:
    server = only_server({name: text})
    assert server.start is not None
    assert (server.start.kind, server.config.files) == (kind, ("/srv/app/uwsgi.ini",))
    assert server.config.value("module") == "app:app"
    assert [str(listener.address) for listener in server.listeners] == [
        "unix:/srv/app/app.sock"
    ] or kind == "unit"


def test_a_stop_is_no_start() -> None:
    server = only_server(
        {"stop.sh": "#!/bin/sh\nuwsgi --stop /run/a.pid\n", "Procfile": "web: gunicorn app:app\n"}
    )
    assert server.start is None


def test_an_ini_of_another_machine_is_found_by_its_name_and_keeps_its_letters() -> None:
    server = only_server(
        {
            "uwsgi.ini": "[uwsgi]\nmodule = app\nsocket = %d%n.sock\n",
            "a.service": "[Service]\nExecStart=/x/uwsgi --ini /opt/shop/uwsgi.ini\n",
        }
    )
    assert server.config.files == ("/srv/app/uwsgi.ini",)
    assert server.config.value("socket") == "/opt/shop/uwsgi.sock"


def test_variables_of_the_unit_are_options_and_fill_placeholders() -> None:
    server = only_server(
        {
            "uwsgi.ini": "[uwsgi]\nmodule = app\nsocket = /run/$(NAME).sock\nif-env = PROD\nprocesses = 8\nendif =\n",
            "a.service": '[Service]\nWorkingDirectory=/srv/app\nEnvironment="NAME=shop" UWSGI_THREADS=3\nExecStart=/x/uwsgi uwsgi.ini\n',
        }
    )
    assert server.config.value("socket") == "/run/shop.sock"
    assert server.config.value("threads") == "3"
    assert server.config.last("processes") is None


def test_an_environment_file_leaves_conditions_open() -> None:
    server = only_server(
        {
            "uwsgi.ini": "[uwsgi]\nmodule = app\nif-env = PROD\nprocesses = 8\nendif =\n",
            "a.service": "[Service]\nEnvironmentFile=/etc/shop\nWorkingDirectory=/srv/app\nExecStart=/x/uwsgi uwsgi.ini\n",
        }
    )
    option = server.config.last("processes")
    assert option is not None
    assert option.conditional
    assert server.config.number("processes", 1) is None


def test_an_included_file_is_no_server_of_its_own() -> None:
    evidence = evidence_of(
        {"uwsgi.ini": "[uwsgi]\nini = base.ini\nmodule = a\n", "base.ini": "[uwsgi]\nmaster = true\n"}
    )
    assert [server.config.files for server in evidence.servers] == [
        ("/srv/app/uwsgi.ini", "/srv/app/base.ini")
    ]


@pytest.mark.parametrize(
    ("line", "directory", "user"),
    [
        ("cd /srv && uwsgi x.ini", "/srv", ""),
        ("sudo -u www-data /x/uwsgi x.ini", "", "www-data"),
        ("gosu app uwsgi x.ini", "", "app"),
        ("poetry run uwsgi x.ini", "", ""),
        ("A=b exec uwsgi x.ini &", "", ""),
        ("sh -c 'cd /a; uwsgi x.ini'", "/a", ""),
    ],
)
def test_shell_lines(line: str, directory: str, user: str) -> None:
    (command,) = uwsgi_commands(line)
    assert (command.directory, command.user, command.argv[-1]) == (directory, user, "x.ini")


@pytest.mark.parametrize(
    "line",
    [
        "pip install uwsgi",
        "apt-get install uwsgi",
        "echo uwsgi x.ini",
        "uwsgi --reload x",
        "which uwsgi",
        "'",
    ],
)
def test_lines_that_start_nothing(line: str) -> None:
    assert list(uwsgi_commands(line)) == []


LINES = [
    "--socket 127.0.0.1:0 -M -p 4",
    "--socket=127.0.0.1:0 --master --processes=4",
    "-s 127.0.0.1:0 -p4 -Mi",
    "--chmod-socket=660 --socket :0",
    "--chmod-socket --socket :0",
    "--process 3 --socket :0",
    "main.ini --socket :0",
    "main.ini --set z=1 --socket :0",
]


@pytest.mark.native
@pytest.mark.parametrize("build", ["/usr/bin/uwsgi", f"{sys.prefix}/bin/uwsgi"])
@pytest.mark.parametrize("line", LINES)
def test_command_lines_are_read_as_uwsgi_reads_them(build: str, line: str, tmp_path: Path) -> None:
    if shutil.which(build) is None:
        pytest.skip(f"no {build} here")
    (tmp_path / "main.ini").write_text("[uwsgi]\na = 1\n[other]\nb = 2\n")
    command = [build, "--show-config", "--no-server", *shlex.split(line)]
    result = subprocess.run(
        command,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    body = result.stdout.decode("utf-8", "replace").partition("[uwsgi]\n")[2].partition(";end")[0]
    printed = [tuple(row.split(" = ", 1)) for row in body.splitlines() if row]
    kept = [row for row in printed if row[0] not in ("show-config", "no-server")]
    world = HostContext(directory=str(tmp_path), read=lambda path: Path(path).read_text())
    config = read_written(read_argv(shlex.split(line), "x", 1), world)
    # a bare file is read without an option of its own
    assert [(each.key, each.value or "true") for each in config.options if each.key != "ini"] == kept


def test_a_unit_with_repeats_resets_and_continued_lines() -> None:
    unit = read_unit(
        "[Unit]\nAfter=a\n[Service]\n# c\nExecStart=\nExecStart=/a \\\n  # not this\n  b\nEnvironment=A=1\nEnvironment=\nEnvironment=B=2\n",
        "x.service",
    )
    assert unit.value("ExecStart") == "/a b"
    assert [setting.value for setting in unit.all("Environment")] == ["B=2"]
    start = unit.last("ExecStart")
    assert start is not None
    assert (start.line, start.column) == (6, 11)


def test_the_outline_of_a_yaml_file() -> None:
    node = read_outline("a:\n  b: 'x' # c\n  d:\n  - 1\n  - e: 2\n    f: 3\ng: [1, \"2\"]\n")
    assert (node.at("a", "b") or node).text == "x"
    listed = (node.at("a", "d") or node).items
    assert [item.text for item in listed[:1]] == ["1"]
    assert {key: each.text for key, each in listed[1].members.items()} == {"e": "2", "f": "3"}
    assert [item.text for item in (node.at("g") or node).items] == ["1", "2"]
