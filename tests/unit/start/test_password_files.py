"""A password file that nginx could not use, or that others can read, is refused before a start; no password is shown."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from enuf.errors import SettingsInvalid
from enuf.model.app import StaticFolder
from enuf.start.password_files import refuse_unusable_passwords
from enuf.syntax.password_file import libc_schemes
from enuf.system.libc_crypt import can_check
from tests.support.parts import PROJECT, plan, report, settings

BCRYPT = "$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"
SHA512 = "$6$rounds=5000$saltsalt$" + "a" * 86
GUARDED = settings({"access.passwords": {"/": "people", "/api": "off"}})


def refusal(project: Path) -> SettingsInvalid:
    """The error for the files that are there."""
    with pytest.raises(SettingsInvalid) as refused:
        refuse_unusable_passwords(project, GUARDED)
    error = refused.value
    assert error.slug == "password-file-unusable" and error.hint
    assert "hunter2" not in f"{error.summary} {error.hint}"
    return error


def people(project: Path, content: str, mode: int = 0o600) -> None:
    (project / "people").write_text(content)
    (project / "people").chmod(mode)


@pytest.mark.parametrize("content", [f"bob:{BCRYPT}\n", f"# all\n\nbob:{SHA512}:the boss\r\neve:{BCRYPT}"])
def test_hashed_passwords_are_fine(tmp_path: Path, content: str) -> None:
    people(tmp_path, content)
    refuse_unusable_passwords(tmp_path, GUARDED)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("bob:hunter2\n", "line 1: the password is not hashed in a way"),
        (
            f"# all\n\nbob:{BCRYPT}\neve:$y$j9T$abcdefghijklmnop$xxI14acrF4kcY59GsyqJ1DqdhVdc9N0f1.omTKnq.61\n",
            "line 4: the password",
        ),
        ("bob:{PLAIN}hunter2\n", "line 1: the password is not hashed"),
        ("bob:{SHA}fEqNCco3Yq9h5ZUglD3CZJT4lBs=\n", "line 1: the password is not hashed"),
        ("bob:rl.3StKT.4T8M\n", "line 1: the password is not hashed"),
        ("hunter2\n", "line 1 is not a name, a colon and a hashed password"),
        (f":{BCRYPT}\n", "line 1 is not a name"),
        (f" bob:{BCRYPT}\n", "line 1 is not a name"),
        (f"bob:{BCRYPT.replace('$05$', '$14$')}\n", "line 1: the hash takes too long to check"),
        (f"bob:{SHA512.replace('5000', '999999999')}\n", "line 1: the hash takes too long to check"),
        ("", "it names nobody"),
        ("# bob\n", "it names nobody"),
        (f"bob:{BCRYPT}\n" * 2000, "larger than 64k"),
    ],
)
def test_other_content_is_refused_with_its_line(tmp_path: Path, content: str, said: str) -> None:
    people(tmp_path, content)
    assert said in refusal(tmp_path).summary


ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other systems have another C library")


@ON_LINUX
def test_what_the_systems_library_cannot_check_is_known() -> None:
    assert [scheme for scheme in ("$1$", "$2b$", "$2y$", "$5$", "$6$") if not can_check(scheme)] == []
    assert not can_check("$9$")
    lines = (
        f"# a:{BCRYPT}\nbob:{BCRYPT}\neve:{SHA512}\nkim:$apr1$saltsalt$LrttParrLPdxvgutaSXWJ0\nann:{SHA512}\n"
    )
    assert libc_schemes(lines) == ("$2b$", "$6$")


@ON_LINUX
def test_every_hash_that_is_accepted_is_fine_with_the_systems_nginx(tmp_path: Path) -> None:
    people(tmp_path, f"bob:{BCRYPT}\neve:{SHA512}\n")
    refuse_unusable_passwords(tmp_path, replace(GUARDED, nginx="system"))


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o602])
def test_a_file_that_every_user_can_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    people(tmp_path, f"bob:{BCRYPT}\n", mode)
    assert refusal(tmp_path).hint == f"chmod o= {tmp_path}/people"


def test_a_file_that_is_not_there_is_named_with_the_command_that_makes_a_line(tmp_path: Path) -> None:
    error = refusal(tmp_path)
    assert f"there is no file {tmp_path}/people" in error.summary and "openssl passwd -6" in error.hint
    (tmp_path / "people").mkdir()
    assert f"{tmp_path}/people cannot be read" in refusal(tmp_path).summary


def test_a_file_in_a_static_folder_is_refused_whoever_serves_the_folder() -> None:
    folder = StaticFolder(url="/static/", directory=f"{PROJECT}/static", owner="app")
    for mode in ("auto", "off"):
        values = {"static.mode": mode, "access.passwords": {"/": "static/people"}}
        with pytest.raises(SettingsInvalid, match="in the static folder /srv/shop/static"):
            plan(values, report=report(static_folders=(folder,)))
    linked = {f"{PROJECT}/people": f"{PROJECT}/static/people"}
    with pytest.raises(SettingsInvalid, match="in the static folder"):
        plan(
            {"access.passwords": {"/": "people"}},
            report=report(static_folders=(folder,)),
            real_paths=linked,
        )
