"""Every way in which files start gunicorn and its kin leads to the same settings, addresses and app."""

from __future__ import annotations

import pytest

from enuf.doctor.engine import examine
from enuf.doctor.evidence import Evidence, PythonServer
from enuf.doctor.read.assemble import evidence_of
from enuf.syntax.yaml_outline import read_documents, read_outline

APP = "from flask import Flask\n\napp = Flask(__name__)\n"


def only(texts: dict[str, str]) -> PythonServer:
    servers = evidence_of({"app.py": APP, **texts}).app_servers
    assert len(servers) == 1, servers
    return servers[0]


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.service", "[Service]\nWorkingDirectory=/srv/app\nExecStart=/v/bin/gunicorn -w 3 -b :8000 app:app\n", "unit"),
        ("a.service", "[Service]\nWorkingDirectory=/srv/app\nEnvironment=N=3\nExecStart=/v/bin/gunicorn -w ${N} -b :8000 app:app\n", "unit"),
        ("a.service", "[Service]\nExecStart=/bin/sh -c 'cd /srv/app && exec gunicorn -w3 --bind=:8000 app:app'\n", "unit"),
        ("Procfile", "release: true\nweb: exec gunicorn --workers=3 --bind :8000 app:app\n", "procfile"),
        ("Dockerfile", 'FROM x\nWORKDIR /srv/app\nCMD ["gunicorn", "-w", "3", "-b", ":8000", "app:app"]\n', "docker"),
        ("Dockerfile", 'FROM x\nWORKDIR /srv/app\nENTRYPOINT ["gunicorn"]\nCMD ["-w", "3", "-b", ":8000", "app:app"]\n', "docker"),
        ("Dockerfile", "FROM x\nWORKDIR /srv/app\nENV N=3\nCMD python -m gunicorn -w $N -b 0.0.0.0:8000 app:app\n", "docker"),
        ("Dockerfile", 'FROM x AS a\nENV WEB_CONCURRENCY=3\nFROM a\nWORKDIR /srv/app\nCMD ["gunicorn", "-b", ":8000", "app:app"]\n', "docker"),
        ("compose.yaml", "services:\n  web:\n    image: x\n    working_dir: /srv/app\n    command: gunicorn -w 3 -b :8000 app:app\n", "compose"),
        ("compose.yaml", "services:\n  web:\n    image: x\n    working_dir: /srv/app\n    command:\n      sh -c \"python m.py &&\n             gunicorn -w 3 -b :8000 app:app\"\n", "compose"),
        ("compose.yaml", "services:\n  web:\n    image: x\n    working_dir: /srv/app\n    environment: {GUNICORN_CMD_ARGS: \"-w 3 -b :8000\"}\n    command: [gunicorn, \"app:app\"]\n", "compose"),
        ("supervisord.conf", "[program:web]\ndirectory=/srv/app\ncommand=/v/bin/gunicorn -w 3 -b :8000 app:app\n", "supervisor"),
        ("start.sh", "#!/bin/sh\nN=3\nBIND=:8000\nexec gunicorn \\\n  -w $N -b $BIND app:app\n", "script"),
        ("pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers:\n  - name: web\n    workingDir: /srv/app\n    command: [gunicorn]\n    args: [-w, '3', -b, ':8000', 'app:app']\n", "kubernetes"),
    ],
)  # fmt: skip
def test_a_start_is_read_wherever_it_stands(name: str, text: str, kind: str) -> None:
    server = only({name: text})
    assert (server.program, server.start.kind, server.target) == ("gunicorn", kind, "app:app")
    assert server.settings.number("workers", 1) == 3
    assert [str(bind.address) for bind in server.binds] == ["0.0.0.0:8000"]
    assert server.python_file is not None


@pytest.mark.parametrize(
    "line",
    [
        "pip install gunicorn==23.0.0",
        "echo gunicorn app:app",
        "pkill gunicorn",
        "# gunicorn app:app",
    ],
)
def test_a_line_that_only_names_gunicorn_starts_nothing(line: str) -> None:
    assert evidence_of({"a.sh": f"#!/bin/sh\n{line}\n"}).app_servers == ()


UNIT = "[Service]\nWorkingDirectory=/srv/app\nExecStart=/v/bin/gunicorn {0} app:app\n"


