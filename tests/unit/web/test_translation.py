"""The dashboard's sentences in the language of its page; for programs they are English."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import to_builtins
from tests.browser import recorded
from tests.browser.served import TOKEN, Held, dashboard_of
from werkzeug.test import Client

from enuf.model.address import TcpAddress
from enuf.web.doctor_report import DoctorReport
from enuf.web.translation import report_in

MAKES = [recorded.idle, recorded.troubled, recorded.refused]


def answered(folder: Path, make: recorded.Make, query: str) -> dict[str, Any]:
    """Return the snapshot as the dashboard answers it."""
    site = dashboard_of(Held(make, 1795773600.0), folder, TcpAddress("127.0.0.1", 9191))
    headers = {"Host": "127.0.0.1:9191", "Authorization": f"Bearer {TOKEN}"}
    found: dict[str, Any] = json.loads(Client(site).get(f"/api/snapshot{query}", headers=headers).data)
    return found


def sentences(snapshot: dict[str, Any]) -> Iterator[str]:
    """Yield the sentences that enuf itself composed."""
    yield from (each[key] for each in snapshot["troubles"] for key in ("short", "text"))
    yield from (each["text"] for key in ("advice", "events") for each in snapshot[key])
    yield from (each["text"] for each in snapshot["error_groups"] if each["layer"] == "front")
    yield from filter(None, (snapshot["condition"], *snapshot["notes"], *snapshot["warnings"]))


@pytest.mark.parametrize("make", MAKES)
def test_a_page_in_korean_gets_every_sentence_in_korean(tmp_path: Path, make: recorded.Make) -> None:
    found = list(sentences(answered(tmp_path, make, "?lang=ko")))
    assert len(found) > 2
    assert [each for each in found if not re.search("[가-힣]", each)] == []


@pytest.mark.parametrize("make", MAKES)
def test_a_program_gets_english(tmp_path: Path, make: recorded.Make) -> None:
    held = to_builtins(Held(make, 1795773600.0).now)
    assert answered(tmp_path, make, "") == json.loads(json.dumps(held))


def test_the_apps_own_words_and_the_names_of_things_stay(tmp_path: Path) -> None:
    english, korean = (answered(tmp_path, recorded.refused, query) for query in ("", "?lang=ko"))
    for key in ("routes", "slow", "workers", "app", "url", "generation"):
        assert korean[key] == english[key], key
    assert korean["error_groups"][1]["text"] == "ZeroDivisionError: division by zero"
    assert korean["errors"][0]["traceback"] == english["errors"][0]["traceback"]
    assert korean["advice"] == english["advice"] == []


def test_findings_of_the_doctor_are_korean_and_their_codes_stay() -> None:
    message = "at most 100 requests can wait for 8 at work: in a burst nginx answers 502 at once, and uWSGI logs nothing of it"
    finding = {"code": "U005", "name": "listen-queue-full", "message": message, "hint": ""}
    report = DoctorReport(state="done", findings=(finding,))
    (told,) = report_in("ko", report).findings
    assert "요청" in told["message"]
    assert {**told, "message": message} == finding
    assert report_in("en", report) is report
