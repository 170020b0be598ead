"""Snapshots as values: a stack under load, an idle one, one whose last reload was refused."""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

from enuf.model.snapshot import (
    Advice,
    Backlog,
    Core,
    ErrorGroup,
    ErrorRecord,
    GenerationFigures,
    Latency,
    PastHour,
    Point,
    Process,
    Program,
    Rates,
    RouteFigures,
    RouteTable,
    SlowRequest,
    Snapshot,
    TimelineEvent,
    Trouble,
    Window,
    Worker,
)
from enuf.model.status import JobStatus, SideProcessStatus
from enuf.model.worker_exit import WorkerExits

TRACEBACK = """Traceback (most recent call last):
  File "/srv/shop/app.py", line 41, in report
    return render(totals(orders))
  File "/srv/shop/totals.py", line 12, in totals
    return sum(order.amount for order in orders) / len(orders)
ZeroDivisionError: division by zero"""
Make = Callable[[float], Snapshot]
"""Makes the snapshot of a moment."""
BESIDE = (
    SideProcessStatus(
        name="worker", state="running", pid=5210, since=1.0, restarts=2, last_end="was killed by SIGKILL"
    ),
)
NIGHTLY = JobStatus(
    name="nightly",
    times="0 3 * * *",
    pid=None,
    next_at=4102455600.0,
    last_at=1.0,
    last_result="failed",
    last_end="exited with status 1",
)
HUNG_ID = f"{5:032x}"
FAILED_ID = "4f0c6f0f7a2c4b0e9d6a1b2c3d4e5f60"
REFUSED = "ModuleNotFoundError: No module named 'paymnets'"


def idle(at: float) -> Snapshot:
    """A stack that nobody asks anything."""
    workers = tuple(
        Worker(
            id=number, pid=4700 + number, generation=1, status="idle", requests=3 * number,
            rss_bytes=31_000_000, pss_bytes=24_000_000, cpu=0.0,
            cores=tuple(Core(id=core, busy=False, requests=number) for core in range(2)),
        )
        for number in (1, 2)
    )  # fmt: skip
    nothing = Window(seconds=60, requests=0, rates=Rates(), latency=Latency())
    return Snapshot(
        at=at, state="serving", url="http://127.0.0.1:8000", topology="nginx-uwsgi", app="wsgi:app", generation=1, uptime_s=95,
        front=Program(name="nginx", version="1.31.3", origin="embedded", pid=4698),
        server=Program(name="uwsgi", version="2.0.30", origin="embedded", pid=4699),
        processes=2, threads=2, busy=0, slots=4, window=nothing, workers=workers, units=_units(0.0), memory_bytes=118 * 2**20,
        history=tuple(Point(at=at - ago, rates=Rates(), latency=Latency(), busy=0, slots=4, queued=0, memory_bytes=118 * 2**20, cpu=0.01) for ago in range(90, -1, -1)),
        backlog=Backlog(queued=0, limit=1024), routes=RouteTable(seconds=95.0),
        events=(
            TimelineEvent(at=at - 95, kind="start", text="enuf starts, pid 4690: nginx-uwsgi for wsgi:app at 127.0.0.1:8000"),
            TimelineEvent(at=at - 94, kind="generation", text="g1 is started: uwsgi, pid 4699", generation=1),
            TimelineEvent(at=at - 93, kind="serving", text="it serves"),
        ),
    )  # fmt: skip


