"""The survey of a project: secrets in files, packages, links and folders, all of it before anything is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from enuf import __version__
from enuf.errors import SettingsInvalid
from enuf.export.deployment import ExportPlace
from enuf.export.refusals import refuse_what_no_image_holds
from enuf.export.registry import TARGETS
from enuf.export.remarks import survey_remarks, variable_remarks
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


@pytest.mark.parametrize(
    ("lock", "line", "what"),
    [
        ("uv.lock", 'lib = { path = "../lib", editable = true }', "a folder of this machine, ../lib"),
        ("uv.lock", "lib = { workspace = true }", "a member of the workspace"),
        ("poetry.lock", 'lib = {path = "libs/lib", develop = true}', "a folder of this machine, libs/lib"),
        ("uv.lock", 'dependencies = ["lib @ file:///home/me/lib"]', "a folder of this machine, /home/me/lib"),
        ("", '[project]\ndependencies = ["lib @ file:///srv/lib"]', "a folder of this machine, /srv/lib"),
    ],
)
def test_what_a_lock_file_takes_from_folders_is_named(
    tmp_path: Path, lock: str, line: str, what: str
) -> None:
    if lock:
        (tmp_path / lock).write_text("")
    (tmp_path / "pyproject.toml").write_text(f"{line}\n")
    number = line.count("\n") + 1
    assert refusal(tmp_path).summary == f"pyproject.toml:{number}: {what}, which no image has"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_a_secret_is_found_in_whatever_encoding_the_file_is(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "app.py").write_text('# Größe\nSECRET_KEY = "x7Gk2pQ9vRz"\n', encoding=encoding)
    assert refusal(tmp_path).summary.startswith("app.py:2: the value of SECRET_KEY")


def test_the_begin_of_a_large_text_is_searched_and_the_rest_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("enuf.export.survey.SIZE_LIMIT_BYTES", 100)
    monkeypatch.setattr("enuf.export.survey.FILES_LIMIT", 2)
    (tmp_path / "a.sql").write_text(f"key {ACCESS_KEY}\n" + "가" * 100)
    (tmp_path / "b.png").write_bytes(b"\0" * 200)
    found = surveyed(tmp_path)
    assert [each.file for each in found.secrets] == ["a.sql"]
    assert found.partly_searched == ("a.sql",)
    assert not found.is_cut
    assert list(survey_remarks(found, str(tmp_path))) == [
        "only the first 1 MB was searched for secrets of a.sql: list what the app does not need in .dockerignore"
    ]
    (tmp_path / "c.txt").write_text("")
    assert surveyed(tmp_path).is_cut
    assert "no more were searched" in next(survey_remarks(surveyed(tmp_path), str(tmp_path)))


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("alembic.ini", "sqlalchemy.url = postgresql://shop:x7Gk2pQ9@db/shop\n", "a password in an address"),
        ("config.json", '{\n"SECRET_KEY": "x7Gk2pQ9vRz",\n}\n', "the value of SECRET_KEY"),
        ("conf/app.yaml", "mail:\n  smtp-password: x7Gk2pQ9vRz\n", "the value of smtp-password"),
        ("app.ini", "[mail]\napiKey = x7Gk2pQ9vRz # ours\n", "the value of apiKey"),
    ],
)
def test_a_secret_in_a_configuration_is_named(tmp_path: Path, name: str, text: str, what: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    line = text.count("\n", 0, text.index("x7Gk")) + 1
    assert refusal(tmp_path).summary.startswith(f"{name}:{line}: {what} is written")


@pytest.mark.parametrize(
    "text",
    [
        '{"password": "Passwort", "token": "Token eingeben"}',
        '{\n  "password": "비밀번호"\n}',
        "password: ${PASSWORD_1}\n",
        "secret_key: change-me-2\n",
        "api_key_file: /run/secrets/api1\n",
        "public_key: x7Gk2pQ9vRz\n",
    ],
)
def test_words_of_a_configuration_are_let_through(text: str) -> None:
    assert list(written_secrets("words.yaml", text)) == []


@pytest.mark.parametrize("name", ["prod.env", "conf/mail.env", "docker-compose.yml", "compose.prod.yaml"])
def test_files_with_variables_of_an_engine_stay_out_of_the_image(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(f"AWS={ACCESS_KEY}\n")
    assert surveyed(tmp_path).secrets == ()


def test_a_password_of_a_private_index_has_a_cure_that_leaves_the_requirements_in_place(
    tmp_path: Path,
) -> None:
    (tmp_path / "requirements.txt").write_text("--extra-index-url https://me:x7Gk2pQ9@pypi.example/simple\n")
    assert "pip download -d wheels" in refusal(tmp_path).hint


def test_wheels_without_enuf_are_said(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels/flask-3.0-py3-none-any.whl").write_text("")
    assert "pip download -d wheels enuf==" in next(survey_remarks(surveyed(tmp_path), str(tmp_path)))
    (tmp_path / f"wheels/enuf-{__version__}-py3-none-any.whl").write_text("")
    assert list(survey_remarks(surveyed(tmp_path), str(tmp_path))) == []


def test_a_database_that_no_volume_can_hold_is_said(tmp_path: Path) -> None:
    (tmp_path / "config.py").write_text('URL = "sqlite:///app.db"\n')
    (remark,) = survey_remarks(surveyed(tmp_path), str(tmp_path))
    assert remark.startswith("config.py:1: the SQLite database app.db lies in the project's own folder")


@pytest.mark.parametrize(
    "line",
    ['NAME="a b"', "NAME='a'", "export NAME=a", "NAME=a # why", "NAME = a", "NAME=${HOME}/x", "NAME=a "],
)
def test_a_variable_that_engines_read_otherwise_is_said_without_its_value(tmp_path: Path, line: str) -> None:
    (tmp_path / ".env").write_text(f"# mine\nPLAIN=x7Gk2\n{line}\n")
    found = surveyed(tmp_path, env_files=(str(tmp_path / ".env"),))
    (remark,) = variable_remarks(found, TARGETS["kubernetes"])
    assert remark.startswith(".env:3: NAME is read otherwise")
    assert list(variable_remarks(found, TARGETS["swarm"])) == []


def test_variables_for_development_are_said_for_every_engine(tmp_path: Path) -> None:
    (tmp_path / ".flaskenv").write_text("FLASK_APP=shop\nFLASK_DEBUG=1\n")
    found = surveyed(tmp_path, env_files=(str(tmp_path / ".flaskenv"),))
    for target in TARGETS.values():
        (remark,) = variable_remarks(found, target)
        assert remark.startswith(".flaskenv:2: FLASK_DEBUG is for development")
