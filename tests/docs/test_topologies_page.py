"""The page about topologies has the rows of the table, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from enuf.fronts import none
from enuf.plan.topologies import DEFAULT, TOPOLOGIES

ROOT = Path(__file__).parents[2]
WORDS = {
    "en": {
        "learning": "learning",
        "testing": "testing",
        "production": "production",
        "two hosts": "two hosts",
    },
    "ko": {"learning": "학습", "testing": "시험", "production": "운영", "two hosts": "호스트 두 대"},
}
TRANSPORT = {
    "en": {"unix": "unix socket", "tcp": "TCP port"},
    "ko": {"unix": "유닉스 소켓", "tcp": "TCP 포트"},
}


@pytest.mark.parametrize("language", WORDS)
def test_the_page_has_every_row_with_its_link_and_its_verdict(language: str) -> None:
    text = (ROOT / f"docs/{language}/explain/topologies.md").read_text()
    rows = re.findall(r"^\| `([a-z-]+)`( \(.*\))?" + r" \| *(.*?) *" * 4 + r"\|$", text, re.MULTILINE)
    assert [row[0] for row in rows] == list(TOPOLOGIES)
    for name, is_default, _, link, _, verdict in rows:
        row = TOPOLOGIES[name]
        assert bool(is_default) == (name == DEFAULT)
        wire = {"http": "HTTP"}.get(row.link.wire, row.link.wire)
        expected = "" if row.front == none.NAME else f"{wire}, {TRANSPORT[language][row.link.transport]}"
        assert link.strip() == expected
        assert verdict == ", ".join(WORDS[language][word] for word in row.verdict.split(", "))
