"""What the reports look like: text with a caret, the JSON of the contract, SARIF, GitHub."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as SarifLog

from enuf.doctor.engine import all_rules, examine
from enuf.doctor.evidence import Evidence
from enuf.doctor.pages import address_of_page, examples, page
from enuf.doctor.read.assemble import evidence_of
from enuf.doctor.report import github_annotations, json_document, text_report
from enuf.doctor.sarif import SarifDetails, sarif_log
from enuf.model.finding import Finding

RULES = {rule.code: rule for rule in all_rules()}

CHECKOUT = Path(__file__).parents[2]


def seen(texts: dict[str, str], *codes: str) -> tuple[Evidence, tuple[Finding, ...]]:
    evidence = evidence_of(texts)
    return evidence, examine(evidence, [RULES[code] for code in codes])


def test_the_caret_stands_below_the_value_even_behind_korean() -> None:
    evidence, findings = seen({"uwsgi.ini": "[uwsgi]\nsocket = /한글.sock # 주석\n"}, "U020")
    text = text_report(evidence, findings, "/srv/app", lambda _kind, words: words)
    lines = text.splitlines()
    assert lines[0] == "uwsgi.ini:2:10: error U020 ini-inline-comment"
    assert lines[2] == "    2 | socket = /한글.sock # 주석"
    assert lines[3] == "      |          " + "^" * (
        len("/한글.sock # 주석") + 4
    )  # four letters are two columns wide
    assert lines[4] == "  fix: socket = /한글.sock"


def test_an_empty_folder_says_that_there_was_nothing_to_check() -> None:
    evidence, findings = seen({})
    assert text_report(evidence, findings, "/", lambda _kind, words: words).startswith("nothing to check")


def test_the_json_document_has_the_keys_of_the_contract() -> None:
    evidence, findings = seen({"uwsgi.ini": "[uwsgi]\nsocket = a # b\n", "notes.txt": "x"}, "U020")
    document = json_document(evidence, findings, "/srv/app")
    assert document["checked"] == ["uwsgi.ini"]
    (row,) = document["findings"]
    assert {"code", "name", "severity", "message", "file", "line", "fix", "evidence"} <= row.keys()
    assert (row["code"], row["file"], row["line"], row["fix"]["kind"], row["fix"]["safe"]) == (
        "U020",
        "uwsgi.ini",
        2,
        "edit",
        True,
    )


def test_sarif_names_rule_file_and_columns() -> None:
    _, findings = seen({"uwsgi.ini": "[uwsgi]\nsocket = a # b\n"}, "U020")
    log = json.loads(sarif_log(findings, RULES, "1.0", "/srv/app"))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "U020"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "uwsgi.ini"
    assert place["region"] == {"startLine": 2, "startColumn": 10, "endColumn": 15}


def findings_of_every_rule() -> list[Finding]:
    """Return what the first bad example of each rule's page leads to."""
    findings: list[Finding] = []
    for code in RULES:
        bad = next(each for each in examples(page(code, "en") or "") if each.verdict == "bad")
        findings += seen(bad.texts, code)[1]
    return findings


def test_sarif_obeys_its_schema_for_every_rule() -> None:
    """The models are generated from the published schema of SARIF 2.1.0 and refuse unknown keys."""
    _, odd = seen({"한 글%#?.ini": "[uwsgi]\nsocket = /\ud800한글 # 주석\n"}, "U020")
    findings = [*findings_of_every_rule(), *odd]
    text = sarif_log(
        findings, RULES, "1.0", "/srv/app", SarifDetails(lambda code: page(code, "en"), address_of_page)
    )
    (run,) = SarifLog.model_validate_json(text).runs
    rules = {rule.id: rule for rule in run.tool.driver.rules or []}
    assert {code: rule.help and rule.help.markdown for code, rule in rules.items()} == {
        code: page(code, "en") for code in RULES
    }
    for code, rule in rules.items():
        assert str(rule.helpUri).startswith("https://github.com/enuf/enuf/blob/main/"), code
        assert (CHECKOUT / str(rule.helpUri).partition("/blob/main/")[2]).is_file(), code
    assert rules["U003"].fullDescription and rules["U003"].fullDescription.text == "a number with a unit"
    assert run.results is not None
    assert [result.ruleId for result in run.results] == [finding.code for finding in findings]
    assert {result.ruleId for result in run.results} == RULES.keys()


@pytest.mark.parametrize(
    ("place", "value"), [("level", "advice"), ("startLine", 0), ("column", 3), ("message", "text alone")]
)
def test_the_schema_refuses_a_wrong_log(place: str, value: object) -> None:
    """The test above would notice: a severity of ours, a line 0, an unknown key, a message without its object."""
    _, findings = seen({"uwsgi.ini": "[uwsgi]\nsocket = a # b\n"}, "U020")
    log = json.loads(sarif_log(findings, RULES, "1.0", "/srv/app"))
    (result,) = log["runs"][0]["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    (region if place in ("startLine", "column") else result)[place] = value
    with pytest.raises(ValidationError):
        SarifLog.model_validate(log)


def test_github_annotations_escape_what_means_something() -> None:
    _, findings = seen({"a,b%.ini": "[uwsgi]\nsocket = a # b\n"}, "U020")
    line = github_annotations(findings, "/srv/app").splitlines()[0]
    assert re.match(
        r"::error file=a%2Cb%25\.ini,line=2,col=10,endColumn=14,title=U020 ini-inline-comment::uWSGI", line
    )


def test_severities_have_their_words_everywhere() -> None:
    _, findings = seen({"uwsgi.ini": "[uwsgi]\nsocket = /a\nmodule = a:b\n"}, "U014")
    assert github_annotations(findings, "/").startswith("::notice ")
    assert json.loads(sarif_log(findings, RULES, "1", "/"))["runs"][0]["results"][0]["level"] == "note"


def test_a_fix_for_a_file_that_is_not_edited_is_not_promised() -> None:
    bad = "server {\n    listen 80;\n    location /static { alias /srv/static/; }\n}\n"
    for name, text, is_cured in (
        ("site.conf", bad, True),
        ("site.conf.j2", bad, False),
        ("site.conf", bad + "# {{ managed }}\n", False),
    ):
        evidence, findings = seen({name: text}, "N006")
        report = text_report(evidence, findings, "/srv/app", lambda _kind, words: words)
        assert ("cures 1 of them" in report) is is_cured, (name, text)
