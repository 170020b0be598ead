"""What Dockerfiles and compose files say about containers is read as docker reads them."""

from __future__ import annotations

import pytest

from enuf.doctor.engine import examine, rule_of
from enuf.doctor.read.assemble import evidence_of
from enuf.doctor.read.dockerfiles import instructions, logical_lines
from enuf.doctor.service_variables import variables_of_file

FASTAPI = "from fastapi import FastAPI\n\napp = FastAPI()\n"


def codes_of(texts: dict[str, str], *codes: str) -> list[str]:
    return [each.code for each in examine(evidence_of(texts), [rule_of(code) for code in codes])]


def test_the_lines_of_a_here_document_are_no_instructions() -> None:
    text = "FROM x\nRUN <<EOF cat > /a\nCOOPY a b\nEOF\nCOPY <<-'ONE' <<TWO /b/\n\tUSER x\n\tONE\nUSER y\nTWO\nUSER z\n"
    assert [each.word for each in logical_lines(text)] == ["FROM", "RUN", "COPY", "USER"]


def test_packages_of_a_here_document_are_installed() -> None:
    text = "FROM x\nRUN <<EOF\napt-get install -y nginx\nEOF\n"
    assert [(line, name) for line, name, _ in instructions(text)] == [(1, "FROM"), (2, "RUN")]
    assert "nginx" in evidence_of({"Dockerfile": text}).machines[0].packages


def test_another_character_may_continue_a_line() -> None:
    text = "# escape=`\nFROM x\nRUN a `\n  b\nRUN dir c:\\\nUSER z\n"
    assert [each.word for each in logical_lines(text)] == ["FROM", "RUN", "RUN", "USER"]


def test_a_container_knows_the_service_that_describes_it() -> None:
    evidence = evidence_of(
        {
            "compose.yml": "services:\n  web:\n    build: .\n",
            "Dockerfile": "FROM x\n",
            "other/Dockerfile": "FROM y\n",
        }
    )
    assert [machine.service for machine in evidence.machines] == [evidence.services[0], None]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=plain # a comment", "plain"),
        ("A=with#sign", "with#sign"),
        ('A="quoted # sign"', "quoted # sign"),
        ("export A='x'", "x"),
    ],
)
def test_compose_cuts_a_comment_behind_a_value_without_quotes(line: str, value: str) -> None:
    assert [each.value for each in variables_of_file("/.env", f"# B=1\n{line}\n")] == [value]


def test_a_range_of_ports_leads_to_each_port() -> None:
    texts = {"compose.yml": 'services:\n  web:\n    image: x\n    ports: ["9000-9005:8000-8005"]\n'}
    port = evidence_of(texts).services[0].ports[0]
    assert (port.leads_to(8003), port.leads_to(8006), port.inner) == (True, False, None)


def test_an_image_without_a_command_starts_what_its_base_image_starts() -> None:
    texts = {
        "compose.yml": 'services:\n  web:\n    build: .\n    environment: [PORT=8080]\n    ports: ["8080:8080", "90:90"]\n',
        "Dockerfile": "FROM tiangolo/uvicorn-gunicorn-fastapi:python3.11\nCOPY ./app /app/app\n",
        "app/main.py": FASTAPI,
    }
    (server,) = evidence_of(texts).app_servers
    assert (server.target, server.directory, server.binds[0].text) == ("app.main:app", "/app", "0.0.0.0:8080")
    assert codes_of(texts, "C010") == ["C010"]


def test_nothing_is_known_of_an_inherited_start_without_the_file_of_the_app() -> None:
    texts = {"Dockerfile": "FROM tiangolo/meinheld-gunicorn:python3.9\nCOPY . /app\n", "other.py": FASTAPI}
    assert evidence_of(texts).app_servers == ()


def test_a_script_that_names_another_one_last_starts_what_that_one_starts() -> None:
    texts = {
        "compose.yml": "services:\n  web:\n    build: .\n    entrypoint: ./docker-entrypoint.sh\n",
        "Dockerfile": "FROM python:3.12\nWORKDIR /app\nCOPY . .\n",
        "docker-entrypoint.sh": "#!/bin/sh\n./wait-for-it.sh db:5432 -- \\\n./scripts/run-gunicorn.sh\n",
        "scripts/run-gunicorn.sh": "#!/bin/sh\nexec gunicorn -b :8000 app:app\n",
        "app.py": "app = 1\n",
    }
    (server,) = evidence_of(texts).app_servers
    assert (server.service is not None, server.start.file) == (True, "/srv/app/scripts/run-gunicorn.sh")


@pytest.mark.parametrize(
    "name", ["Dockerfile.j2", "Dockerfile.template", "Dockerfile.md", "{{cookiecutter.name}}/Dockerfile"]
)
def test_a_template_of_a_dockerfile_is_not_refused(name: str) -> None:
    assert codes_of({name: "FROM python\nCOOPY . .\n"}, "C030") == []


@pytest.mark.parametrize(
    "text",
    [
        "services:\n  web:\n    image: {{ image }}\n    posrt: [x]\n",
        "language: python\nservices:\n  docker: {image: x}\n  posrt: y\n",
        "web:\n  image: x\n  posrt: [y]\n",
    ],
)
def test_what_compose_does_not_read_as_it_is_has_no_unknown_keys(text: str) -> None:
    assert codes_of({"other.yml": text}, "C032") == []


def test_a_name_may_be_defined_in_a_file_beside_the_one_that_uses_the_name() -> None:
    part = "services:\n  web:\n    image: x\n    volumes: [data:/data]\n    depends_on: [db]\n"
    assert codes_of({"compose.prod.yml": part}, "C034") == ["C034", "C034"]
    whole = "services:\n  db:\n    image: ${IMAGE:?name the image}\nvolumes:\n  data:\n"
    assert codes_of({"compose.prod.yml": part, "compose.yml": whole}, "C034") == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("requirement.txt", ["C036"]),
        ("Requirements.txt", ["C036"]),
        ("ignored.txt", []),
        ("dist/app.js", []),
        (".env", []),
        ("local.py", []),
        ("*.txt", []),
        ("$NAME.txt", []),
    ],
)
def test_a_source_of_copy_is_missing_only_where_nothing_else_brings_the_file(
    source: str, found: list[str]
) -> None:
    texts = {
        "Dockerfile": f"FROM python:3.12\nCOPY {source} /app/\n",
        "requirements.txt": "flask\n",
        ".gitignore": "ignored.*\n",
        "local.py.example": "",
    }
    assert codes_of(texts, "C036") == found
