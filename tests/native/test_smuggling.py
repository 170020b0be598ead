"""Requests that can be read in two ways: the app never gets one that the front did not see."""

from __future__ import annotations

import json

import pytest

from tests.support.smuggling import (
    CHUNKS,
    CODINGS,
    CUT,
    HOSTS,
    LENGTHS,
    NO_HOST,
    PIPELINES,
    REQUEST_LINES,
    Probe,
)
from tests.support.witness import FOLLOW_UP, FOLLOWED, Outcome, Witness, probe

pytestmark = pytest.mark.native

GROUPS = {
    "lengths": LENGTHS, "codings": CODINGS, "chunks": CHUNKS, "cut requests": CUT, "pipelines": PIPELINES,
    "request lines": REQUEST_LINES, "hosts": NO_HOST,
}  # fmt: skip
CLOSE_AFTER_EACH = {"flask", "uwsgi-http"}
"""They read requests laxly (F117), and serve one on a connection: nothing can be out of step there."""
LOOPS_ON_HUGE_CHUNKS = "flask"
"""Werkzeug's development server reads such a chunk for ever once the client has gone."""


@pytest.mark.parametrize("group", GROUPS)
def test_a_request_is_answered_once_or_refused_with_all_behind_it(witness: Witness, group: str) -> None:
    wrong = {}
    for case in GROUPS[group]:
        if witness.row.id == LOOPS_ON_HUGE_CHUNKS and group == "chunks" and "overflow" in case.rule:
            continue
        found = asked(witness, case)
        if witness.has_front:
            good = is_refused(case, found) or is_served(case, found)
        else:
            good = is_in_step(witness, case, found)
        if not (found.closed and good):
            wrong[case.name] = (case.rule, found)
    assert not wrong


def asked(stack: Witness, case: Probe) -> Outcome:
    """What comes of the probe with a harmless request behind it.

    A server without a front may wait for a body of any length: there the client says that no more will come.
    """
    data = case.data if case.half_close else case.data + FOLLOW_UP
    return probe(stack, data, half_close=case.half_close or not stack.has_front)


def is_refused(case: Probe, found: Outcome) -> bool:
    """True when nothing of the bad request, and nothing behind it, reached the app."""
    before = case.seen if case.verdict == "refuse" else ()
    return (
        case.verdict != "serve"
        and tuple(found.seen) == before
        and len(found.statuses) <= len(before) + 1
        and (found.last_status == 0 or found.last_status >= 400)
    )


def is_served(case: Probe, found: Outcome) -> bool:
    """True when every request was answered in its order, each once, and the one behind them for itself."""
    return (
        case.verdict != "refuse"
        and tuple(found.seen) == (*case.seen, FOLLOWED)
        and len(found.statuses) == len(case.seen) + case.unseen + 1
        and found.received.endswith(b'"url":"http://shop.test/follow-up"}\n')
    )


def is_in_step(stack: Witness, case: Probe, found: Outcome) -> bool:
    """True when no part of a body was taken for a request, on a row whose verdict promises no more than that."""
    is_first = b"smuggled" in case.data.partition(b"\n")[0]
    most = 1 if stack.row.id in CLOSE_AFTER_EACH else len(case.seen) + 2
    return sum("smuggled" in line for line in found.seen) <= is_first and len(found.seen) <= most


def test_the_app_sees_the_host_that_was_sent_or_the_request_is_refused(witness: Witness) -> None:
    wrong: dict[bytes, object] = {}
    for host in HOSTS:
        found = probe(witness, b"GET /echo HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")
        if found.statuses == [200]:
            seen = environ_in(found).get("HTTP_HOST", "").encode("latin-1")
            if not is_same_host(seen, host, before_colon=witness.build == "system"):
                wrong[host] = seen
        elif found.seen or found.last_status not in (0, 400, 431, 500):
            wrong[host] = repr(found)
    assert not wrong


def environ_in(found: Outcome) -> dict[str, str]:
    """The WSGI environ in the one answer."""
    environ: dict[str, str] = json.loads(found.received.partition(b"\r\n\r\n")[2])["environ"]
    return environ


def is_same_host(seen: bytes, sent: bytes, *, before_colon: bool) -> bool:
    """True for the name and port that were sent, in small letters, without a dot, colon or zeros that mean nothing.

    With `before_colon` also for the name alone: nginx before 1.31 stops at a port that is no number.
    """
    seen, sent = seen.lower(), sent.strip(b" \t").lower()
    name, _, port = sent.partition(b":")
    return seen in (sent, sent.rstrip(b".:")) or (seen == name and (before_colon or port.isdigit()))
