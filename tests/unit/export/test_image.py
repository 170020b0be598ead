"""The image: what its Dockerfile does, and what never enters it."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest

from enuf.errors import SettingsInvalid
from enuf.export.deployment import ExportPlace, Packages
from enuf.export.describe import engine_name, image_reference
from enuf.export.ignore import is_ignored, patterns_of
from enuf.export.targets.image import Image
from enuf.model.app import StaticFolder
from enuf.plan.in_container import request_in_container
from tests.support.exports import UPLOADS, deployment, exported, facts
from tests.support.parts import PROJECT, VENV, plan_request, report


def lines(text: str) -> list[str]:
    """The instructions of a Dockerfile."""
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_the_last_stage_begins_with_a_base_that_has_no_compiler_and_can_be_pinned() -> None:
    text = lines(exported("image")["Dockerfile"])
    assert "ARG PYTHON_IMAGE=python:3.11-slim" in text
    assert "ARG BUILD_IMAGE=python:3.11" in text
    stages = [line for line in text if line.startswith("FROM")]
    assert stages == ["FROM ${BUILD_IMAGE} AS packages", "FROM ${PYTHON_IMAGE}"]
    last = text[text.index(stages[1]) :]
    assert not any("pip" in line or "apt" in line for line in last)


def test_the_container_is_not_roots_and_ends_and_is_asked_as_engines_expect() -> None:
    text = lines(exported("image")["Dockerfile"])
    assert "USER 10001:10001" in text
    assert "STOPSIGNAL SIGTERM" in text
    assert any(line.startswith("HEALTHCHECK") for line in text)
    assert json.loads(text[-1].removeprefix("CMD ")) == ["enuf", "up", "app.py:app", "--set", "env_file="]


def test_no_health_check_is_made_of_an_app_that_wants_none() -> None:
    assert "HEALTHCHECK" not in exported("image", {"reload.health": "off"})["Dockerfile"]


@pytest.mark.parametrize(
    ("packages", "expected"),
    [
        (Packages(manager="pip", files=("requirements.txt",)), "RUN pip install -r requirements.txt enuf==1.2.3"),
        (
            Packages(manager="wheels", files=("requirements.txt",), folder="wheels"),
            "RUN pip install --no-index --find-links=wheels -r requirements.txt enuf==1.2.3",
        ),
        (Packages(manager="uv", files=("pyproject.toml", "uv.lock")), "COPY pyproject.toml uv.lock ./"),
        (Packages(manager="poetry", files=("pyproject.toml", "poetry.lock")), "COPY pyproject.toml poetry.lock ./"),
        (Packages(manager="project"), "RUN pip install . enuf==1.2.3"),
        (Packages(manager="none"), "RUN pip install enuf==1.2.3"),
    ],
    ids=lambda value: value.manager if isinstance(value, Packages) else "",
)  # fmt: skip
def test_the_packages_come_as_the_project_installs_them(packages: Packages, expected: str) -> None:
    assert expected in exported("image", facts=facts(packages=packages))["Dockerfile"].splitlines()


def test_a_lock_file_is_installed_as_it_stands() -> None:
    uv = exported("image", facts=facts(packages=Packages(manager="uv", files=("pyproject.toml", "uv.lock"))))
    assert "uv sync --frozen --no-dev" in uv["Dockerfile"]


def test_requirements_in_folders_keep_their_folders() -> None:
    packages = Packages(manager="pip", files=("requirements.txt", "requirements/base.txt"))
    text = exported("image", facts=facts(packages=packages))["Dockerfile"]
    assert "COPY requirements.txt ./\nCOPY requirements/base.txt ./requirements/" in text


@pytest.mark.parametrize("server", ["gunicorn", "granian"])
def test_a_server_is_installed_where_the_topology_needs_it(server: str) -> None:
    text = exported("image", {"topology": f"nginx-{server}"})["Dockerfile"]
    assert f'"enuf[{server}]==1.2.3"' in text


def test_what_the_app_writes_belongs_to_the_user_of_the_image() -> None:
    text = exported("image", facts=facts(UPLOADS))["Dockerfile"]
    assert "RUN mkdir -p /app/uploads && chown 10001:10001 /app/uploads" in text


def test_the_configs_have_the_paths_of_the_container() -> None:
    files = exported("image")
    assert "chdir = /app\n" in files["conf/uwsgi.ini"]
    assert "access_log /var/log/enuf/access.log enuf buffer=4k flush=100ms;" in files["conf/nginx.conf"]
    assert not [name for name, text in files.items() if PROJECT in text or VENV in text]


def test_files_that_lie_outside_of_the_project_are_a_context_of_their_own() -> None:
    inside = exported("image")["Dockerfile"]
    outside = exported("image", place=ExportPlace(folder="/tmp/out", project=PROJECT))["Dockerfile"]
    assert "COPY deploy/conf /etc/enuf/conf" in inside
    assert "COPY --from=conf . /etc/enuf/conf" in outside
    assert "--build-context conf=/tmp/out/conf" in outside


def test_a_builder_finds_what_it_must_leave_out_wherever_the_files_lie() -> None:
    files = exported("image")
    assert files[".dockerignore"] == files["Dockerfile.dockerignore"]
    own = exported("image", place=ExportPlace(folder="", project="."))
    assert "Dockerfile.dockerignore" not in own
    ignored = patterns_of(files[".dockerignore"])
    left_out = (
        ".env",
        "sub/.env.production",
        "certs/site.key",
        ".git/config",
        ".venv/bin/python",
        "deploy/Dockerfile",
    )
    assert [path for path in left_out if not is_ignored(path, ignored)] == []
    kept = ("app.py", "shop/views.py", "deploy/conf/nginx.conf", "environment.py")
    assert [path for path in kept if is_ignored(path, ignored)] == []


def test_the_probe_asks_for_the_sites_host_and_takes_what_is_healthy() -> None:
    files = exported("image", {"serve.hosts": ["shop.example.com"], "reload.health": "/health"})
    program = files["conf/probe.py"]
    ast.parse(program)
    assert 'PATH = "/health"' in program
    assert '"Host": "shop.example.com"' in program
    assert "status < 400" in program
    assert "status < 500" in exported("image")["conf/probe.py"]


@pytest.mark.parametrize(
    "differences",
    [
        {"report": report(static_folders=(StaticFolder(url="/s/", directory="/srv/other", owner="app"),))},
        {"extra_static": (StaticFolder(url="/media/", directory="/mnt/media", owner="static.extra"),)},
    ],
    ids=["of the app", "static.extra"],
)
def test_a_folder_outside_of_the_project_is_refused_by_name(differences: dict[str, Any]) -> None:
    with pytest.raises(SettingsInvalid, match=r"/srv/other|/mnt/media"):
        request_in_container(plan_request(**differences))


def test_the_folders_of_installed_packages_are_those_of_the_image() -> None:
    admin = f"{VENV}/lib/python3.11/site-packages/flask_admin/static"
    inside = request_in_container(
        plan_request(
            report=report(static_folders=(StaticFolder(url="/admin/", directory=admin, owner="admin"),))
        )
    )
    (folder,) = inside.report.static_folders
    assert folder.directory == "/opt/venv/lib/python3.11/site-packages/flask_admin/static"


@pytest.mark.parametrize(
    ("text", "name"), [("My Shop", "my-shop"), ("2fast", "app-2fast"), ("한글", "app"), ("a" * 80, "a" * 40)]
)
def test_a_name_is_one_that_engines_take(text: str, name: str) -> None:
    assert engine_name(text) == name


def test_an_image_keeps_the_port_of_its_registry() -> None:
    asked = image_reference("registry:5000/shop", "shop")
    assert (asked.name, asked.tag) == ("registry:5000/shop", "1")
    assert str(image_reference("registry:5000/shop:v2", "shop")) == "registry:5000/shop:v2"


def test_no_secret_is_in_a_deployment() -> None:
    assert deployment("image").env_files == (".env",)


def test_a_build_ends_where_the_builder_has_not_read_what_to_leave_out() -> None:
    (guard,) = [line for line in lines(exported("image")["Dockerfile"]) if line.startswith("RUN test ! -e")]
    assert guard.startswith("RUN test ! -e deploy/Dockerfile ||")
    assert is_ignored("deploy/Dockerfile", patterns_of(exported("image")["Dockerfile.dockerignore"]))
    beside = exported("image", place=ExportPlace(folder="", project="."))["Dockerfile"]
    assert "test ! -e" not in beside


def test_the_printed_command_gives_the_app_a_place_to_write() -> None:
    commands = dict(Image().commands(deployment("image", facts=facts(UPLOADS))))
    assert "--read-only" in commands["run"]
    assert "-v shop-uploads:/app/uploads" in commands["run"]
