"""The survey of a project: secrets in files, packages, links and folders, all of it before anything is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from enuf.errors import SettingsInvalid
from enuf.export.deployment import ExportPlace
from enuf.export.refusals import refuse_what_no_image_holds
from enuf.export.secret_scan import written_secrets
from enuf.export.survey import ProjectFacts, survey_project
from enuf.settings.schema import Settings
from tests.support.parts import settings

INSIDE = ExportPlace(folder="deploy", project="..")
KEY = "-----BEGIN " + "RSA PRIVATE KEY-----\nabc\n"
ACCESS_KEY = "AKIA" + "Q" * 16


def surveyed(project: Path, **rest: object) -> ProjectFacts:
    """The facts of a project whose export goes to `deploy`."""
    return survey_project(project, INSIDE, str(rest.get("environment", "")), rest.get("env_files", ()))  # type: ignore[arg-type]


def refusal(project: Path, chosen: Settings | None = None, **rest: object) -> SettingsInvalid:
    """What is said about a project that no image can hold."""
    with pytest.raises(SettingsInvalid) as caught:
        refuse_what_no_image_holds(surveyed(project, **rest), chosen or Settings(), str(project))
    return caught.value


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("app.py", 'SECRET_KEY = "x7Gk2pQ9vRz"\n', "the value of SECRET_KEY"),
        ("app.py", 'app.secret_key = "x7Gk2pQ9vRz"\n', "the value of SECRET_KEY"),
        ("app.py", 'app.config["API_KEY"] = "x7Gk2pQ9vRz"\n', "the value of API_KEY"),
        ("app.py", 'app.config.update(DB_PASSWORD="x7Gk2pQ9vRz")\n', "the value of DB_PASSWORD"),
        ("app.py", 'conf = {"AUTH_TOKEN": "x7Gk2pQ9vRz"}\n', "the value of AUTH_TOKEN"),
        ("settings.py", 'DATABASE_URL = "postgresql://shop:x7Gk2pQ9@db/shop"\n', "a password in DATABASE_URL"),
        ("enuf.toml", '[tls]\neab_key = "x7Gk2pQ9vRz"\n', "the value of eab_key"),
        ("pyproject.toml", '[tool.enuf.tls]\neab_key = "x7Gk2pQ9vRz"\n', "the value of eab_key"),
        ("requirements.txt", "--index-url https://me:x7Gk2pQ9@pypi.example/simple\n", "a password in an address"),
        ("certs/site.pem", KEY, "a private key"),
        ("notes.txt", f"key {ACCESS_KEY}\n", "an access key"),
    ],
)  # fmt: skip
def test_a_secret_in_a_file_is_named_by_file_and_line_and_never_shown(
    tmp_path: Path, name: str, text: str, what: str
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    error = refusal(tmp_path)
    line = 2 if name.endswith(".toml") else 1
    assert error.summary == f"{name}:{line}: {what} is written in the file, which would be in the image"
    assert "x7Gk2pQ9" not in error.summary + error.detail + error.hint


@pytest.mark.parametrize(
    "text",
    [
        'SECRET_KEY = os.environ["SECRET_KEY"]\n',
        'SECRET_KEY = os.environ.get("SECRET_KEY", "dev-only-key")\n',
        'SECRET_KEY = "dev"\n',
        'SECRET_KEY = "change-me"\n',
        'LABELS = {"password": "Passwort eingeben"}\n',
        'TOKEN_URL = "https://example.com/token"\n',
        'DATABASE_URL = "postgresql://user:password@localhost/db"\n',
        'PASSWORD_FILE = "/run/secrets/password.txt"\n',
        'password = "x7Gk2pQ9vRz"\n',
    ],
)
def test_what_is_no_secret_is_let_through(text: str) -> None:
    assert list(written_secrets("app.py", text)) == []


def test_all_problems_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('API_KEY = "x7Gk2pQ9vRz"\n')
    (tmp_path / "requirements.txt").write_text("flask\n-e ../lib\n")
    (tmp_path / "out").symlink_to("/etc")
    error = refusal(tmp_path)
    assert error.summary.endswith(", and 2 more")
    assert "requirements.txt:2: an editable install of ../lib" in error.detail
    assert "out is a link that leads out of the project" in error.detail


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("-e ../lib", "an editable install of ../lib"),
        (
            "--editable=git+https://example.com/lib.git",
            "an editable install of git+https://example.com/lib.git",
        ),
        ("../lib", "a folder of this machine, ../lib"),
        ("lib @ file:///home/me/lib", "a folder of this machine, /home/me/lib"),
        ("-r ../base.txt", "a file outside of the project, ../base.txt"),
    ],
)
def test_what_pip_cannot_find_in_an_image_is_named(tmp_path: Path, line: str, what: str) -> None:
    (tmp_path / "requirements.txt").write_text(f"flask>=3\n{line}\n")
    assert refusal(tmp_path).summary == f"requirements.txt:2: {what}, which no image has"


def test_requirements_are_read_through_the_files_that_they_name(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements.txt").write_text(
        "-r requirements/base.txt  # all\nflask\nuwsgi @ https://example.com/u.whl\n"
    )
    (tmp_path / "requirements/base.txt").write_text("-r more.txt\n")
    (tmp_path / "requirements/more.txt").write_text("redis\n")
    found = surveyed(tmp_path)
    assert found.packages.files == ("requirements.txt", "requirements/base.txt", "requirements/more.txt")
    assert found.uninstallable == ()


def test_an_editable_install_in_the_projects_environment_is_named(tmp_path: Path) -> None:
    for name, folder in (("lib", "/srv/lib"), ("own", str(tmp_path)), ("enuf", "/src/enuf")):
        record = tmp_path / f".venv/lib/python3.11/site-packages/{name}-1.0.dist-info"
        record.mkdir(parents=True)
        said = {"url": f"file://{folder}", "dir_info": {"editable": True}}
        (record / "direct_url.json").write_text(json.dumps(said))
    error = refusal(tmp_path, environment=str(tmp_path / ".venv"))
    assert "lib is an editable install of /srv/lib" in error.summary
    assert "more" not in error.summary


def test_files_with_passwords_are_not_for_an_image(tmp_path: Path) -> None:
    error = refusal(tmp_path, settings({"access.passwords": {"/": "users.htpasswd"}}))
    assert error.summary.startswith("users.htpasswd: ")


def test_a_file_that_is_left_out_may_hold_what_it_likes(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("# ours\ntools\n")
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/upload.py").write_text(f'KEY = "{ACCESS_KEY}"\n')
    (tmp_path / ".env").write_text(f"AWS={ACCESS_KEY}\n")
    (tmp_path / "secrets.sh").write_text(f"AWS={ACCESS_KEY}\n")
    found = surveyed(tmp_path, env_files=(str(tmp_path / "secrets.sh"),))
    assert found.secrets == ()
    assert "secrets.sh" in found.ignored
    assert "tools" in found.own_ignored


@pytest.mark.parametrize(
    ("names", "manager"),
    [
        (("requirements.txt", "pyproject.toml", "uv.lock"), "uv"),
        (("pyproject.toml", "poetry.lock"), "poetry"),
        (("requirements.txt",), "pip"),
        (("requirements.txt", "wheels/flask.whl"), "wheels"),
        (("setup.py",), "project"),
        ((), "none"),
    ],
)
def test_the_projects_own_way_to_install_is_found(
    tmp_path: Path, names: tuple[str, ...], manager: str
) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert surveyed(tmp_path).packages.manager == manager


def test_data_of_the_app_stays_out_of_the_image(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text('UPLOAD_FOLDER = "uploads"\nURL = "sqlite:///shop.db"\n')
    (tmp_path / "env2").mkdir()
    (tmp_path / "env2/pyvenv.cfg").write_text("")
    assert {"uploads", "shop.db*", "env2", "deploy/*"} <= set(surveyed(tmp_path).ignored)
