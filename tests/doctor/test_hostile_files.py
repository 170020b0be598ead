"""Whatever stands in a file, examining it takes time in proportion to its size."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from tests.doctor.hostile import GROUPS
from tests.doctor.test_bad_input import survive

from enuf.doctor.collect.deployment import collect
from enuf.doctor.collect.walk import LINE_LIMIT, first_overlong_line
from enuf.doctor.engine import FINDINGS_LIMIT, examine
from enuf.doctor.read.assemble import evidence_of


@pytest.mark.timeout(600)
@pytest.mark.parametrize("group", GROUPS)
def test_no_file_takes_long(group: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.doctor.hostile", group],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("", 0), done.stdout + done.stderr


# -- long lines


@pytest.mark.parametrize("name", ["uwsgi.ini", "site.conf", "a.service"])
def test_a_file_with_an_overlong_line_is_left_out_and_told(tmp_path: Path, name: str) -> None:
    head = {"uwsgi.ini": "[uwsgi]\n", "site.conf": "server { listen 80; }\n", "a.service": "[Service]\n"}[
        name
    ]
    (tmp_path / name).write_text(head + "\n" + "#" * (LINE_LIMIT + 1) + "\n")
    evidence = collect([tmp_path])
    findings = examine(evidence)
    assert not evidence.files
    assert [(finding.code, Path(finding.file).name) for finding in findings] == [("D001", name)]
    assert f"line {head.count(chr(10)) + 2} is longer than {LINE_LIMIT} characters" in findings[0].message


def test_python_with_data_in_it_and_files_of_no_interest_are_not_told_of(tmp_path: Path) -> None:
    (tmp_path / "assets.py").write_text(f"DATA = '{'x' * LINE_LIMIT}'\n")
    (tmp_path / "data.yaml").write_text("data: " + "QUJD" * LINE_LIMIT)
    evidence = collect([tmp_path])
    assert [Path(python_file.path).name for python_file in evidence.python_files] == ["assets.py"]
    assert examine(evidence) == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [("", 0), ("a" * LINE_LIMIT, 0), ("a" * LINE_LIMIT + "\n", 0), ("a" * (LINE_LIMIT + 1), 1), ("\n" + "a" * (LINE_LIMIT + 1) + "\n", 2)],
    ids=lambda value: str(value if isinstance(value, int) else len(value)),
)  # fmt: skip
def test_a_line_may_be_as_long_as_the_limit(text: str, line: int) -> None:
    assert first_overlong_line(text) == line


def test_a_rule_that_finds_too_much_says_so(tmp_path: Path) -> None:
    evidence = evidence_of(
        {"uwsgi.ini": "[uwsgi]\nmodule = app\n" + "harakiri = 9 # s\n" * (FINDINGS_LIMIT + 9)}
    )
    findings = [finding for finding in examine(evidence) if finding.code == "U020"]
    assert len(findings) == FINDINGS_LIMIT + 1
    assert "more than" in findings[-1].message


# -- what is no regular file


@pytest.mark.parametrize("name", ["uwsgi.ini", "app.py", "site.conf", "a.service", "Dockerfile", "x"])
def test_a_fifo_or_device_among_the_files_does_not_hang(tmp_path: Path, name: str) -> None:
    (tmp_path / "fifo").mkdir()
    os.mkfifo(tmp_path / "fifo" / name)
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / name).symlink_to("/dev/zero")
    assert stat.S_ISCHR((tmp_path / "link" / name).stat().st_mode)
    evidence = collect([tmp_path])
    assert not evidence.files
    assert {finding.code for finding in examine(evidence)} <= {"D001"}


def test_a_fifo_that_a_configuration_names_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "more")
    (tmp_path / "uwsgi.ini").write_text(
        f"[uwsgi]\nini = {tmp_path}/more\nfor-readline = {tmp_path}/more\na = %(_)\nendfor =\n"
    )
    (tmp_path / "site.conf").write_text(
        f"include {tmp_path}/more;\nserver {{ listen 80; include {tmp_path}/mor*; }}\n"
    )
    assert "D001" in {finding.code for finding in examine(collect([tmp_path]))}


# -- digits

NINES = "9" * 5000
WITH_DIGITS = {
    "uwsgi.ini": [
        "[uwsgi]\nmodule = a:b\nsocket = 127.0.0.1:{}\nhttp-socket = :{}\nstats = :{}\nharakiri = {}\nbuffer-size = {}\n",
        "[uwsgi]\nmodule = a:b\nsocket = /x\nbuffer-size = {}k\nharakiri = {},000\nreload-on-rss = {}m\n",
        "[uwsgi]\nmodule = a:b\nsocket = /x\nprocesses = {}\nthreads = {}\nlisten = {}\nuid = {}\nchmod-socket = {}\ncheaper = {}\n",
        "[uwsgi]\nmodule = a:b\nsocket = /x\nset-ph = a={}\nprocesses = %(a * a)\nlisten = %(a + {})\nthreads = %(a ++)\n",
        "[uwsgi]\nmodule = a:b\nsocket = /x\nvirtualenv = /v/python3.{}\nplugin = python3{}\nfor-times = {}\na = b\nendfor =\n",
    ],
    "site.conf": [
        "server {{\n listen {};\n location / {{ uwsgi_pass 127.0.0.1:3031; }}\n}}",
        "server {{\n listen 1.2.3.4:{};\n listen [::1]:{};\n listen 80 backlog={};\n location / {{ uwsgi_pass 127.0.0.1:{}; }}\n}}",
        "server {{\n listen 80; client_max_body_size {}m;\n location / {{ proxy_pass http://127.0.0.1:{}/; proxy_read_timeout {}s; }}\n}}",
        "server {{\n location / {{ uwsgi_read_timeout {}s; uwsgi_buffer_size {}k; uwsgi_pass 127.0.0.1:3031; }}\n}}",
        "upstream a {{ server 127.0.0.1:{} weight={}; }}\nserver {{ listen 80;\n location / {{ uwsgi_pass a; }} }}",
    ],
    "60-x.conf": ["net.core.somaxconn = {}\n"],
    "a.service": ["[Service]\nExecStart=/usr/bin/uwsgi --socket :{} --module a:b\nTimeoutStopSec={}\nUMask={}\nUser={}\n"],
    "compose.yml": ["services:\n  web:\n    command: uwsgi --socket :{} --module a:b\n    ports: ['{}:{}']\n"],
    "Dockerfile": ["FROM python:3.{}\nEXPOSE {}\nHEALTHCHECK CMD curl http://localhost:{}/\nCMD uwsgi --http :{} --module a:b\n"],
    "app.py": ["from flask import Flask\napp = Flask(__name__)\napp.config['MAX_CONTENT_LENGTH'] = {}\napp.run(port={})\n"],
    "uwsgi.json": ['{{"uwsgi": {{"socket": ":{}", "processes": {}}}}}'],
    "uwsgi.xml": ["<uwsgi><socket>:{}</socket><processes>{}</processes></uwsgi>"],
}  # fmt: skip


@pytest.mark.parametrize(
    "digits", [NINES, "²", "٣", "1²", "९" * 5000], ids=["many", "raised", "arabic", "mixed", "many of India"]
)
@pytest.mark.parametrize(
    ("name", "form"), [(name, form) for name, forms in WITH_DIGITS.items() for form in forms]
)
def test_numbers_that_no_program_takes_are_survived(name: str, form: str, digits: str) -> None:
    beside = {"uwsgi.ini": "[uwsgi]\nmodule = a:b\nsocket = :3031\nlisten = 5000\n"}
    survive({**beside, name: form.replace("{}", digits).format()})
