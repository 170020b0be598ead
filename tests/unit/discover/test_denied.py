"""A traceback about a right that the app's user lacks leads to a hint that names the user, the path and the cure."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from enuf.discover.denied import cure_for_denied
from enuf.system.user import user_named

DENIED = "Traceback (most recent call last):\nPermissionError: [Errno 13] Permission denied: {}\n"
CONNECT = '  File "app.py", line 3, in <module>\n    db = sqlite3.connect("{}", timeout=5)\n'
READ_ONLY = "sqlite3.OperationalError: attempt to write a readonly database\n"
UNOPENED = "sqlite3.OperationalError: unable to open database file\n"


@pytest.fixture
def me() -> str:
    user = user_named(str(os.geteuid()))
    return user.name if user else str(os.geteuid())


@pytest.mark.parametrize("path", ["'instance'", "'instance' -> 'b'"])
def test_what_cannot_be_made_in_the_project_needs_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, me: str, path: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path.parent))  # another home would not help
    assert cure_for_denied(DENIED.format(path), str(tmp_path)) == (
        f"the app runs as {me}, who may not make {tmp_path}/instance: chown {me} {tmp_path}, "
        "or name its owner in serve.user (as root)"
    )


def test_a_file_that_is_there_needs_an_owner_itself(tmp_path: Path, me: str) -> None:
    (tmp_path / "shop.log").touch()
    said = cure_for_denied(DENIED.format("'shop.log'"), str(tmp_path))
    assert f"who may not use {tmp_path}/shop.log: chown {me} {tmp_path}/shop.log" in said


def test_nobody_is_asked_to_give_away_a_folder_of_the_system(tmp_path: Path, me: str) -> None:
    said = cure_for_denied(DENIED.format("'/var/log/shop/x.log'"), str(tmp_path))
    assert "chown" not in said
    assert said == (
        f"the app runs as {me}, who may not make /var/log/shop: choose a place in a folder that belongs to {me}, or make this one for {me}"
    )


def test_what_lies_in_the_home_may_get_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setenv("HOME", "/var/www")
    said = cure_for_denied(DENIED.format("'/var/www/.shoprc'"), str(tmp_path))
    assert said.endswith("or HOME=… in .env, for another home than /var/www")


@pytest.mark.parametrize("fault", [READ_ONLY, UNOPENED])
def test_a_database_needs_its_folder_too(tmp_path: Path, me: str, fault: str) -> None:
    (tmp_path / "shop.db").touch()
    said = cure_for_denied(CONNECT.format("shop.db") + fault, str(tmp_path))
    assert f"the app runs as {me}, who cannot write the database {tmp_path}/shop.db: " in said
    assert said.endswith(f"chown {me} {tmp_path} {tmp_path}/shop.db")


def test_a_database_of_a_library_is_not_named_and_still_explained(tmp_path: Path, me: str) -> None:
    said = cure_for_denied(
        f"sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) {UNOPENED[26:]}", "/x"
    )
    assert said.startswith(f"the app runs as {me}, who cannot write the database, or its folder: ")


def test_a_folder_that_is_not_there_is_no_question_of_rights(tmp_path: Path) -> None:
    said = cure_for_denied(CONNECT.format("data/shop.db") + UNOPENED, str(tmp_path))
    assert said.startswith(f"there is no folder {tmp_path}/data for the database: make it")


def test_a_read_only_file_system_needs_another_place() -> None:
    said = cure_for_denied("OSError: [Errno 30] Read-only file system: '/srv/x'\n", "/srv")
    assert said.startswith("/srv/x is on a file system that is read-only here: choose another place")


@pytest.mark.parametrize(
    "text", ["KeyError: 'x'\n", "PermissionError: [Errno 13] Permission denied\n", "print('readonly')\n", ""]
)
def test_other_faults_have_no_such_hint(text: str) -> None:
    assert cure_for_denied(text, "/srv") == ""