def loaded(at: float) -> Snapshot:
    """Generation 3 under a load that is a little too much for it."""
    history = tuple(_point(at, ago) for ago in range(599, -1, -1))
    doing = (
        "/report/monthly",
        "/cart",
        "/search",
        "",
        "/report/monthly",
        "/login",
        "/cart",
        "/product/4711/reviews",
    )
    workers = tuple(
        Worker(
            id=number, pid=5100 + number, generation=3, status="busy", requests=9120 + 17 * number,
            rss_bytes=38_000_000, pss_bytes=29_000_000, cpu=0.42,
            cores=tuple(
                Core(id=core, busy=bool(path), requests=4560, method="GET" if path else "", path=path,
                     request_id="4f0c6f0f7a2c4b0e9d6a1b2c3d4e5f60" if path else "", since_s=(0.03, 0.21, 2.41)[(number + core) % 3] if path else None)
                for core, path in enumerate(doing[2 * number - 2 : 2 * number])
            ),
        )
        for number in (1, 2, 3, 4)
    )  # fmt: skip
    last = history[-1]
    division = ErrorRecord(
        at=at - 12,
        layer="app",
        text="ZeroDivisionError: division by zero",
        traceback=TRACEBACK,
        id=FAILED_ID,
        request="GET /report/monthly",
    )
    upload = ErrorRecord(
        at=at - 140,
        layer="front",
        text="413, larger than serve.max_body (--max-body); nginx says: client intended to send too large body: 20971520 bytes",
    )
    return msgspec.structs.replace(
        idle(at), generation=3, uptime_s=4 * 3600 + 120, processes=4, busy=7, slots=8, workers=workers, history=history, units=_units(0.42), beside=BESIDE, jobs=(NIGHTLY,), memory_bytes=history[-1].memory_bytes,
        window=Window(seconds=60, requests=24_731, rates=last.rates, latency=last.latency, by_status={"200": 24_410, "302": 190, "404": 88, "500": 43}, failed=43),
        backlog=Backlog(queued=12, limit=1024),
        events=(
            TimelineEvent(at=at - 4 * 3600, kind="start", text="enuf starts, pid 4690: nginx-uwsgi for wsgi:app at 127.0.0.1:8000"),
            TimelineEvent(at=at - 472, kind="generation", text="g2 is started: uwsgi, pid 5020", generation=2),
            TimelineEvent(at=at - 470, kind="reload", text="reloaded: g2 serves", generation=2),
            TimelineEvent(at=at - 131, kind="hung", text="GET /export took too long and was ended", id=HUNG_ID),
            TimelineEvent(at=at - 82, kind="generation", text="g3 is started: uwsgi, pid 5100", generation=3),
            TimelineEvent(at=at - 80, kind="reload", text="reloaded: g3 serves", generation=3),
        ),
        slow=tuple(_slow(at, number) for number in range(9)),
        errors=(division, upload),
        error_groups=(grouped(division, 43, "totals.py:12 in totals"), grouped(upload)),
        routes=RouteTable(seconds=300.0, hidden=2, routes=_routes()),
        generations=(
            GenerationFigures(generation=3, since=at - 80, seconds=80.0, requests=36_400, per_s=455.0, p50_s=0.088, p95_s=0.223, failed=61, rejected=320),
            GenerationFigures(generation=2, since=at - 470, until=at - 80, seconds=390.0, requests=121_000, per_s=310.3, p50_s=0.011, p95_s=0.06, failed=12, rejected=1540),
            GenerationFigures(generation=1, since=at - 4 * 3600, until=at - 470, seconds=600.0, requests=174_000, per_s=290.0, p50_s=0.012, p95_s=0.062, failed=20, rejected=2210),
        ),
        advice=(
            Advice(
                code="saturated",
                text="all 8 threads busy for 40 s, 12 waiting, p95 wait 180 ms: add processes (each +28 MB) or raise threads: the app waits on I/O 90% of the time",
                settings="[serve]\nthreads = 4",
                figures={"busy_for_s": 40.2, "slots": 8, "waiting": 12, "wait_p95_s": 0.18, "worker_mb": 28.4, "waits_on_others": 0.9},
            ),
        ),
        notes=("this uWSGI was built without internal routing, so waiting cannot be told from the app's time",),
    )  # fmt: skip


def past_hour(at: float) -> PastHour:
    """The hour before the load began: fewer visitors, in steps of ten seconds."""
    earlier = (_point(at, ago) for ago in range(3590, 0, -10))
    return PastHour(
        step_s=10.0, points=tuple(msgspec.structs.replace(point, busy=point.busy or 0) for point in earlier)
    )


