"""Rules are found by their folders, comments hush them, findings come in order and once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import enuf.doctor.rules
from enuf.doctor import pages
from enuf.doctor.engine import all_rules, examine
from enuf.doctor.read.assemble import evidence_of
from enuf.doctor.rule import Rule, at_line
from enuf.doctor.rule_folders import rule_folders
from enuf.model.finding import is_at_least

FOLDER = Path(enuf.doctor.__file__).parent


def codes(texts: dict[str, str]) -> list[str]:
    return [finding.code for finding in examine(evidence_of(texts))]


def test_every_folder_is_a_rule_with_its_own_code_and_name() -> None:
    folders = (path for path in (FOLDER / "rules").iterdir() if re.fullmatch(r"[a-z]\d{3}_\w+", path.name))
    names = {path.name for path in folders if any(each.is_file() for each in path.iterdir())}
    assert {f"{rule.code.lower()}_{rule.name.replace('-', '_')}" for rule in all_rules()} == names


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_a_rule_finds_nothing_in_nothing(rule: Rule) -> None:
    assert list(rule.check(evidence_of({}))) == []


@pytest.mark.parametrize(
    "comment",
    [
        "# enuf: ignore[U020]",
        "; enuf: ignore[U003, U020]",
        "#enuf:ignore",
        "# enuf: ignore[u020] until Monday",
    ],
)
def test_a_comment_above_hushes_the_line(comment: str) -> None:
    texts = {"uwsgi.ini": f"[uwsgi]\n{comment}\nsocket = /a.sock # b\n"}
    assert "U020" not in codes(texts)


@pytest.mark.parametrize("comment", ["# enuf: ignore[U003]", "# ignore[U020]", "# enuf: ignore[]"])
def test_a_comment_for_another_code_hushes_nothing(comment: str) -> None:
    assert "U020" in codes({"uwsgi.ini": f"[uwsgi]\n{comment}\nsocket = /a.sock # b\n"})


def test_in_an_ini_a_comment_on_the_line_itself_is_a_value_and_hushes_nothing() -> None:
    assert "U020" in codes({"uwsgi.ini": "[uwsgi]\nsocket = /a.sock # enuf: ignore[U020]\n"})


def test_in_nginx_and_python_a_comment_behind_the_line_hushes_it() -> None:
    rule = Rule(
        "U999", "x", "error", lambda evidence: (at_line(file.path, 1, "m") for file in evidence.files)
    )
    texts = {
        "site.conf": "server { } # enuf: ignore[U999]\n",
        "app.py": "a = 1  # enuf: ignore[U999]\n",
        "b.py": "a = 1\n",
    }
    assert [Path(finding.file).name for finding in examine(evidence_of(texts), [rule])] == ["b.py"]


def test_a_whole_file_can_be_hushed() -> None:
    assert "U020" not in codes(
        {"uwsgi.ini": "[uwsgi]\nmaster = 1\nsocket = /a.sock # b\n# enuf: ignore-file[U020]\n"}
    )


def test_the_same_thing_found_twice_is_told_once() -> None:
    unit = "[Service]\nWorkingDirectory=/srv/app\nExecStart=/v/bin/uwsgi --ini uwsgi.ini\n"
    texts = {"a.service": unit, "b.service": unit, "uwsgi.ini": "[uwsgi]\nsocket = /a.sock # b\n"}
    assert codes(texts).count("U020") == 1


def test_findings_come_by_file_and_line_and_severity() -> None:
    findings = examine(
        evidence_of(
            {"b.ini": "[uwsgi]\nvacuum = flase\nsocket = a # b\n", "a.ini": "[uwsgi]\nmodule = app.py\n"}
        )
    )
    places = [(finding.file, finding.line) for finding in findings]
    assert places == sorted(places)


def test_severities_are_ordered() -> None:
    assert is_at_least("error", "warning")
    assert is_at_least("warning", "warning")
    assert not is_at_least("advice", "warning")


@pytest.mark.parametrize(
    "path", sorted((FOLDER / "rules").glob("*/rule.py")), ids=lambda path: path.parent.name
)
def test_a_rule_opens_nothing(path: Path) -> None:
    text = path.read_text()
    assert not re.search(
        r"^\s*(import|from) (os|subprocess|socket|pathlib|sys|time|shutil)\b", text, re.MULTILINE
    )
    assert not re.search(r"\b(open|print|exec|eval)\(", text)


def test_a_known_healthy_deployment_has_no_findings_worse_than_advice() -> None:
    ini = (
        "[uwsgi]\nstrict = true\nneed-app = true\nchdir = /srv/app\nmodule = app:app\nsocket = /run/shop/shop.sock\n"
        "chown-socket = shop:www-data\nchmod-socket = 660\nmaster = true\nprocesses = 2\nthreads = 2\ndie-on-term = true\n"
        "vacuum = true\nbuffer-size = 32768\npost-buffering = 8192\nlisten = 128\nharakiri = 50\nmax-requests = 5000\n"
    )
    app = "from flask import Flask\napp = Flask(__name__)\n"
    findings = examine(evidence_of({"uwsgi.ini": ini, "app.py": app}))
    assert [finding.code for finding in findings if finding.severity != "advice"] == []


def test_a_folder_that_an_earlier_version_has_left_with_compiled_modules_is_no_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "n001_left_behind/__pycache__").mkdir(parents=True)
    monkeypatch.setattr(enuf.doctor.rules, "__path__", [str(tmp_path)])
    rule_folders.cache_clear()
    try:
        assert pages.codes() == ()
    finally:
        rule_folders.cache_clear()
