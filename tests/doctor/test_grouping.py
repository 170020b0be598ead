"""What people read: the worst first, one line once, a habit once with its places."""

from __future__ import annotations

import pytest

from enuf.doctor.engine import all_rules, examine
from enuf.doctor.evidence import UnreadFile
from enuf.doctor.grouping import grouped
from enuf.doctor.read.assemble import evidence_of
from enuf.doctor.report import text_report, with_relative_paths
from enuf.model.finding import Finding, Severity

RULES = {rule.code: rule for rule in all_rules()}


def finding(code: str, severity: Severity, line: int, file: str = "/srv/app/a.ini") -> Finding:
    return Finding(
        code=code, name="x", severity=severity, message=code, file=file, line=line, column=1, end_column=5
    )


def test_errors_come_before_warnings_and_advice() -> None:
    findings = [finding("U001", "advice", 1), finding("U002", "warning", 2), finding("U003", "error", 9)]
    assert [group.first.code for group in grouped(findings)] == ["U003", "U002", "U001"]


def test_findings_about_one_value_are_one_entry() -> None:
    (group,) = grouped([finding("U009", "warning", 3), finding("U046", "warning", 3)])
    assert (group.first.code, [each.code for each in group.beside]) == ("U009", ["U046"])


def test_findings_about_a_whole_line_stay_apart() -> None:
    wide = [Finding(code=code, name="x", severity="advice", message=code, file="a", line=1) for code in "AB"]
    assert len(grouped(wide)) == 2


@pytest.mark.parametrize(("times", "entries"), [(3, 3), (4, 1), (30, 1)])
def test_a_habit_is_one_entry_with_its_places(times: int, entries: int) -> None:
    groups = grouped([finding("U020", "warning", line) for line in range(1, times + 1)])
    assert len(groups) == entries
    assert sum(1 + len(group.again) for group in groups) == times


def test_the_report_lists_the_places_of_a_habit_and_counts_the_rest() -> None:
    lines = "".join(f"harakiri = {number}  # seconds\n" for number in range(1, 16))
    evidence = evidence_of({"uwsgi.ini": f"[uwsgi]\n{lines}"})
    findings = examine(evidence, [RULES["U020"]])
    text = text_report(evidence, findings, "/srv/app", lambda _kind, words: words)
    assert text.count("warning U020") == 1
    assert "  also uwsgi.ini:3  harakiri = 2  # seconds\n" in text
    assert "  and 4 more places\n" in text
    assert "15 warnings" in text


def test_paths_in_messages_are_relative_to_the_current_folder() -> None:
    told = Finding(code="A", name="x", severity="error", message="it lies in /srv/app/src", file="/x", line=1)
    assert with_relative_paths([told], "/srv/app")[0].message == "it lies in src"
    assert with_relative_paths([told], "/")[0].message == told.message


def test_each_file_that_was_not_read_keeps_its_reason() -> None:
    unread = tuple(UnreadFile(path=f"/srv/app/{name}.conf", why=f"because of {name}") for name in "abcd")
    evidence = evidence_of({}, unread=unread)
    text = text_report(evidence, examine(evidence, [RULES["D001"]]), "/srv/app", lambda _kind, words: words)
    assert "\n  also b.conf:1  this was not looked at: because of b\n" in text