def refused(at: float) -> Snapshot:
    """The load goes on, and the last reload was refused."""
    before = loaded(at)
    evidence = f'Traceback (most recent call last):\n  File "/srv/shop/app.py", line 3, in <module>\n    import paymnets\n{REFUSED}'
    refusal = ErrorRecord(at=at - 30, layer="enuf", text=REFUSED, traceback=evidence)
    return msgspec.structs.replace(
        before, reason=REFUSED, advice=(),
        events=(
            *before.events,
            TimelineEvent(at=at - 32, kind="generation", text="g4 is started: uwsgi, pid 5190", generation=4),
            TimelineEvent(at=at - 30, kind="refused", text=f"reload refused: {REFUSED}"),
        ),
        errors=(refusal, *before.errors), error_groups=(grouped(refusal), *before.error_groups),
    )  # fmt: skip


def grouped(error: ErrorRecord, count: int = 1, where: str = "") -> ErrorGroup:
    """Return a group of errors, of which this one is the latest."""
    return ErrorGroup(
        count=count, first_at=error.at - 40 * (count > 1), last_at=error.at, layer=error.layer, text=error.text, where=where,
        request=error.request, id=error.id,
    )  # fmt: skip


def troubled(at: float) -> Snapshot:
    """A stack that serves, but a thread is stuck, workers crash, and many answers are errors."""
    before = loaded(at)
    hung = [
        TimelineEvent(
            at=at - 60 + number,
            kind="hung",
            text="GET /hang took too long and was ended",
            id=f"{number:032x}",
        )
        for number in range(10)
    ]
    crashes = [
        TimelineEvent(
            at=at - 20 + number, kind="crash", text="worker 2 crashed (SIGSEGV) in GET /slow, pid 5102"
        )
        for number in range(5)
    ]
    return msgspec.structs.replace(
        before, condition="1 thread stuck, 35 % errors", exits=WorkerExits(signal=5, timeout=2), events=(*before.events, *hung, *crashes),
        troubles=(
            Trouble(code="stuck", short="1 thread stuck", text="1 of 8 threads stuck in GET /hang for 13 min, at views.py:28 in hang: longer than serve.timeout, and it does not react; its worker is replaced when its other requests are finished"),
            Trouble(code="errors", short="35 % errors", text="35 % errors: 70 of 200 answers in the last minute were 5xx: enuf logs --status 5xx"),
            Trouble(code="crashes", short="5 crashes", text=f"worker 2 crashed (SIGSEGV) in GET /slow, 5 times in 4 s, last 10:00:00: enuf logs --id {FAILED_ID}"),
        ),
    )  # fmt: skip


def hostile(at: float) -> Snapshot:
    """What an attacker can write into a log: markup in every text."""
    evil = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    before = loaded(at)
    return msgspec.structs.replace(
        before, app=evil, reason=evil, url="javascript:document.title='owned'", warnings=(evil,), notes=(evil,),
        slow=tuple(msgspec.structs.replace(each, path=evil, stack=evil) for each in before.slow),
        errors=tuple(msgspec.structs.replace(each, text=evil, traceback=evil) for each in before.errors),
        routes=RouteTable(
            seconds=300.0, routes=tuple(msgspec.structs.replace(each, route=f"GET {evil}{number}", where=evil, fails_at=evil) for number, each in enumerate(_routes()))
        ),
        error_groups=tuple(msgspec.structs.replace(each, text=evil, where=evil, request=evil, id=evil) for each in before.error_groups),
        condition=evil, troubles=(Trouble(code="evil", short=evil, text=evil),),
        events=tuple(msgspec.structs.replace(each, text=evil) for each in before.events),
        advice=(Advice(code="evil", text=evil, figures={evil: 1}),),
        workers=tuple(
            msgspec.structs.replace(each, cores=tuple(msgspec.structs.replace(core, path=evil) for core in each.cores)) for each in before.workers
        ),
    )  # fmt: skip


