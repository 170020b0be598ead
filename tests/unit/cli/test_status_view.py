"""The status document: its keys are those of the reference, and the screen shows what needs attention."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from enuf.cli.terminal.site_status import SiteView
from enuf.cli.terminal.status_rows import WIDTH
from enuf.cli.terminal.status_screen import screen
from enuf.cli.terminal.status_view import (
    BacklogView,
    LastError,
    PathsView,
    ServerView,
    StatusView,
    WorkerRow,
)
from enuf.cli.widths import columns
from enuf.language.spoken import begin_language
from enuf.model.certificate import CertificateStatus, OrderStatus, TlsStatus
from enuf.model.release import ProjectRelease, ReleaseStatus
from enuf.model.snapshot import Advice, Backlog, Core, ErrorGroup, Trouble, Worker, WorkerStatus
from enuf.model.status import (
    AnswerCounts,
    DashboardStatus,
    JobStatus,
    ProgramStatus,
    Refusal,
    ReloadCounts,
    SideProcessStatus,
    SupervisorStatus,
)
from enuf.model.unit_events import HungRequestEnded, WorkerExited
from enuf.model.worker_exit import WorkerExits
from enuf.observe.live.routes import RouteShare
from enuf.observe.live.troubles import AnswersOfMinute, TroubleInput, troubles


@pytest.fixture
def spoken() -> Iterator[Callable[[str], None]]:
    """What lets the test speak a language, until its end."""
    yield lambda language: begin_language({"LANG": f"{language}_KR.UTF-8"})
    begin_language({})


REFERENCE = Path(__file__).parents[3] / "scripts/reference_en.toml"
FULL = StatusView(
    state="serving",
    reason="",
    url="http://127.0.0.1:8000/",
    tls=TlsStatus(
        mode="files",
        certificates=(
            CertificateStatus(
                names=("shop.test", "www.shop.test"),
                issuer="R11",
                not_after="2027-03-01T09:00:00Z",
                days_left=61,
                path="/etc/ssl/shop.pem",
            ),
        ),
        order=OrderStatus(authority="acme.example", stand_in=False),
    ),
    topology="nginx-uwsgi",
    generation=2,
    release=ReleaseStatus(
        project="/srv/shop/current",
        serving=ProjectRelease(folder="/srv/shop/releases/7", name="7", revision="3f" * 20),
        at=1767225600.0,
        before=ProjectRelease(folder="/srv/shop/releases/6", name="6"),
        earlier=(ProjectRelease(folder="/srv/shop/releases/6", name="6"),),
    ),
    app="app:app",
    supervisor=SupervisorStatus(pid=70),
    front=ProgramStatus(name="nginx", version="1.29.3", origin="embedded", pid=71),
    server=ServerView(
        name="uwsgi",
        version="2.0.31",
        origin="embedded",
        pid=72,
        processes=2,
        threads=2,
        workers=(
            WorkerRow(1, 73, "idle", 5, 26 * 2**20, 11 * 2**20),
            WorkerRow(2, 74, "unknown", None, 2**20, None),
        ),
        busy=1,
        slots=4,
        long=("GET /report for 12 s, at report.py:28 in rows",),
    ),
    retiring=("g1",),
    paths=PathsView("/shop/.enuf/conf", "/shop/.enuf/log", "/shop/.enuf/run/app.sock"),
    dashboard=DashboardStatus(url="http://127.0.0.1:9191/", pid=75),
    condition="35 % errors, 1 thread stuck",
    troubles=(Trouble(code="errors", short="35 % errors", text="35 % errors: 7 of 20 answers"),),
    reloads=ReloadCounts(accepted=1),
    refused=Refusal(at=0.0, summary="the app cannot be imported", changed=("/shop/app.py",)),
    answers=AnswerCounts(cut=1, too_late=2),
    exits=WorkerExits(signal=5),
    beside=(SideProcessStatus(name="worker", state="running", pid=76, since=1767225600.0),),
    jobs=(JobStatus(name="nightly", times="0 3 * * *", pid=None, next_at=1767236400.0),),
    warnings=("the disk is full",),
    problems=(),
    backlog=BacklogView(3, 100),
    notes=("the queue is an estimate",),
    last_error=LastError(at=0.0, layer="app", text="ZeroDivisionError", id="ab" * 16),
    errors=(
        ErrorGroup(
            count=45,
            first_at=0.0,
            last_at=9.0,
            layer="app",
            text="ZeroDivisionError: division by zero",
            where="app.py:15 in boom",
            request="GET /boom",
            id="ab" * 16,
        ),
    ),
    advice=(Advice(code="saturated", text="use more threads", figures={"busy": 4.0}),),
    cache={},
    limited={},
    site=SiteView(name="shop", unit="enuf-shop.service", active="active", result="success", restarts=0),
    enuf="0.1.0",
)


def test_the_keys_of_the_document_are_those_of_the_reference_in_their_order() -> None:
    documented = tomllib.loads(REFERENCE.read_text(encoding="utf-8"))["documents"]["status"]["keys"]
    of_advice = "advice[]."  # described in words, as a part of the document of `enuf top`
    made = [key for key in _keys(msgspec.to_builtins(FULL)) if not key.startswith(of_advice)]
    assert made == list(documented)


def test_the_screen_has_a_line_for_everything_that_needs_attention() -> None:
    text = screen(FULL)
    for part in (
        "3 of 100",
        "1 of 4 busy",
        "the disk is full",
        "an estimate",
        "use more threads",
        "45 x app: ZeroDivisionError: division by zero, at app.py:15",
        "trouble    35 % errors: 7 of 20 answers",
        "1 of 4 busy: GET /report for 12 s",
        "1 ended early",
        "g1",
    ):
        assert part in text
    assert max(map(len, text.splitlines())) <= WIDTH


def test_a_thread_that_works_long_is_told_in_korean_too(spoken: Callable[[str], None]) -> None:
    spoken("ko")
    said = " ".join(screen(FULL).split())
    assert "4개 중 1개가 일하는 중: GET /report(12초, 위치 report.py:28 (rows))" in said


def test_what_is_wrong_stands_before_everything_else() -> None:
    lines = screen(FULL).splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["serving", "trouble", "error"]


NOW, ID = 1_800_000_000.0, "c0ffee00" * 4
SHARES = tuple(
    RouteShare(route=f"GET /{name * 20}", share=share, mean_s=0.2)
    for name, share in (("a", 0.5), ("b", 0.3), ("c", 0.2))
)
HANGS = Core(
    id=0,
    busy=True,
    method="GET",
    path="/report/monthly",
    since_s=40.0,
    where="shop/report.py:28 in rows_of_the_month",
)
SHORT = Core(id=0, busy=True, method="GET", path="/a", since_s=0.1)


@pytest.mark.parametrize(
    ("core", "said", "in_korean"),
    [
        (
            HANGS,
            "2 of 2 threads in GET /report/monthly, for up to 40 s, at shop/report.py:28",
            "스레드 2개 중 2개가 GET /report/monthly",
        ),
        (
            SHORT,
            f"all 2 threads busy, 37 connections waiting: {SHARES[0].route} takes 50% of their time",
            "스레드 2개가 모두 일하는 중입니다, 대기 중 연결 37개",
        ),
    ],
    ids=["a hung route", "many short requests"],
)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_five_problems_at_once_are_all_on_the_first_screen_of_a_terminal(
    core: Core, said: str, in_korean: str, language: str, spoken: Callable[[str], None]
) -> None:
    spoken(language)
    worker = Worker(id=1, pid=7, generation=2, status="busy", requests=9, cores=(core, core))
    crash = WorkerExited(
        at=NOW, worker=2, pid=5, reason="signal", how="SIGSEGV", requests=("GET /resize",), ids=(ID,)
    )
    stack = ("  File /shop/shop/export.py, line 9, in rows_of_the_export",)
    hung = HungRequestEnded(at=NOW, method="GET", uri="/export/all?format=xlsx", id=ID, stack=stack)
    summary = "shop/cart.py cannot be imported: ModuleNotFoundError: No module named 'sqlalchemy_utils'"
    given = TroubleInput(
        now=NOW,
        state="serving",
        project="/shop",
        answers=AnswersOfMinute(200, 70, shares=SHARES),
        workers=[worker],
        backlog=Backlog(queued=37, limit=4096),
        journal=[crash, crash, hung, hung],
        refused=Refusal(at=NOW, summary=summary, changed=("/shop/shop/cart.py",)),
    )
    rows = screen(msgspec.structs.replace(FULL, troubles=troubles(given))).splitlines()[:24]
    first = " ".join(" ".join(rows).split())
    for english, korean in (
        ("worker 2 crashed (SIGSEGV) in GET /resize, 2 times in ", "워커 2 비정상 종료(SIGSEGV), GET /resize 처리 중"),
        ("35 % errors: 70 of 200 answers in the last minute were 5xx: enuf logs --status 5xx", "오류 35 %: 지난 1분"),
        (said, in_korean),
        ("GET /export/all took longer than serve.timeout and was ended, ", "serve.timeout보다 오래 걸려 끝냈습니다"),
        ("(shop/cart.py has changed since: enuf reload), the version before it serves: ", "이전 버전이 계속 서비스합니다: "),
    ):  # fmt: skip
        assert (english if language == "en" else korean) in first
    assert max(columns(row) for row in rows if " " in row[11:].strip()) <= WIDTH


@pytest.mark.parametrize(("language", "unit"), [("en", " requests"), ("ko", " 건")])
def test_the_rows_of_the_workers_are_in_columns(
    language: str, unit: str, spoken: Callable[[str], None]
) -> None:
    spoken(language)
    workers = tuple(
        WorkerRow(number, 73, state, 10**number, 2**20, None)
        for number, state in enumerate(get_args(WorkerStatus), 1)
    )
    server = msgspec.structs.replace(FULL.server, workers=workers)
    rows = [row for row in screen(msgspec.structs.replace(FULL, server=server)).splitlines() if unit in row]
    assert len(rows) == len(workers)
    assert len({columns(row.partition(unit)[0]) for row in rows}) == 1
    assert len({columns(row) for row in rows}) == 1


def test_a_stack_that_visitors_cannot_reach_does_not_serve() -> None:
    assert FULL.serves
    assert not msgspec.structs.replace(FULL, state="failed").serves


def _keys(value: object, prefix: str = "") -> Iterator[str]:
    """Yield the keys of a document as the reference writes them: `server.workers[].pid`."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield f"{prefix}{key}"
            yield from _keys(part, f"{prefix}{key}.")
    elif isinstance(value, list | tuple) and value:
        yield from _keys(value[0], f"{prefix.rstrip('.')}[].")
