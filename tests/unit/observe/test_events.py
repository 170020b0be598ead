"""The supervisor's journal: what is written is read back as the event that it was, and enuf.log has its text."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.examples import examples

from enuf.errors import NotReady
from enuf.model.beside_events import JobEnded, JobNotRun, SideProcessEnded, SideProcessStarted
from enuf.model.certificate_events import CertificateOrderFailed, CertificateRefused, CertificateTaken
from enuf.model.event import LONGEST_TEXT, MOST_LINES
from enuf.model.journal import JournalEvent, decode_event
from enuf.model.paths import StackPaths
from enuf.model.stack_events import (
    BugFound,
    LogsReopened,
    NoteGiven,
    PhaseChanged,
    ProjectMoved,
    ReleaseServes,
    ReloadAccepted,
    ReloadRefused,
    StackEnded,
    StackLost,
    StackStarted,
    StartFailed,
    WarningGiven,
)
from enuf.model.unit_events import (
    DashboardExited,
    HungRequestEnded,
    StrayFound,
    StraysEnded,
    UnitExited,
    UnitReady,
    UnitStarted,
    UnitUnready,
    WorkerExited,
)
from enuf.observe.logs.events import (
    decode_events,
    hung_requests_of,
    read_stack_journal,
    refusals_of,
    timeline_of,
)
from enuf.observe.logs.watcher import LogWatcher
from enuf.run.reload.refusals import refused_event
from enuf.system.journal import EventJournal

ID = "a" * 32
LONG_AGO = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(0))
EVENTS: list[tuple[JournalEvent, str]] = [
    (SideProcessStarted("worker", 77), "worker: started, pid 77"),
    (SideProcessEnded("worker", 77, "exited with status 0", expected=True), "worker: exited with status 0, pid 77"),
    (SideProcessEnded("worker", 0, "cannot be started: no", expected=False, again_in_s=2.0), "worker: cannot be started: no, unexpectedly; it is started again in 2 s"),
    (JobEnded("nightly", 77, "failed", "exited with status 1", 2.04), "nightly: failed after 2.0 s: exited with status 1, pid 77"),
    (JobNotRun("nightly", "missed", 1, 0.0), f"nightly: not run at {LONG_AGO}: the stack was down, or the machine asleep"),
    (JobNotRun("nightly", "overlapped", 3, 0.0), f"nightly: not run 3 times since {LONG_AGO}: the run before had not ended"),
    (CertificateTaken(("shop.example", "127.0.0.1"), "2027-01-01T00:00:00Z"), "certificate taken: shop.example, 127.0.0.1, valid until 2027-01-01T00:00:00Z"),
    (CertificateRefused("the key is of another pair", "/etc/tls/key.pem"), "certificate refused, the one before serves on: the key is of another pair"),
    (StackStarted(5, "nginx-uwsgi", "app:app", "127.0.0.1:80"), "enuf starts, pid 5: nginx-uwsgi for app:app at 127.0.0.1:80"),
    (StartFailed("app:app cannot be imported", ("ImportError: no", "at app.py:1")), "the start failed: app:app cannot be imported\n  ImportError: no\n  at app.py:1"),
    (StackEnded(), "enuf ends"),
    (StackEnded("no request passes"), "enuf ends: no request passes"),
    (StackLost("the last stack (pid 7) ended"), "the last stack (pid 7) ended"),
    (PhaseChanged("starting", "serving"), "starting -> serving"),
    (PhaseChanged("serving", "failed", "uwsgi ended"), "serving -> failed: uwsgi ended"),
    (UnitStarted("g2", "uwsgi", 77), "g2: uwsgi started, pid 77"),
    (UnitReady("g2"), "g2: ready"),
    (UnitUnready("g2", "GET / answered 500"), "g2: GET / answered 500"),
    (UnitExited("g1", "uwsgi", 7, "exited with status 0", expected=True), "g1: uwsgi exited with status 0, pid 7"),
    (UnitExited("front", "nginx", 7, "was killed by SIGKILL", expected=False), "front: nginx was killed by SIGKILL, unexpectedly, pid 7"),
    (StraysEnded(("sleep (pid 8)", "sh (pid 9)"), unit="g1"), "g1: ended what its app had left running: sleep (pid 8), sh (pid 9)"),
    (StraysEnded(("sleep (pid 8)",)), "ended what the app had left running: sleep (pid 8)"),
    (StrayFound("sleep (pid 8)"), "sleep (pid 8) was left running by the app, in which generation cannot be told; it is ended with the stack"),
    (ReleaseServes("3"), "release: 3 serves"),
    (ReleaseServes("2, revision 3f9a1c2b44", before="3"), "release: 2, revision 3f9a1c2b44 serves; before: 3"),
    (ProjectMoved("/srv/shop/releases/2"), "the project is /srv/shop/releases/2 now, with its configs and logs"),
    (ReloadAccepted(2), "reloaded: g2 serves"),
    (ReloadRefused("the app cannot be imported", ("Traceback", "KeyError")), "reload refused: the app cannot be imported\n  Traceback\n  KeyError"),
    (HungRequestEnded("GET", "/slow?x=1", ID, ("Thread 0x1", "  File")), f"hung request ended: GET /slow?x=1 id={ID}\nThread 0x1\n  File"),
    (WorkerExited(2, 7, "signal", "SIGSEGV", ("GET /x",), (ID,)), f"worker 2 crashed (SIGSEGV) in GET /x, pid 7 id={ID}"),
    (DashboardExited("was killed by SIGKILL", "/l/dashboard.log"), "dashboard: was killed by SIGKILL; it is started again for the next visitor, see /l/dashboard.log"),
    (CertificateOrderFailed(why="ca.example says: no", hint="wait", next_attempt="2027-01-31T12:00:00Z"), "no new certificate: ca.example says: no (wait); next attempt at 2027-01-31T12:00:00Z"),
    (LogsReopened(), "logs reopened"),
    (WarningGiven("the disk is full"), "warning: the disk is full"),
    (NoteGiven("9191 is taken"), "note: 9191 is taken"),
    (BugFound("Traceback\nKeyError"), "Traceback\nKeyError"),
]  # fmt: skip


@pytest.fixture
def paths(tmp_path: Path) -> StackPaths:
    """Return paths whose log folder exists."""
    (tmp_path / "log").mkdir()
    return StackPaths(project=str(tmp_path), home=str(tmp_path), runtime=str(tmp_path))


def own_log(paths: StackPaths) -> str:
    return Path(paths.log, "enuf.log").read_text()


def without_time(events: list[JournalEvent]) -> list[JournalEvent]:
    return [msgspec.structs.replace(event, at=0.0) for event in events]


def test_every_event_is_read_back_as_it_was_and_has_its_text_in_the_log(paths: StackPaths) -> None:
    journal = EventJournal(paths)
    for event, _ in EVENTS:
        journal.record(event)
    read = read_stack_journal(Path(paths.log))
    assert without_time(read) == [event for event, _ in EVENTS]
    assert all(event.at > 1.7e9 for event in read)
    lines = [line.partition("] ")[2] for line in own_log(paths).splitlines()]
    assert lines == [line for _, text in EVENTS for line in text.splitlines()]
    assert {type(event) for event, _ in EVENTS} == set(JournalEvent.__args__)


def test_neither_file_holds_a_secret_or_is_open_to_others(paths: StackPaths) -> None:
    EventJournal(paths).record(HungRequestEnded("GET", "/pay", ID, ("  password = 'hunter2'",)))
    for file in (Path(paths.events), Path(paths.log, "enuf.log")):
        assert "hunter2" not in file.read_text()
        assert file.stat().st_mode & 0o777 == 0o640


def test_an_event_is_bounded_however_much_the_app_says(paths: StackPaths) -> None:
    EventJournal(paths).record(ReloadRefused("x" * 10**6, ("y" * 100,) * 10**4))
    (event,) = read_stack_journal(Path(paths.log))
    assert isinstance(event, ReloadRefused)
    assert (len(event.summary), len(event.evidence) <= MOST_LINES) == (LONGEST_TEXT, True)


def test_a_file_name_that_is_no_text_can_be_told(paths: StackPaths) -> None:
    EventJournal(paths).record(WarningGiven("\udcff.log cannot be rotated"))
    (event,) = read_stack_journal(Path(paths.log))
    assert event.text == r"warning: \udcff.log cannot be rotated"
    assert own_log(paths).endswith(event.text + "\n")


def test_a_folder_that_is_gone_silences_the_journal_which_says_so_until_it_can_write(
    paths: StackPaths,
) -> None:
    journal = EventJournal(paths)
    Path(paths.log).rmdir()
    journal.record(LogsReopened())
    assert "cannot write" in journal.problem
    Path(paths.log).mkdir()
    journal.record(LogsReopened())
    assert not journal.problem


@pytest.mark.parametrize(
    "line",
    ["", "x", "[]", "{}", '{"event":"dance"}', '{"event":"unit-ready","unit":5}', "[" * 10**5, '{"event":' * 10**5],
    ids=["empty", "a letter", "a list", "without a kind", "a newer kind", "another type", "deep", "deep objects"],
)  # fmt: skip
def test_a_line_that_is_no_event_is_left_out(line: str) -> None:
    assert decode_event(line) is None


@given(st.text(), st.text(), st.lists(st.text()))
@settings(max_examples=examples(50))
def test_any_text_survives_the_way_through_the_journal(summary: str, uri: str, lines: list[str]) -> None:
    event = HungRequestEnded(summary, uri, ID, tuple(lines))
    surrogates = any("\ud800" <= letter <= "\udfff" for text in (summary, uri, *lines) for letter in text)
    if not surrogates:
        assert decode_event(msgspec.json.encode(event)) == event


@pytest.mark.parametrize(
    ("event", "kind", "generation", "text"),
    [
        (StackStarted(5, "nginx-uwsgi", "app:app", "127.0.0.1:80"), "start", None, "enuf starts, pid 5: nginx-uwsgi for app:app at 127.0.0.1:80"),
        (StackEnded("bad\nlong"), "stop", None, "enuf ends: bad"),
        (PhaseChanged("starting", "serving"), "serving", None, "it serves"),
        (UnitStarted("g2", "uwsgi", 77), "generation", 2, "g2 is started: uwsgi, pid 77"),
        (UnitReady("g2"), "generation", 2, "g2 is ready"),
        (ReloadAccepted(2), "reload", 2, "reloaded: g2 serves"),
        (ReloadRefused("the app cannot be imported", ("E",)), "refused", None, "reload refused: the app cannot be imported"),
        (UnitExited("g1", "uwsgi", 7, "was killed by SIGKILL", expected=False), "crash", 1, "g1: uwsgi was killed by SIGKILL, pid 7"),
        (UnitExited("front", "nginx", 7, "exited with status 1", expected=False), "crash", None, "front: nginx exited with status 1, pid 7"),
        (WorkerExited(2, 7, "oom", "SIGKILL", ("GET /x",), (ID,)), "crash", None, "worker 2 was killed by the kernel for lack of memory in GET /x, pid 7"),
        (WarningGiven("the runtime folder was removed"), "warning", None, "the runtime folder was removed"),
        (DashboardExited("was killed by SIGKILL", "/l"), "note", None, "dashboard: was killed by SIGKILL; it is started again for the next visitor, see /l"),
        (NoteGiven("9191 is taken"), "note", None, "note: 9191 is taken"),
        (HungRequestEnded("GET", "/g7", ID), "hung", None, "GET /g7 took too long and was ended"),
    ],
)  # fmt: skip
def test_an_event_that_matters_is_on_the_timeline(
    event: JournalEvent, kind: str, generation: int | None, text: str
) -> None:
    (shown,) = timeline_of([event])
    assert (shown.kind, shown.generation, shown.text) == (kind, generation, text)
    assert shown.id == (ID if kind == "hung" or "GET /x" in text else "")


QUIET: list[Any] = [
    UnitExited("g1", "uwsgi", 7, "exited with status 0", expected=True),
    UnitStarted("front", "nginx", 3), UnitReady("front"), UnitUnready("g1", "x"), PhaseChanged("serving", "reloading"),
    LogsReopened(), BugFound("x" * 10_000), StackLost("x"), StrayFound("x"), StraysEnded(("x",)),
]  # fmt: skip


@pytest.mark.parametrize("event", QUIET, ids=lambda event: type(event).__name__)
def test_other_events_are_not(event: JournalEvent) -> None:
    assert timeline_of([event]) == []


def test_a_refused_reload_is_an_error_with_its_whole_evidence() -> None:
    evidence = ["Traceback (most recent call last):", '  File "app.py", line 1', "", "KeyError: 'x'"]
    summary = "app.py cannot be imported: KeyError: 'x'"
    refused = refused_event(NotReady(summary, detail="\n".join(evidence)))
    (error,) = refusals_of([UnitReady("g2"), refused, WarningGiven("  of something else")])
    assert (error.text, error.traceback) == (f"reload refused: {summary}", "\n".join(evidence))


def test_a_hung_request_comes_with_its_stack_and_nothing_else() -> None:
    stack = ("Current thread 0x1 (most recent call first):", '  File "app.py", line 4 in slow')
    hung = HungRequestEnded("GET", "/slow?x=1", ID, stack)
    assert hung_requests_of([hung, ReloadAccepted(2)]) == [hung]


@pytest.fixture
def watcher(paths: StackPaths) -> Iterator[LogWatcher]:
    """Watch the log folder."""
    watcher = LogWatcher(Path(paths.log))
    yield watcher
    watcher.close()


def test_a_new_stack_clears_what_the_watcher_knows_of_the_one_before(
    paths: StackPaths, watcher: LogWatcher
) -> None:
    journal = EventJournal(paths)
    start = StackStarted(5, "nginx-uwsgi", "app:app", "127.0.0.1:80")
    old: tuple[JournalEvent, ...] = (start, ReloadRefused("old"), HungRequestEnded("GET", "/old", ID))
    for event in old:
        journal.record(event)
    watcher.poll()
    assert ([one.kind for one in watcher.events], len(watcher.hung), len(watcher.errors)) == (
        ["start", "refused", "hung"], 1, 1,
    )  # fmt: skip
    for event in (WarningGiven("of the old one"), start, UnitReady("g1")):
        journal.record(event)
    watcher.poll()
    assert ([one.kind for one in watcher.events], len(watcher.hung), len(watcher.errors)) == (
        ["start", "generation"], 0, 0,
    )  # fmt: skip


def test_lines_that_are_no_events_do_not_hide_those_around_them() -> None:
    lines = ['{"event":"unit-ready","unit":"g1"}', "torn", '{"event":"unit-ready","unit":"g2"}']
    assert decode_events(lines) == [UnitReady("g1"), UnitReady("g2")]
