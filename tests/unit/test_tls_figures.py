"""The checks of `make tls` fail where they must: on a lost request, a finding, a program that is not there."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from scripts.tls.__main__ import PARTS
from scripts.tls.conformance import cases_in, judged
from scripts.tls.place import NotInstalled, program, spread


def test_a_program_that_is_missing_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NotInstalled, match=r"apt-get install testssl\.sh"):
        program("testssl")


@pytest.mark.parametrize(
    ("severity", "id_", "is_good"),
    [
        ("MEDIUM", "BREACH", False),
        ("HIGH", "cipher_order", False),
        ("CRITICAL", "heartbleed", False),
        ("HIGH", "cert_revocation", True),
        ("WARN", "sessionresumption_ticket", True),
    ],
)
def test_a_finding_above_low_is_a_fault_unless_it_is_meant(severity: str, id_: str, is_good: bool) -> None:
    fine = {"severity": "OK", "id": "TLS1_3", "finding": "offered"}
    rows = list(judged([fine, {"severity": severity, "id": id_, "finding": "something"}], "embedded"))
    assert rows[0][0].endswith("above LOW: 1")
    assert [good for _, good in rows] == [True, is_good]


def test_a_report_without_a_check_that_passed_is_a_fault() -> None:
    assert not all(good for _, good in judged([], "embedded"))


def test_cases_of_h2spec_are_counted_without_those_that_were_skipped(tmp_path: Path) -> None:
    report = ET.Element("testsuites")
    for name, child in (("1", None), ("2", "failure"), ("3", "error"), ("4", "skipped")):
        case = ET.SubElement(report, "testcase", package="http2/6.9", classname=name)
        if child:
            ET.SubElement(case, child)
    ET.ElementTree(report).write(tmp_path / "report.xml")
    assert cases_in(tmp_path / "report.xml") == {
        "http2/6.9 1": True,
        "http2/6.9 2": False,
        "http2/6.9 3": False,
    }


def test_every_part_has_a_place_in_the_docs() -> None:
    for language in ("en", "ko"):
        page = Path(__file__).parents[2] / f"docs/{language}/explain/https-figures.md"
        for part in PARTS:
            assert f"<!-- {part} -->" in page.read_text() and f"<!-- end of {part} -->" in page.read_text()


def test_figures_are_shown_as_median_least_and_most() -> None:
    assert spread([3.0, 1.0, 2.0], "{:.0f}") == "2 (1 to 3)"
