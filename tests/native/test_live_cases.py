"""`enuf doctor --live` names the one cause of each small faulty stack of tests/live_cases, and none of a healthy one under load."""

from __future__ import annotations

import urllib.request
from functools import partial

import pytest

from enuf.doctor.budget import Budget
from enuf.doctor.collect.live.stack import collect_live
from enuf.doctor.live.engine import Diagnosis, diagnosis_of
from enuf.doctor.live.evidence_file import from_json, to_json
from enuf.doctor.live.requested import parse_requested
from tests.support.live_cases import Case, missing, names, running
from tests.support.visitors import visitors

pytestmark = pytest.mark.native

WITHIN_S = 12.0
"""More than a diagnosis takes: a busy machine must not change the verdict. Half of it passes in a request that is never answered."""
VISITORS = 4


def ask(case: Case) -> None:
    """Ask for the URL of a case."""
    with urllib.request.urlopen(case.url, timeout=60) as answer:
        answer.read()


def diagnosed(case: Case) -> Diagnosis:
    """Return the diagnosis of a case, which is the same for the saved evidence."""
    paths = [case.folder] if case.told.get("named") else []
    with visitors(partial(ask, case), VISITORS if case.told.get("load") else 0):
        collected = collect_live(parse_requested(case.url), paths, budget=Budget(WITHIN_S))
    found = diagnosis_of(collected.evidence, collected.static)
    again = diagnosis_of(from_json(to_json(collected.evidence)))
    if not case.told.get("only_here"):
        assert [each.code for each in again.findings[:1]] == [each.code for each in found.findings[:1]]
    return found


@pytest.mark.parametrize("name", names())
def test_the_cause_of_each_case_comes_first(name: str) -> None:
    if lack := missing(name):
        pytest.skip(lack)
    with running(name) as case:
        found = diagnosed(case)
    codes = [each.code for each in found.findings]
    if case.told.get("warns"):
        assert set(codes) & set(case.expect), (codes, [each.text for each in found.chain])
        assert [each for each in found.findings if each.severity == "error"] == []
    elif case.expect:
        assert codes[:1] and codes[0] in case.expect, (codes, [each.text for each in found.chain])
        assert found.findings[0].evidence
    else:
        assert [each for each in found.findings if each.severity == "error"] == []


def test_what_was_not_looked_at_in_time_is_said() -> None:
    with running("uwsgi_healthy") as case:
        found = diagnosis_of(collect_live(parse_requested(case.url), budget=Budget(0.0)).evidence)
    assert found.status == 0
    assert {each.why for each in found.hindrances} == {"the time was up"}
    assert [each for each in found.findings if each.severity == "error"] == []
