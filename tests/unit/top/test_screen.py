"""The terminal's view fits, says what is not known, and prints nothing that could move a cursor."""

from __future__ import annotations

from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from enuf.model.certificate import CertificateStatus, TlsStatus
from enuf.model.snapshot import (
    Advice,
    Backlog,
    Core,
    ErrorGroup,
    ErrorRecord,
    Latency,
    Point,
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
from enuf.top.figures import duration, rate, short_duration, sparkline
from enuf.top.live import snapshot_text
from enuf.top.screen import snapshot_line, snapshot_screen
from enuf.top.view import TopView

TLS = TlsStatus(
    mode="files",
    certificates=(
        CertificateStatus(
            names=("shop.test",),
            issuer="R\x1b[2J11",
            not_after="1970-01-31T12:00:00Z",
            days_left=30,
            path="/a",
        ),
    ),
)
RATES = Rates(total=12345.6, s2xx=12000, s4xx=300, s5xx=45.6)
LATENCY = Latency(p50_s=0.0021, p95_s=1.25, p99_s=59.9, wait_p95_s=0.18, app_p95_s=1.0)


def snapshot(**differences: object) -> Snapshot:
    core = Core(id=0, busy=True, method="GET", path="/a" * 150, since_s=6.0)
    worker = Worker(
        id=1,
        pid=1,
        generation=3,
        status="busy",
        requests=99_999_999,
        rss_bytes=2**34,
        cpu=0.99,
        cores=(core, Core(id=1, busy=False)),
    )
    known: dict[str, object] = {
        "at": 1.0,
        "state": "serving",
        "url": "http://127.0.0.1:8000",
        "topology": "nginx-uwsgi",
        "generation": 3,
        "front": Program(name="nginx", version="1", origin="embedded"),
        "window": Window(seconds=10, requests=123, rates=RATES, latency=LATENCY),
        "history": tuple(Point(at=float(number), rates=RATES, latency=LATENCY) for number in range(600)),
        "busy": 8,
        "slots": 8,
        "backlog": Backlog(queued=12, limit=1024),
        "memory_bytes": 2**31,
        "workers": (worker,) * 40,
        "slow": (SlowRequest(at=1, id="", method="GET", path="/b" * 90, status=200, total_s=3, wait_s=1, app_s=2, send_s=0),) * 50,
        "errors": (ErrorRecord(at=1, layer="app", text="E: \x1b[2J\n\u202e" + "x" * 900),) * 50,
        "error_groups": (
            ErrorGroup(count=45, first_at=1, last_at=2, layer="app", text="E: \x1b[2J\n\u202e" + "x" * 900, where="\x1bapp.py:9 in x"),
        )
        * 20,
        "condition": "35 % errors",
        "troubles": (Trouble(code="errors", short="35 % errors", text="35 % errors: 7 of 20"),),
        "events": (TimelineEvent(at=1, kind="reload", text="reloaded: g3 serves " * 20),) * 200,
        "advice": (Advice(code="saturated", text="all 8 threads busy for 40 s, " * 8, figures={"a": 1.0}),),
        "warnings": ("the disk is full",),
        "notes": ("something is not known",),
    }  # fmt: skip
    return Snapshot(**{**known, **differences})  # type: ignore[arg-type]


def drawn(now: Snapshot, view: TopView) -> list[str]:
    """Return the rows of the screen, as wide as they are."""
    console = Console(file=StringIO(), width=400, color_system=None)
    console.print(snapshot_screen(now, width=400, view=view))
    assert isinstance(console.file, StringIO)
    return [row.rstrip() for row in console.file.getvalue().splitlines()]


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    text = snapshot_text(snapshot(), width=width)
    assert max(map(len, text.splitlines())) <= width
    assert "8 of 8 busy" in text


def test_what_is_wrong_is_in_the_first_line_and_errors_that_are_alike_are_one() -> None:
    text = snapshot_text(snapshot(), width=120)
    assert "35 % errors" in text.splitlines()[0]
    assert "trouble" in text
    assert "45 x app: E: " in text


def test_nothing_of_a_visitors_text_reaches_the_terminal_as_a_command() -> None:
    assert all(sign.isprintable() for row in snapshot_text(snapshot()).splitlines() for sign in row)


@pytest.mark.parametrize(("width", "rows"), [(80, 2), (120, 1)])
def test_every_time_is_shown_also_where_one_row_has_no_room(width: int, rows: int) -> None:
    lines = snapshot_text(snapshot(), width=width).splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("time "))
    shown = " ".join(lines[first : first + rows])
    assert all(
        text in shown for text in ("p50 2.1 ms", "p95 1.25 s", "p99 59.90 s", "wait p95 180 ms", "app p95 1")
    )


