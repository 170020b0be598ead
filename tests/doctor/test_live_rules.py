"""A live diagnosis runs every rule that can find something in the files, and imports no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from enuf.doctor.live import causes
from enuf.doctor.live.engine import asked_codes
from enuf.doctor.live.rules_of_kind import rules_of_kind
from enuf.doctor.pages import codes, examples, page
from enuf.doctor.read.assemble import evidence_of
from enuf.doctor.rule_folders import rule_folders

SITE = "server { listen 8080; location / { proxy_pass http://127.0.0.1:8000; } }\n"


@pytest.mark.parametrize("code", codes())
def test_a_rule_runs_wherever_its_page_shows_a_fault(code: str) -> None:
    for example in examples(page(code, "en") or ""):
        if example.verdict == "bad":
            assert code in rules_of_kind((code,), evidence_of(example.texts)), example.texts


def test_a_site_alone_has_no_rules_about_containers_and_app_servers() -> None:
    left = rules_of_kind(rule_folders(), evidence_of({"/etc/nginx/conf.d/shop.conf": SITE}))
    assert {code[0] for code in left}.isdisjoint("CKGU")


def test_every_rule_that_a_cause_names_is_among_those_that_run() -> None:
    texts = "".join(file.read_text() for file in Path(*causes.__path__).glob("*.py"))
    named = set(re.findall(r'"([A-Z]\d{3})"', texts)) & rule_folders().keys()
    assert named <= asked_codes()
