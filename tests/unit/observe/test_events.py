"""The supervisor's own log tells what happened; what it tells of hung requests keeps their stacks."""

from __future__ import annotations

import pytest

from enuf.errors import NotReady
from enuf.observe.logs.events import events_in, hung_in, refused_in
from enuf.observe.logs.records import parse
from enuf.run.reload.refusals import format_refusal


def told(*texts: str) -> list[str]:
    return [f"[2026-03-01T10:00:00+0000] {text}" for text in texts]


@pytest.mark.parametrize(
    ("text", "kind", "generation"),
    [
        ("enuf starts, pid 5: nginx-uwsgi for app:app at 127.0.0.1:80", "start", None),
        ("g2: uwsgi started, pid 77", "generation", 2),
        ("reloaded: g2 serves", "reload", 2),
        ("reload refused: the app cannot be imported", "refused", None),
        ("g1: uwsgi was killed by SIGKILL, unexpectedly, pid 7", "crash", 1),
        ("warning: the runtime folder was removed", "warning", None),
        ("dashboard: was killed by SIGKILL; it is started again", "note", None),
        ("hung request ended: GET /g7 id=" + "a" * 32, "hung", None),
    ],
)
def test_a_line_that_matters_is_an_event(text: str, kind: str, generation: int | None) -> None:
    (event,) = events_in(parse("enuf.log", told(text)))
    assert (event.kind, event.generation) == (kind, generation)


@pytest.mark.parametrize("text", ["g1: uwsgi exited with status 0, pid 7", "logs reopened", "", "x" * 10_000])
def test_other_lines_are_none(text: str) -> None:
    assert events_in(parse("enuf.log", told(text))) == []


def test_a_refused_reload_is_an_error_with_its_whole_evidence() -> None:
    evidence = ["Traceback (most recent call last):", '  File "app.py", line 1', "", "KeyError: 'x'"]
    summary = "app.py cannot be imported: KeyError: 'x'"
    written = format_refusal(NotReady(summary, detail="\n".join(evidence)))
    lines = told("  of something else", *written.splitlines(), "g2: ready", "  of something else")
    (found,) = refused_in(parse("enuf.log", lines))
    assert (found.text, found.traceback) == (f"reload refused: {summary}", "\n".join(evidence))


def test_a_hung_request_comes_with_its_stack_and_nothing_else() -> None:
    stack = ["Current thread 0x1 (most recent call first):", '  File "app.py", line 4 in slow']
    lines = told(
        "hung request ended: GET /slow?x=1 id=" + "a" * 32, *stack, "reloaded: g2 serves", '  File "other.py"'
    )
    (found,) = hung_in(parse("enuf.log", lines))
    assert (found.method, found.path, found.id) == ("GET", "/slow", "a" * 32)
    assert found.stack == stack
