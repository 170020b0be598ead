"""Safe fixes change what they say and nothing else, and can be taken back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.fixes import plan_of, planned

from enuf.doctor.edits import apply_edits, unified_diff
from enuf.doctor.engine import all_rules, examine
from enuf.doctor.pages import codes, examples, page
from enuf.doctor.read.assemble import evidence_of
from enuf.model.finding import Edit

BROKEN = "[uwsgi]\n# 소켓\nsocket = /run/a.sock # for nginx\nvacuum = false ; no\nbuffer-size = 32k\nmodule = app:app\nprocesses = 4"


def test_only_the_values_change() -> None:
    (change,) = planned(evidence_of({"uwsgi.ini": BROKEN}))
    lines = change.after.split("\n")
    assert lines[:7] == [
        "[uwsgi]",
        "# 소켓",
        "socket = /run/a.sock",
        "vacuum = false",
        "buffer-size = 32768",
        "module = app:app",
        "processes = 4",
    ]
    assert "master = true" in lines[7:]
    assert not change.after.endswith("\n")


def test_the_same_missing_line_is_added_once() -> None:
    (change,) = planned(evidence_of({"uwsgi.ini": BROKEN}))
    assert change.after.count("master = true") == 1


def test_lines_keep_their_endings() -> None:
    (change,) = planned(evidence_of({"uwsgi.ini": BROKEN.replace("\n", "\r\n") + "\r\n"}))
    assert change.after.count("\n") == change.after.count("\r\n")


def test_a_line_is_not_added_inside_of_a_condition() -> None:
    text = "[uwsgi]\nsocket = /a\nmodule = app:app\nprocesses = 2\nif-env = X\nvacuum = true\nendif =\n[other]\na = 1\n"
    (change,) = planned(evidence_of({"uwsgi.ini": text}))
    lines = change.after.split("\n")
    place = lines.index("master = true")
    assert lines.index("endif =") < place < lines.index("[other]")


@pytest.mark.parametrize("code", codes())
def test_what_a_safe_fix_cures_stays_cured(code: str) -> None:
    rule = next(rule for rule in all_rules() if rule.code == code)
    for example in examples(page(code, "en") or ""):
        texts = example.texts
        before = evidence_of(texts)
        plan = plan_of(before, [code])
        texts = {file.path: file.text for file in before.files if "#/" not in file.path}
        after = evidence_of({**texts, **{each.path: each.after for each in plan.changes}})
        assert not [each.why for each in plan.left if "would" in each.why]
        for each in plan.changes:
            assert code in each.codes
        if plan.changes:
            assert len(examine(after, [rule])) < len(examine(before, [rule]))


@given(
    st.text(alphabet="ab=\n\r# \x0c\u2028", max_size=60),
    st.integers(1, 8),
    st.sampled_from(["replace", "insert", "delete"]),
)
def test_an_edit_leaves_every_other_line_alone(text: str, line: int, action: str) -> None:
    edit = Edit(file="x", line=line, action=action, column=1, text="NEW")  # type: ignore[arg-type]
    line = min(line, len(text.split("\n")) - 1)
    before, after = text.split("\n"), apply_edits(text, [edit]).split("\n")
    kept = before[: line - 1]
    assert after[: len(kept)] == kept


def test_fixes_of_the_same_columns_do_not_mix() -> None:
    edits = [
        Edit(file="x", line=1, column=1, end_column=3, text="AB"),
        Edit(file="x", line=1, column=5, end_column=6, text="C"),
    ]
    assert apply_edits("ab  d\n", edits) == "AB  C\n"


def test_the_difference_is_a_unified_one() -> None:
    (change,) = planned(evidence_of({"uwsgi.ini": "[uwsgi]\nsocket = /a # b\n"}))
    assert (
        unified_diff(change, "uwsgi.ini")
        == "--- a/uwsgi.ini\n+++ b/uwsgi.ini\n@@ -1,2 +1,2 @@\n [uwsgi]\n-socket = /a # b\n+socket = /a\n"
    )
