"""`enuf doctor` and `enuf explain` on the command line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from enuf.cli.verb import begin_run
from enuf.cli.verbs.doctor import command as doctor
from enuf.cli.verbs.explain import command as explain
from enuf.doctor.pages import codes
from enuf.language.spoken import begin_language

BROKEN = "[uwsgi]\nsocket = /a.sock # b\n"


def run(verb: click.Command, *words: str, monkeypatch: pytest.MonkeyPatch) -> Result:
    begin_language(os.environ)
    begin_run(words)
    return CliRunner().invoke(verb, list(words), standalone_mode=False)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "uwsgi.ini").write_text(BROKEN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_error_ends_with_1(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(doctor, str(project), monkeypatch=monkeypatch)
    assert result.return_value == 1
    assert "uwsgi.ini:2:10: error U020" in result.stdout


def test_without_a_path_the_project_is_looked_at(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(doctor, monkeypatch=monkeypatch).return_value == 1


def test_fail_on_decides_what_counts(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "uwsgi.ini").write_text("[uwsgi]\nsocket = 127.0.0.1:3031\nmodule = a:b\nneed-app = true\n")
    assert run(doctor, "uwsgi.ini", monkeypatch=monkeypatch).return_value == 0
    assert run(doctor, "uwsgi.ini", "--fail-on", "advice", monkeypatch=monkeypatch).return_value == 1


def test_json_is_one_document(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(doctor, "--json", "uwsgi.ini", monkeypatch=monkeypatch)
    document = json.loads(result.stdout)
    assert document["schema"] == 1
    assert document["checked"] == ["uwsgi.ini"]
    assert [row["code"] for row in document["findings"]] == ["U020"]


def test_diff_shows_and_changes_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(doctor, "uwsgi.ini", "--fix", "--diff", monkeypatch=monkeypatch)
    assert "-socket = /a.sock # b\n+socket = /a.sock\n" in result.stdout
    assert (project / "uwsgi.ini").read_text() == BROKEN


def test_fix_cures_and_keeps_a_copy(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(doctor, "uwsgi.ini", "--fix", monkeypatch=monkeypatch)
    assert result.return_value == 0
    assert (project / "uwsgi.ini").read_text() == "[uwsgi]\nsocket = /a.sock\n"
    assert (project / "uwsgi.ini.enuf-backup").read_text() == BROKEN


@pytest.mark.parametrize("style", ["sarif", "github"])
def test_the_other_formats_print(project: Path, style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "U020" in run(doctor, "uwsgi.ini", "--format", style, monkeypatch=monkeypatch).stdout


def test_sarif_brings_the_pages_of_its_rules(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = json.loads(run(doctor, "uwsgi.ini", "--format", "sarif", monkeypatch=monkeypatch).stdout)
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert rules
    assert all(rule["help"]["markdown"].startswith(f"# {rule['id']} ") for rule in rules)


def test_a_path_that_is_not_there_is_a_usage_error(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(run(doctor, "nowhere", monkeypatch=monkeypatch).exception, click.UsageError)


def test_explain_speaks_the_language_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    assert "**증상.**" in run(explain, "u020", monkeypatch=monkeypatch).stdout
    assert "**What happens.**" in run(explain, "U020", "--lang", "en", monkeypatch=monkeypatch).stdout
    assert json.loads(run(explain, "U020", "--json", monkeypatch=monkeypatch).stdout)["lang"] == "en"


def test_explain_takes_a_name_and_corrects_a_wrong_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "# U020" in run(explain, "ini-inline-comment", "--lang", "en", monkeypatch=monkeypatch).stdout
    error = run(explain, "ini-inline-coment", monkeypatch=monkeypatch).exception
    assert isinstance(error, click.UsageError)
    assert "U020" in error.message


@pytest.mark.parametrize("code", codes())
def test_every_code_has_a_page_in_json_too(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    document = json.loads(run(explain, code, "--json", "--lang", "ko", monkeypatch=monkeypatch).stdout)
    assert document["page"].startswith(f"# {code} ")
