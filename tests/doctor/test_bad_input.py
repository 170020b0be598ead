"""Whatever stands in the files: no exception, no hang, bounded work."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enuf.doctor.collect.deployment import collect
from enuf.doctor.collect.walk import FILES_LIMIT, SIZE_LIMIT_BYTES, decode_text
from enuf.doctor.engine import examine
from enuf.doctor.read.assemble import evidence_of
from enuf.doctor.read.recognise import kind_of_file
from enuf.doctor.report import github_annotations, json_document, text_report
from enuf.doctor.sarif import sarif_log

INI = """[uwsgi]
chdir = /srv/shop
socket = /run/%n/%(name).sock # here
set-placeholder = name=shop
if-env = PROD
processes = 8
endif =
for = a b
env = X_%(_)=$(Y)
endfor =
mount = /a=a.py
ini = :more
stats = 127.0.0.1:9191
[more]
vacuum = flase
"""
SITE = """upstream back { server unix:/run/shop/shop.sock; server 127.0.0.1:3031 backup; }
server {
    listen 80 default_server;
    server_name a b;
    location /static/ { alias /srv/shop/static/; }
    location / { include uwsgi_params; uwsgi_pass back; }
    location ~ "^/x{2}" { proxy_pass http://unix:/run/x.sock:/; }
}
"""
UNIT = """[Service]
User=www-data
ExecStart=/bin/sh -c 'cd /srv/shop && exec venv/bin/uwsgi \\
    --ini uwsgi.ini'
Environment="A=b c" D=e
"""
APP = "import os, time\nfrom flask import Flask\napp = Flask(__name__)\nKEY = os.environ['KEY']\n@app.route('/')\ndef x():\n    time.sleep(3)\n"
COMPOSE = 'services:\n  web:\n    command: ["uwsgi", "--ini", "uwsgi.ini"]\n    environment:\n      - A=b\n'
FILES = {
    "uwsgi.ini": INI,
    "site.conf": SITE,
    "shop.service": UNIT,
    "app.py": APP,
    "compose.yml": COMPOSE,
    "uwsgi.xml": "<uwsgi><socket>/a</socket><master/></uwsgi>",
    "uwsgi.yaml": "uwsgi:\n  socket: /a\n  env:\n    - A=b\n",
    "uwsgi.json": '{"uwsgi": {"socket": "/a", "env": ["A=b"], "master": true}}',
    "Procfile": "web: cd /x && uwsgi --http :$PORT -w app:app\n",
    "Dockerfile": 'FROM python:3\nWORKDIR /app\nRUN pip install flask \\\n  pyuwsgi\nCMD ["uwsgi", "--ini", "uwsgi.ini"]\n',
    "supervisor.conf": "[program:shop]\ncommand=/venv/bin/uwsgi --ini uwsgi.ini ; go\ndirectory=/srv\n",
    "shop.logrotate": "/var/log/*.log {\n  weekly\n  rotate 4\n}\n",
}
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def survive(texts: dict[str, str]) -> None:
    evidence = evidence_of(texts)
    findings = examine(evidence)
    json_document(evidence, findings, "/srv/app")
    text_report(evidence, findings, "/srv/app", lambda _kind, text: text)
    github_annotations(findings, "/srv/app")
    sarif_log(findings, {}, "1", "/srv/app")


@QUICK
@given(name=st.sampled_from(sorted(FILES)), data=st.binary(max_size=400))
def test_any_bytes_in_any_file(name: str, data: bytes) -> None:
    text, _ = decode_text(data)
    survive({name: text or ""})


@QUICK
@given(
    name=st.sampled_from(sorted(FILES)),
    text=st.text(alphabet="[]{}()%$@#;:=\"'\\\n \t\0uwsgi.ini-/0", max_size=200),
)
def test_any_mixture_of_the_signs_that_mean_something(name: str, text: str) -> None:
    survive({name: FILES[name][:30] + text})


@QUICK
@given(name=st.sampled_from(sorted(FILES)), seed=st.integers(0, 1 << 30), rounds=st.integers(1, 6))
def test_mutated_real_files_beside_healthy_ones(name: str, seed: int, rounds: int) -> None:
    chance = random.Random(seed)
    text = FILES[name]
    for _ in range(rounds):
        place, width = chance.randrange(len(text) + 1), chance.randrange(12)
        piece = chance.choice(
            [
                "",
                "\n",
                "%",
                "%(",
                "$(",
                "{",
                "}",
                '"',
                "\\",
                "=",
                ":",
                "\ufeff",
                text[place : place + width] * 3,
            ]
        )
        text = text[:place] + piece + text[place + width :]
    survive({**FILES, name: text})


@pytest.mark.parametrize("name", sorted(FILES))
def test_half_written_files(name: str) -> None:
    text = FILES[name]
    for end in range(0, len(text), 7):
        survive({name: text[:end]})


@pytest.mark.parametrize(
    "text",
    [
        "[uwsgi]\nini = uwsgi.ini\n",
        "[uwsgi]\nini = :uwsgi\n",
        "[uwsgi]\na = %(b)x\nb = %(a)y\nsocket = %(a)\n",
        "[uwsgi]\nfor-times = 1000000000\na = 1\nendfor =\n",
        "[uwsgi]\nfor-times = 1000\nini = :more\nendfor =\n[more]\nfor-times = 1000\na = 1\nendfor =\n",
        "[uwsgi]\n" + "a = %(" * 5000 + "\n",
        "[uwsgi]\nsocket = " + "(" * 20000 + "\n",
        "[" * 10000,
        "{" * 50000,
        "server {" * 20000,
        "}" * 50000,
        "include site.conf;\nserver { listen 80; include *.conf; }\n",
        'location / { return 200 "' + "\\" * 9999,
        "(" * 3000 + ")" * 3000,
        "[[[[" * 3000,
        "uwsgi:\n" + "".join(" " * depth + "a:\n" for depth in range(400)),
        "services:\n" + "".join("  " * depth + "- a:\n" for depth in range(1, 300)),
    ],
    ids=lambda text: repr(text[:24]),
)
def test_circles_and_depths_come_to_an_end(text: str) -> None:
    for name in FILES:
        survive({name: text})


@pytest.mark.user
def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    secret = tmp_path / "uwsgi.ini"
    secret.write_text("[uwsgi]\nsocket = /a\n")
    secret.chmod(0)
    if os.access(secret, os.R_OK):
        pytest.skip("this user may read everything")
    assert [finding.code for finding in examine(collect([tmp_path]))] == ["D001"]


def test_a_binary_file_with_a_telling_name_is_told_and_others_are_not(tmp_path: Path) -> None:
    (tmp_path / "uwsgi.ini").write_bytes(b"\x7fELF\0\0\1")
    (tmp_path / "picture").write_bytes(b"\x89PNG\0\0")
    findings = examine(collect([tmp_path]))
    assert [(finding.code, Path(finding.file).name) for finding in findings] == [("D001", "uwsgi.ini")]


def test_an_enormous_file_is_left_out_and_told(tmp_path: Path) -> None:
    (tmp_path / "site.conf").write_bytes(b"#" * (SIZE_LIMIT_BYTES + 1))
    assert [finding.code for finding in examine(collect([tmp_path]))] == ["D001"]


def test_a_fifo_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "uwsgi.ini")
    assert [finding.code for finding in examine(collect([tmp_path]))] == ["D001"]


def test_links_in_a_circle_and_dangling_links_are_passed_by(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "gone.ini").symlink_to(tmp_path / "nowhere")
    (tmp_path / "self.conf").symlink_to(tmp_path / "self.conf")
    assert {finding.code for finding in examine(collect([tmp_path]))} == {"D001"}


def test_a_folder_of_too_many_files_is_read_where_it_matters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for promise in FILES_LIMIT:
        monkeypatch.setitem(FILES_LIMIT, promise, 3)
    for number in range(5):
        (tmp_path / f"{number}.txt").touch()
        (tmp_path / f"{number}.scss").touch()
    (tmp_path / "zz").mkdir()
    (tmp_path / "zz/uwsgi.ini").write_text(
        "[uwsgi]\nbuffer-size = 32k\nmodule = app\nsocket = /run/a/a.sock\n"
    )
    evidence = collect([tmp_path])
    found = {finding.code: finding.severity for finding in examine(evidence)}
    assert len(evidence.files) == 4
    assert "U003" in found
    assert found["D001"] == "advice"


def test_configurations_that_are_left_out_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FILES_LIMIT, "configuration", 3)
    for number in range(5):
        (tmp_path / f"{number}.conf").touch()
    (finding,) = examine(collect([tmp_path]))
    assert (finding.code, finding.severity) == ("D001", "error")
    assert finding.message.startswith("2 files that look like configurations")


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("{0}/compose.yml", "services:\n  app{0}:\n    image: shop/app\n", "200 services in compose files"),
        ("{0}/Dockerfile", "FROM python:3.12\nCMD python app{0}.py\n", "200 containers in the project"),
        (
            "{0}.sh",
            "#!/bin/sh\nexec uwsgi --module shop{0}:app --http 127.0.0.1:8000\n",
            "300 starts of uWSGI",
        ),
        ("{0}.sh", "#!/bin/sh\nexec gunicorn --workers 4 shop{0}:app\n", "300 starts of app servers"),
    ],
)
def test_what_lies_beyond_a_bound_is_named(name: str, text: str, what: str) -> None:
    evidence = evidence_of({name.format(number): text.format(number) for number in range(310)})
    said = [finding.message for finding in examine(evidence) if finding.code == "D001"]
    assert [
        line for line in said if f"there are more than {what}" in line and "files hold the others" in line
    ]


def test_virtualenvs_and_version_control_are_not_entered(tmp_path: Path) -> None:
    for folder in (".git", "venv", "node_modules"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "uwsgi.ini").write_text("[uwsgi]\nsocket = a # b\n")
    (tmp_path / "venv/pyvenv.cfg").touch()
    assert collect([tmp_path]).files == ()


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("name", "head", "piece"),
    [
        ("uwsgi.ini", "[uwsgi]\n", "a = %("),
        ("uwsgi.ini", "[uwsgi]\n", "env = A=%(b)c%d\n"),
        ("uwsgi.ini", "[uwsgi]\nsocket = ", " # "),
        ("uwsgi.ini", "[uwsgi]\nmodule = app:app\n", "unheard-of = 1\n"),
        ("site.conf", "server { listen 80; ", "\n"),
        ("site.conf", "server", " "),
        ("site.conf", "server { listen 80;", "location /a { uwsgi_pass unix:/a; }\n"),
        ("site.conf", "server { listen 80;", "include uwsgi_params;\n"),
        ("a.service", "[Service]\n", "ExecStart=/a/uwsgi --ini x\n"),
        ("a.service", "[Service]\n", "Environment=A=b\n"),
        ("run.sh", "#!/bin/sh\n", "uwsgi '"),
        ("shop.logrotate", "", "aaaa "),
        ("Dockerfile", "FROM x\nRUN ", "pip install "),
        ("app.py", "from flask import Flask\n", "a = [1]\n"),
    ],
)
def test_long_files_of_one_piece_take_time_in_proportion(name: str, head: str, piece: str) -> None:
    texts = {
        "uwsgi.ini": "[uwsgi]\nsocket = /a\nmodule = app\n",
        name: head + piece * (100_000 // len(piece)),
    }
    survive(texts)


def test_a_compose_file_without_services_is_recognised_in_linear_time() -> None:
    lines = "".join(f"        - key{number}: {' ' * 40}x\n" for number in range(2000))
    assert kind_of_file("/srv/app/docker-compose.yml", f"x-thing:\n{lines}") == "other"
    assert kind_of_file("/srv/app/docker-compose.yml", "web:\n  build: .\n") == "compose"


def test_a_circle_of_many_files_is_left_at_its_first_turn(tmp_path: Path) -> None:
    count = 30
    for number in range(count):
        (tmp_path / f"{number}.conf").write_text("include *.conf;\nserver { listen 80; }\n")
    evidence = collect([tmp_path])
    assert sum(len(site.includes) for site in evidence.sites) <= count * count
    assert any(problem.kind == "loop" for site in evidence.sites for problem in site.problems)
