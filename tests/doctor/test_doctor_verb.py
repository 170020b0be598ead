"""`enuf doctor` and `enuf explain` on the command line."""

from __future__ import annotations

import json
import os
import re
import shlex
import stat
import subprocess
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from enuf.cli.verb import begin_run
from enuf.cli.verbs.doctor import command as doctor
from enuf.cli.verbs.explain import command as explain
from enuf.doctor.pages import codes, for_readers, live_codes, page
from enuf.language.spoken import begin_language

BROKEN = "[uwsgi]\nsocket = /a.sock # b\n"


def run(verb: click.Command, *words: str, monkeypatch: pytest.MonkeyPatch) -> Result:
    begin_language(os.environ)
    begin_run(words)
    return CliRunner().invoke(verb, list(words), standalone_mode=False)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "uwsgi.ini").write_text(BROKEN)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(folder)
    return folder


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


def test_fix_cures_and_keeps_a_copy_that_the_printed_command_brings_back(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run(doctor, "uwsgi.ini", "--fix", monkeypatch=monkeypatch)
    assert result.return_value == 0
    assert (project / "uwsgi.ini").read_text() == "[uwsgi]\nsocket = /a.sock\n"
    assert [path.name for path in project.iterdir()] == ["uwsgi.ini"]
    way = re.search(r"^the way back: (.*)$", result.stderr, re.MULTILINE)
    assert way is not None
    subprocess.run(shlex.split(way[1]), check=True)
    assert (project / "uwsgi.ini").read_text() == BROKEN


def test_the_folder_of_copies_is_closed_to_others(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(doctor, "uwsgi.ini", "--fix", monkeypatch=monkeypatch)
    (folder,) = (project.parent / "state/enuf/doctor").iterdir()
    for path in (folder, folder.parent, folder.parent.parent):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_fix_leaves_advice_that_is_not_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served = "[uwsgi]\nsocket = 127.0.0.1:3031\nmodule = a:b\nmaster = true\n"
    (project / "uwsgi.ini").write_text(served)
    run(doctor, "--fix", "uwsgi.ini", monkeypatch=monkeypatch)
    assert (project / "uwsgi.ini").read_text() == served
    run(doctor, "--fix", "U014", "uwsgi.ini", monkeypatch=monkeypatch)
    assert (project / "uwsgi.ini").read_text() == served + "need-app = true\n"


@pytest.mark.parametrize(
    "words", [["--fix", "uwsgi.ini"], ["uwsgi.ini", "--fix"], ["--fix", "u020", "uwsgi.ini"]]
)
def test_fix_takes_codes_and_the_word_behind_it_may_be_a_path(
    project: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(doctor, *words, monkeypatch=monkeypatch).return_value == 0
    assert (project / "uwsgi.ini").read_text() == "[uwsgi]\nsocket = /a.sock\n"


def test_fix_refuses_a_code_that_no_rule_has(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = run(doctor, "--fix", "U999", monkeypatch=monkeypatch).exception
    assert isinstance(error, click.UsageError)
    assert "U999" in error.message


def test_a_fix_that_depends_on_what_is_in_front_is_left_and_named(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "uwsgi.ini").unlink()
    site = project / "site.conf"
    site.write_text(
        "server {\n\tlisten 80;\n\tlocation / {\n\t\tinclude uwsgi_params;\n"
        '\t\tuwsgi_param HTTP_TRANSFER_ENCODING "";\n\t\tuwsgi_pass unix:/run/a.sock;\n\t}\n}\n'
    )
    (project / "app.py").write_text("from flask import Flask\napp = Flask(__name__)\n")
    before = site.read_text()
    result = run(doctor, "--fix", monkeypatch=monkeypatch)
    assert site.read_text() == before
    assert "site.conf:6: N014 is left to you" in result.stderr
    assert "enuf doctor --fix N014" in result.stderr
    run(doctor, "--fix", "N014", monkeypatch=monkeypatch)
    assert "\t\tuwsgi_param HTTP_X_FORWARDED_PROTO $scheme;\n\t\tuwsgi_pass" in site.read_text()


def test_a_site_under_two_names_is_cured_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "server {\n    listen 80;\n    location /static {\n        alias /srv/static/;\n    }\n}\n"
    (project / "uwsgi.ini").unlink()
    for folder in ("sites-available", "sites-enabled", "mounted"):
        (project / folder).mkdir()
    (project / "sites-available/shop").write_text(text)
    (project / "sites-enabled/shop").symlink_to("../sites-available/shop")
    (project / "mounted/shop").hardlink_to(project / "sites-available/shop")
    document = json.loads(run(doctor, "--json", ".", monkeypatch=monkeypatch).stdout)
    assert [row["code"] for row in document["findings"]] == ["N006"]
    result = run(doctor, "--fix", ".", monkeypatch=monkeypatch)
    assert (result.exception, result.return_value) == (None, 0)
    assert (project / "sites-enabled/shop").is_symlink()
    for folder in ("sites-available", "sites-enabled", "mounted"):
        assert (project / folder / "shop").read_text() == text.replace("/static {", "/static/ {")


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


def test_a_page_is_shown_without_the_words_of_its_tests(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code in (*codes(), *live_codes()):
        shown = for_readers(page(code, "en") or "")
        assert not re.search(r"^```.* ", shown, re.MULTILINE), code
    assert "`wsgi.py`:\n\n```python\n" in for_readers("```python bad + name=wsgi.py\napp = 1\n```\n")
    printed = run(explain, "U003", "--lang", "en", monkeypatch=monkeypatch).stdout
    assert "```ini\n" in printed
    log = json.loads(run(doctor, "--format", "sarif", ".", monkeypatch=monkeypatch).stdout)
    assert all("bad\n" not in rule["help"]["text"] for rule in log["runs"][0]["tool"]["driver"]["rules"])


def test_the_page_of_a_code_is_printed_as_json_too(monkeypatch: pytest.MonkeyPatch) -> None:
    first_of_each_kind = {code[0]: code for code in reversed(codes())}
    for code in first_of_each_kind.values():
        document = json.loads(run(explain, code, "--json", "--lang", "ko", monkeypatch=monkeypatch).stdout)
        assert (document["code"], document["lang"]) == (code, "ko")
        assert document["page"].startswith(f"# {code} ")