ROUTES = RouteTable(
    seconds=60,
    routes=(
        RouteFigures(route="GET /report", requests=60, per_s=1.0, p95_s=4.0, busy=2),
        RouteFigures(route="GET /", requests=6000, per_s=100.0, p95_s=0.01),
        RouteFigures(
            route="POST /cart", requests=6, per_s=0.1, p95_s=0.5, failed=5, fails_at="cart.py:9 in add"
        ),
        RouteFigures(route="GET /never", requests=0, per_s=0),
    ),
)


@pytest.mark.parametrize(
    ("order", "routes"),
    [
        ("time", ["GET /report", "GET /", "POST /cart"]),
        ("rate", ["GET /", "GET /report", "POST /cart"]),
        ("p95", ["GET /report", "POST /cart", "GET /"]),
        ("errors", ["POST /cart", "GET /report", "GET /"]),
    ],
)
def test_routes_stand_in_the_order_that_was_asked_for(order: str, routes: list[str]) -> None:
    text = drawn(snapshot(routes=ROUTES), TopView(routes=order))
    rows = [row for row in text if "5xx " in row and "p95" in row]
    assert [name for row in rows for name in routes if row.endswith(name) or f" {name}, at" in row] == routes
    assert any("5xx 5   POST /cart, at cart.py:9 in add" in row for row in rows)
    assert rows[routes.index("GET /report")].endswith("5xx 0   2 busy   GET /report")


def test_threads_stand_in_the_order_that_was_asked_for() -> None:
    def worker(number: int, since_s: float) -> Worker:
        core = Core(id=0, busy=True, method="GET", path=f"/{number}", since_s=since_s)
        return Worker(id=number, pid=number, generation=1, status="busy", requests=number, cores=(core,))

    shown = snapshot(workers=(worker(1, 2.0), worker(2, 9.0)))
    for order, first in (("number", "g1 w1"), ("longest", "g1 w2"), ("requests", "g1 w2")):
        rows = [row[:5] for row in drawn(shown, TopView(threads=order)) if row.startswith("g1 w")]
        assert rows[0] == first


def test_slow_requests_of_one_route_and_events_that_are_alike_are_one_row() -> None:
    hung = [
        TimelineEvent(at=number, kind="hung", text=f"GET /hang id={number:032x} took too long and was ended")
        for number in (1, 2, 3)
    ]
    serves = TimelineEvent(at=0, kind="serving", text="it serves")
    slow = [
        SlowRequest(at=number, id="", method="GET", path=f"/item/{number}", status=200, total_s=2)
        for number in (3, 2)
    ]
    rows = drawn(snapshot(events=(serves, *hung), slow=tuple(slow)), TopView())
    assert [row[19:] for row in rows if "took too long" in row] == [
        f"3 x GET /hang id={3:032x} took too long and was ended"
    ]
    assert [row[19:] for row in rows if "/item/" in row] == ["2 x 200 GET /item/3  2.00 s"]


def test_what_is_wrong_stands_above_the_threads() -> None:
    rows = drawn(snapshot(), TopView())
    places = [next(n for n, row in enumerate(rows) if row.startswith(word)) for word in ("trouble", "g3 w1")]
    assert places == sorted(places)