def _routes() -> tuple[RouteFigures, ...]:
    return (
        RouteFigures(route="GET /report/monthly", requests=1204, per_s=4.0133, p50_s=0.94, p95_s=2.1, wait_s=0.18, app_s=0.81, failed=43, busy=2, longest_s=2.4,
                     where="app.py:41 in report", fails_at="totals.py:12 in totals"),
        RouteFigures(route="GET /product/*/reviews", requests=9030, per_s=30.1, p50_s=0.011, p95_s=0.06, wait_s=0.002, app_s=0.009, busy=1, longest_s=0.2),
        RouteFigures(route="POST /cart", requests=6, per_s=0.02, p50_s=0.02, p95_s=0.05, rejected=3),
        # All of the time waited, and a share that exceeds 100 % by a rounding error.
        RouteFigures(route="(no such path)", requests=88, per_s=0.2933, p50_s=0.001, p95_s=0.002, wait_s=0.0013, app_s=0.0, rejected=88),
        RouteFigures(route="GET /export", requests=0, per_s=0.0, busy=1, longest_s=780.0, where="export.py:7 in rows"),
    )  # fmt: skip


def _units(cpu: float) -> tuple[Process, ...]:
    def unit(name: str, pid: int, role: str, megabytes: int, used: float) -> Process:
        return Process(
            unit=name,
            pid=pid,
            role=role,
            rss_bytes=megabytes * 1_300_000,
            pss_bytes=megabytes * 1_000_000,
            cpu=used,
        )

    workers = (unit("server", 5100 + number, "worker", 29, cpu) for number in (1, 2, 3, 4))
    return (
        unit("supervisor", 4690, "enuf", 21, 0.0), unit("front", 4698, "master", 3, 0.0), unit("front", 4701, "worker", 5, cpu / 4),
        unit("server", 4699, "master", 24, 0.0), *workers, unit("dashboard", 4702, "enuf", 26, 0.01),
    )  # fmt: skip


def _point(at: float, ago: int) -> Point:
    second = round(at) - ago
    wave = (
        1
        + 0.2 * math.sin(second / 41)
        + 0.05 * math.sin(second / 5.3)
        + 0.04 * math.sin(second * 1.7) * math.sin(second / 9)
    )
    rush = 1.5 if ago < 80 else 1.0
    bad = 9.0 if 20 < ago < 34 else 0.0
    ok = 290 * wave * rush
    wait = max(0.0, 0.12 * (rush - 1) * 2 * wave) + 0.002
    return Point(
        at=at - ago,
        rates=Rates(total=ok + 12 + bad, s2xx=ok, s3xx=8 * wave, s4xx=4 * wave, s5xx=bad),
        latency=Latency(p50_s=0.011 * wave + wait / 2, p95_s=0.06 * wave + wait, p99_s=0.13 * wave + wait * 1.2, wait_p50_s=wait / 3, wait_p95_s=wait),
        busy=min(8, round(5 * wave * rush)), slots=8, queued=round(max(0.0, 9 * wave * (rush - 1) * 2)), memory_bytes=round((184 + 3 * wave) * 2**20), cpu=1.1 * wave * rush,
    )  # fmt: skip


def _slow(at: float, number: int) -> SlowRequest:
    wait, app, send = 0.02 + 0.11 * (number % 4), 0.6 + 0.7 * (number % 3), 0.001 + 0.3 * (number % 2)
    return SlowRequest(
        at=at - 3 - 7 * number, id=f"{number:032x}", method="GET" if number % 3 else "POST",
        path="/report/monthly" if number % 2 else "/search", status=500 if number == 2 else 200,
        total_s=wait + app + send, wait_s=wait, app_s=app, send_s=send, hung=number == 5,
        stack='File "/srv/shop/app.py", line 41, in report\n    time.sleep(2)' if number == 5 else "",
    )  # fmt: skip
