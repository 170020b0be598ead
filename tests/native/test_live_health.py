"""A healthy stack of enuf's own under load accuses no one, also right after a reload and with errors of before in its logs."""

from __future__ import annotations

import pytest

from enuf.doctor.budget import Budget
from enuf.doctor.collect.live.stack import collect_live
from enuf.doctor.live.engine import diagnosis_of
from enuf.doctor.live.requested import parse_requested
from tests.support.stack import Stack
from tests.support.visitors import visitors

pytestmark = pytest.mark.native

WITHIN_S = 12.0
APP = """
from flask import Flask

app = Flask(__name__)

@app.get("/")
def index():
    return "hello"

@app.get("/error")
def error():
    raise LookupError("no such shop")
"""


def errors(stack: Stack) -> list[str]:
    """Return the errors that a diagnosis of the running stack finds."""
    collected = collect_live(parse_requested(stack.url), budget=Budget(WITHIN_S))
    found = diagnosis_of(collected.evidence, collected.static)
    assert found.status == 200
    return [f"{each.code}: {each.message}" for each in found.findings if each.severity == "error"]


@pytest.mark.parametrize("topology", ["nginx-uwsgi", "nginx-gunicorn"])
def test_a_healthy_stack_has_no_error_under_load_and_after_a_reload(stack: Stack, topology: str) -> None:
    stack.write("app.py", APP)
    stack.up("--topology", topology)
    assert stack.get("/error").status == 500
    with visitors(lambda: stack.get("/")):
        assert errors(stack) == []
        assert stack.run("reload").code == 0
        assert errors(stack) == []