def test_the_servers_lines_about_a_crash_are_left_out_where_a_trouble_tells_it() -> None:
    crash = Trouble(code="crashes", short="1 crash", text="worker 1 crashed (SIGSEGV) in GET /slow")
    lines = (
        ErrorGroup(count=1, first_at=1, last_at=1, layer="server", text="worker 1 crashed (SIGSEGV)"),
        ErrorGroup(count=1, first_at=1, last_at=1, layer="app", text="ZeroDivisionError"),
    )
    said = "\n".join(drawn(snapshot(error_groups=lines, troubles=(crash,)), TopView()))
    assert "server: worker 1" not in said and "app: ZeroDivisionError" in said
    assert "server: worker 1" in "\n".join(drawn(snapshot(error_groups=lines, troubles=()), TopView()))


def test_a_pipe_gets_whole_rows() -> None:
    text = snapshot_text(snapshot())
    assert "…" not in text and f"GET {'/a' * 150}" in text


def test_rates_and_times_name_the_seconds_that_they_are_over() -> None:
    text = snapshot_text(snapshot())
    assert "12346/s over 10 s   2xx 12000" in text


def test_what_is_not_known_is_not_shown_as_zero() -> None:
    unknown = snapshot(
        window=None, busy=None, slots=None, backlog=Backlog(queued=None, limit=None, exact=False)
    )
    text = snapshot_text(unknown)
    assert "waiting unknown" in text
    assert "answers" not in text
    assert "waiting" not in snapshot_line(unknown)


@pytest.mark.parametrize(
    ("known", "shown"),
    [
        ({"wait_s": 1.0, "app_s": 2.5, "send_s": 0.5}, "4.00 s: wait 1.00 s  app 2.50 s  send 500 ms"),
        ({"send_s": 0.001}, "4.00 s: wait + app 4.00 s  send 1.0 ms"),
        ({}, "4.00 s"),
    ],
)
def test_a_slow_request_shows_where_its_time_went_as_far_as_it_is_known(
    known: dict[str, float], shown: str
) -> None:
    slow = SlowRequest(at=1, id="", method="GET", path="/slow", status=200, total_s=4.0, **known)  # type: ignore[arg-type]
    (row,) = (
        row for row in snapshot_text(snapshot(slow=(slow,)), width=120).splitlines() if "GET /slow" in row
    )
    assert row.partition("/slow")[2].strip() == shown


def test_a_look_is_one_line_for_a_pipe() -> None:
    text = snapshot_line(snapshot())
    assert "\n" not in text
    assert (
        "serving  35 % errors  12346/s  5xx 45.6/s  p50 2.1 ms  p95 1.25 s  wait 180 ms  busy 8/8  waiting 12"
        in text
    )


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        (short_duration(None), "-"), (short_duration(0.0004), "0.4 ms"), (short_duration(0.25), "250 ms"), (short_duration(12.345), "12.35 s"),
        (duration(5), "5 s"), (duration(725), "12 min"), (duration(3 * 3600 + 1200), "3 h 20 min"), (duration(190_000), "2 d 4 h"),
        (rate(0), "0"), (rate(0.44), "0.4"), (rate(1203.2), "1203"),
    ],
)  # fmt: skip
def test_figures_are_short(shown: str, meant: str) -> None:
    assert shown == meant


@given(st.lists(st.floats(0, 1e9), max_size=300), st.integers(-5, 200))
def test_a_sparkline_is_as_long_as_it_may_be_and_full_at_its_top(values: list[float], width: int) -> None:
    found = sparkline(values, width)
    assert len(found) in (0, min(len(values), max(width, 0)))
    if found:
        assert "█" in found


@pytest.mark.parametrize(
    ("at", "left"),
    [
        (1.0, "30 days left"),
        (20.9 * 86_400, "9 days left"),
        (28.6 * 86_400, "1 day left"),
        (30 * 86_400, "12 hours left"),
        (31 * 86_400, "it has expired"),
    ],
)
def test_the_certificate_is_shown_with_the_time_that_is_left(at: float, left: str) -> None:
    text = snapshot_text(snapshot(at=at, tls=TLS), width=200)
    assert f"https     shop.test   issued by R [2J11, {left} (1970-01-31)" in text
    assert "https" not in snapshot_text(snapshot(tls=None)).replace("https://", "")