@pytest.mark.parametrize(
    ("conf", "number", "certain"),
    [
        ("workers = 4", 4, True),
        ("base = 2\nworkers = base * 2 + 1", 5, True),
        ("import multiprocessing\nworkers = multiprocessing.cpu_count() * 2 + 1", 3, False),
        ("import os\nworkers = int(os.environ.get('N', '4'))", 4, False),
        ("import os\nworkers = max(2, (os.cpu_count() or 1))", 2, False),
        ("if True:\n    workers = 4", 4, False),
        ("workers = open('n').read()", None, False),
        ("workers = 9 ** 9 ** 9 ** 9", None, False),
    ],
)
def test_a_configuration_file_is_evaluated_and_never_run(
    conf: str, number: int | None, certain: bool
) -> None:
    server = only({"a.service": UNIT.format("-c gunicorn.conf.py"), "gunicorn.conf.py": conf})
    assert (server.settings.number("workers", 1), server.settings.knows("workers")) == (number, certain)


def test_the_command_line_wins_over_the_configuration_file() -> None:
    server = only({"a.service": UNIT.format("-w 3"), "gunicorn.conf.py": "workers = 9\ntimeout = 90\n"})
    assert (server.settings.number("workers", 1), server.settings.number("timeout", 30)) == (3, 90)


@pytest.mark.parametrize("options", ["-c missing.py", "$GUNICORN_OPTS", "-c $CONF"])
def test_what_is_not_here_is_unknown_and_no_default(options: str) -> None:
    server = only({"a.service": UNIT.format(options)})
    assert server.settings.number("workers", 1) is None
    assert server.settings.worker_class == ""


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ("", "sync"),
        ("--threads 4", "gthread"),
        ("-k gevent", "gevent"),
        ("-k uvicorn.workers.UvicornWorker", "uvicorn.workers.uvicornworker"),
    ],
)
def test_the_worker_class_is_the_one_that_gunicorn_takes(options: str, kind: str) -> None:
    assert only({"a.service": UNIT.format(options)}).settings.worker_class == kind


MANIFEST = """apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
data:
  default.conf: |
    server {
      listen 80;
      location /static { alias /srv/static/; }
    }
"""


def in_manifest() -> Evidence:
    return evidence_of({"conf.yaml": MANIFEST})


def test_a_finding_in_a_configmap_points_at_the_manifest_and_offers_no_fix() -> None:
    found = [each for each in examine(in_manifest()) if each.code == "N006"]
    assert [(each.file, each.line, each.fix) for each in found] == [("/srv/app/conf.yaml", 8, None)]


def test_a_variable_whose_name_begins_like_another_one_keeps_its_own_value() -> None:
    texts = {
        "app.py": APP,
        "compose.yaml": "services:\n  web:\n    image: x\n    working_dir: /srv/app\n    command: gunicorn -b :8000 app:app\n"
        "  old:\n    image: x\n    working_dir: /srv/app\n    command: gunicorn -b :9000 app:app\n",
        "site.conf": "server {\n listen 80;\n set $app web;\n set $app_port 8000;\n"
        " location / { proxy_pass http://$app:$app_port; proxy_set_header Host $host; }\n}\n",
    }
    (pair,) = evidence_of(texts).app_pairs
    assert pair.server.service is not None
    assert pair.server.service.name == "web"


def test_a_template_of_helm_is_not_read_as_a_manifest() -> None:
    text = MANIFEST.replace("listen 80", "listen {{ .Values.port }}")
    assert evidence_of({"conf.yaml": text}).sites == ()


def test_yaml_is_read_with_anchors_flow_and_several_documents() -> None:
    text = "x: &x {a: [1, 'b c'], d: {e: f}}\ny:\n  <<: *x\n  g: |\n    one\n    two\n---\nh: i\n"
    first, second = read_documents(text)
    assert [each.text for each in first.each("y", "a")] == ["1", "b c"]
    assert first.word("y", "d", "e") == "f"
    assert first.at("y", "g") is not None
    assert first.members["y"].members["g"].block == (5, "    one\n    two")
    assert second.word("h") == "i"


def test_a_text_may_begin_on_the_line_after_its_key() -> None:
    assert read_outline("a:\n  one\n  two\nb: c\n").word("a") == "one two"


@pytest.mark.parametrize(
    "text", ["a: &a\n  b: *a\n", "a: *nowhere\n", "a: [[[[\n", "? x\n: y\n", "a: {b: " * 200]
)
def test_strange_yaml_raises_nothing(text: str) -> None:
    read_documents(text)
