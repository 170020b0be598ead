"""The table of routes: rates, times and errors of the last minutes, in bounded memory whatever strangers ask for."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from enuf.model.snapshot import Core, ErrorGroup, Program, RouteFigures, SlowRequest, Snapshot, Worker
from enuf.observe.live.busy_routes import route_of
from enuf.observe.live.routes import MOST_ROUTES, MOST_SHOWN, OTHERS, UNMATCHED, RouteCounter, route_table
from enuf.syntax.access_log import AccessRecord

NOW = 1_000_000_000.0
SHOWN = Snapshot(at=NOW, state="serving", front=Program(name="nginx", version="1", origin="embedded"))


def asked(
    request: str,
    total_s: float = 0.1,
    status: int = 200,
    *,
    at: float | None = NOW,
    wait_s: float | None = None,
) -> AccessRecord:
    return AccessRecord(at, "", f"{request} HTTP/1.1", status, 10, total_s, total_s, wait_s, "")


def figures(counter: RouteCounter, shown: Snapshot = SHOWN) -> dict[str, RouteFigures]:
    return {each.route: each for each in route_table(counter, shown, "/srv/shop").routes}


def test_a_route_has_its_rate_percentiles_parts_and_errors() -> None:
    counter = RouteCounter(NOW - 100)
    slow = [asked(f"GET /item/{number}?q=1", 0.4, wait_s=0.3) for number in range(30)]
    counter.add([*slow, *(asked(f"GET /item/{number}", 0.1, 500, wait_s=0.0) for number in range(10))], NOW)
    (item,) = figures(counter).values()
    assert (item.route, item.requests, item.per_s) == ("GET /item/*", 40, 0.4)
    assert [item.p50_s, item.p95_s] == pytest.approx([0.4, 0.4], rel=0.05)
    assert [item.wait_s, item.app_s] == pytest.approx([0.225, 0.1])
    assert (item.failed, item.rejected) == (10, 0)


def test_the_wait_is_unknown_where_no_request_has_one() -> None:
    counter = RouteCounter(NOW)
    counter.add([asked("GET /")], NOW)
    assert figures(counter)["GET /"].app_s is None


def test_the_route_that_took_most_time_is_first() -> None:
    counter = RouteCounter(NOW)
    counter.add([asked("GET /often", 0.001)] * 99 + [asked("GET /slow", 2.0)], NOW)
    assert list(figures(counter)) == ["GET /slow", "GET /often"]


def test_what_is_older_than_five_minutes_is_forgotten() -> None:
    counter = RouteCounter(NOW - 1000)
    counter.add(
        [asked("GET /old", at=NOW - 400), asked("GET /a", at=NOW - 200), asked("GET /b", at=None)], NOW
    )
    assert set(figures(counter)) == {"GET /a", "GET /b"}
    assert set(figures(counter, replace(SHOWN, at=NOW + 200))) == {"GET /b"}
    table = route_table(counter, replace(SHOWN, at=NOW + 400), "")
    assert (table.routes, 270 <= table.seconds <= 300) == ((), True)


def test_a_clock_that_was_set_back_does_not_keep_requests_for_ever() -> None:
    counter = RouteCounter(NOW)
    counter.add([asked("GET /future", at=NOW)], NOW)
    counter.add([asked("GET /now", at=NOW - 5000)], NOW - 5000)
    assert set(figures(counter, replace(SHOWN, at=NOW - 5000))) == {"GET /now"}


def test_strangers_cannot_fill_the_table() -> None:
    """Paths that the app does not know share a row, and so do the routes beyond the bound."""
    counter = RouteCounter(NOW)
    counter.add([asked(f"GET /wp-{number}x.php", status=404) for number in range(5000)], NOW)
    counter.add([asked("\x16\x03", status=400), asked("BREW /tea", status=405)], NOW)
    assert {row: each.requests for row, each in figures(counter).items()} == {UNMATCHED: 5002}
    counter.add(
        [asked(f"GET /page-{chr(97 + a)}{chr(97 + b)}", 9.0) for a in range(26) for b in range(26)], NOW
    )
    assert len(counter.tallies(NOW)) == MOST_ROUTES + 1
    table = route_table(counter, SHOWN, "")
    assert (len(table.routes), table.hidden) == (MOST_SHOWN, MOST_ROUTES + 1 - MOST_SHOWN)
    assert table.routes[0].route == OTHERS
    assert sum(each.requests for each in counter.tallies(NOW).values()) == 5002 + 26 * 26


def test_a_known_route_keeps_its_404s() -> None:
    counter = RouteCounter(NOW)
    counter.add([asked("GET /item/1"), asked("GET /item/2", status=404)], NOW)
    assert figures(counter)["GET /item/*"].rejected == 1


def test_a_route_tells_where_its_threads_stand_also_before_its_first_answer() -> None:
    def busy(path: str, since_s: float, where: str = "") -> Core:
        return Core(id=0, busy=True, method="GET", path=path, since_s=since_s, where=where)

    worker = Worker(
        id=1, pid=2, generation=1, status="busy", requests=0,
        cores=(busy("/hang/1", 780.0, "views.py:28 in hang"), busy("/hang/2", 3.0), busy("/fast", 0.01)),
    )  # fmt: skip
    slow = SlowRequest(
        at=NOW, id="1", method="GET", path="/report", status=200, total_s=3.0,
        stack='File "/srv/shop/app.py", line 41, in report',
    )  # fmt: skip
    error = ErrorGroup(
        count=1,
        first_at=NOW,
        last_at=NOW,
        layer="app",
        text="E",
        where="cart.py:9 in add",
        request="GET /cart/7",
    )
    counter = RouteCounter(NOW)
    counter.add([asked("GET /report", 3.0), asked("GET /cart/7", status=500), asked("GET /fast")], NOW)
    found = figures(counter, replace(SHOWN, workers=(worker,), slow=(slow,), error_groups=(error,)))
    assert next(iter(found)) == "GET /hang/*"
    hang = found["GET /hang/*"]
    assert (hang.requests, hang.busy, hang.longest_s, hang.where) == (0, 2, 780.0, "views.py:28 in hang")
    assert found["GET /report"].where == "app.py:41 in report"
    assert found["GET /cart/*"].fails_at == "cart.py:9 in add"
    assert found["GET /fast"].busy == 1


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/item/17", "/item/*"),
        ("/day/2026-11-27/log", "/day/*/log"),
        ("/u/3f2504e0-4f89-11d3-9a0c-0305e82c3301", "/u/*"),
        ("/commit/f305cd6", "/commit/*"),
        ("/order/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/order/*"),
        ("/user/kim@example.com", "/user/*"),
        ("/v1/facade", "/v1/facade"),
        ("/2fa/setup", "/2fa/setup"),
        ("/internationalization-settings", "/internationalization-settings"),
    ],
)
def test_ids_in_a_path_are_folded_and_words_are_not(path: str, route: str) -> None:
    assert route_of("GET", path) == f"GET {route}"
