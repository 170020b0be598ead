"""/metrics of a running stack: counters agree with what was asked, whatever happens to logs, generations and the dashboard."""

from __future__ import annotations

import json
import os
import re
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.dashboard import dashboard_pid, fetch, metrics, requests_counted, with_dashboard
from tests.support.stack import APP, Stack, until

pytestmark = pytest.mark.native

ANSWERS = """
@app.get("/status/<int:code>")
def status(code):
    return f"{code}\\n", code
"""
CODES = (200, 200, 200, 201, 404, 404, 500, 503)
GRAFANA = Path(__file__).parents[2] / "examples/grafana/enuf.json"
CONTRACT = {
    "enuf_http_requests_total",
    "enuf_http_request_duration_seconds_bucket",
    "enuf_http_upstream_wait_seconds_bucket",
    "enuf_workers",
    "enuf_backlog_queued",
    "enuf_backlog_limit",
    "enuf_generation",
    "enuf_reloads_total",
    "enuf_answers_cut_total",
    "enuf_requests_refused_total",
    "enuf_process_resident_memory_bytes",
    "enuf_build_info",
    "enuf_http_requests_slow_total",
    "enuf_requests_hung_total",
    "enuf_requests_in_flight",
    "enuf_worker_exits_total",
}
FROM_THE_START = {
    *(("enuf_http_requests_total", status) for status in ("200", "404", "500", "502", "503", "504")),
    *(("enuf_worker_exits_total", reason) for reason in ("signal", "oom", "timeout", "exit", "start")),
    *(("enuf_unit_exits_total", unit) for unit in ("front", "server")),
    *(("enuf_reloads_total", outcome) for outcome in ("accepted", "refused")),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with a dashboard, for the tests that only ask more."""
    with with_dashboard(tmp_path_factory.mktemp("metrics") / "shop", APP + ANSWERS) as stack:
        stack.up()
        dashboard_pid(stack)
        yield stack


def send(stack: Stack, count: int) -> Counter[str]:
    """So many requests of known statuses, several at a time; how many of each there were."""
    codes = [CODES[number % len(CODES)] for number in range(count)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda code: stack.get(f"/status/{code}").status, codes))
    assert answers == codes
    return Counter(map(str, codes))


def counted(stack: Stack, sent: Counter[str]) -> bool:
    """True when /metrics says just that; nginx writes its line a moment after the answer."""
    return until(lambda: requests_counted(stack) == dict(sent), what=f"{dict(sent)}")  # type: ignore[no-any-return]


def test_a_fresh_stack_has_counted_nothing_not_even_its_own_checks_and_then_every_request(
    served: Stack,
) -> None:
    assert requests_counted(served) == {}
    assert all(metrics(served)[series] == 0 for series in FROM_THE_START)
    sent = send(served, 200)
    assert counted(served, sent)

    # The dashboard is killed in the middle, and started again: nothing is lost, nothing counted twice.
    pid = dashboard_pid(served)
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(send, served, 300)
        os.kill(pid, signal.SIGKILL)
        sent += sending.result()
    assert dashboard_pid(served) != pid
    assert counted(served, sent)

    # So it is when the log is set aside in the middle, by whoever, twice,
    log = served.project / ".enuf/log/access.log"
    supervisor = served.status()["supervisor"]["pid"]
    for aside in ("access.log.2", "access.log.1"):
        with ThreadPoolExecutor(1) as pool:
            sending = pool.submit(send, served, 150)
            log.rename(log.with_name(aside))
            os.kill(supervisor, signal.SIGUSR1)
            sent += sending.result()
        until(log.exists, what="a new log")
    assert counted(served, sent)

    # and across reloads, one of them refused.
    assert served.run("reload").code == 0
    served.write("app.py", "import nothing_like_this\n")
    assert served.run("reload").code == 7
    sent += send(served, 50)
    assert counted(served, sent)
    # A supervisor that does not answer in time leaves a scrape with what was known before.
    found = until(
        lambda: (m := metrics(served))["enuf_reloads_total", "refused"] == 1 and m, what="a refused reload"
    )
    assert (found["enuf_reloads_total", "accepted"], found["enuf_generation", ""]) == (1, 2)

    # Why it was refused is among the errors, whole.
    last = served.run("top", "--json").json["errors"][0]
    assert (last["layer"], last["text"].partition(":")[0]) == ("enuf", "reload refused")
    assert last["traceback"].startswith("Traceback")
    assert last["traceback"].endswith("ModuleNotFoundError: No module named 'nothing_like_this'")

    # All histograms have one observation per request, and the bytes are those of the bodies.
    total = sum(sent.values())
    assert found["enuf_http_request_duration_seconds_count", ""] == total
    assert found["enuf_http_upstream_wait_seconds_count", ""] == total
    assert metrics(served)["enuf_http_response_bytes_total", ""] == total * len("200\n")


def test_a_server_that_ends_unasked_is_counted(served: Stack) -> None:
    before = metrics(served)["enuf_unit_exits_total", "front"]
    os.kill(served.status()["front"]["pid"], signal.SIGKILL)
    until(lambda: metrics(served)["enuf_unit_exits_total", "front"] == before + 1, what="the end of nginx")
    assert metrics(served)["enuf_unit_exits_total", "server"] == 0
    until(lambda: served.get("/").status == 200, what="another nginx")


def test_the_names_of_the_contract_are_there_and_the_conventions_hold(served: Stack) -> None:
    send(served, 1)
    until(lambda: {name for name, _ in metrics(served)} >= CONTRACT, what="every name of the contract")
    found = metrics(served)
    text = fetch(served, "/metrics")
    assert all(f"# HELP {name.removesuffix('_bucket')}" in text for name in CONTRACT)
    until(
        lambda: sum(value for (name, _), value in metrics(served).items() if name == "enuf_workers") == 2,
        what="two workers, whatever they do",
    )
    assert found["enuf_backlog_limit", ""] == served.status()["backlog"]["limit"]
    for unit in ("front", "server", "supervisor", "dashboard"):
        assert found["enuf_process_resident_memory_bytes", unit] > 2**20


def test_json_logs_are_counted_as_text_logs_are(tmp_path: Path) -> None:
    with with_dashboard(tmp_path / "shop", APP + ANSWERS, ENUF_LOG_FORMAT="json") as stack:
        stack.up()
        dashboard_pid(stack)
        assert counted(stack, send(stack, 40))
        assert metrics(stack)["enuf_http_upstream_wait_seconds_count", ""] == 40


def test_without_a_front_no_requests_are_claimed(tmp_path: Path) -> None:
    with with_dashboard(tmp_path / "shop", APP) as stack:
        stack.up("--topology", "flask")
        dashboard_pid(stack)
        names = {name for name, _ in metrics(stack)}
        assert "enuf_http_requests_total" not in names
        assert "enuf_generation" in names
        assert "has no front" in stack.run("top", "--once").out.replace("\n          ", "")


def test_every_metric_that_the_grafana_dashboard_asks_for_is_there(served: Stack) -> None:
    served.get("/")
    until(lambda: requests_counted(served), what="a counted request")
    dashboard = json.loads(GRAFANA.read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    expressions += [each["expr"] for each in dashboard["annotations"]["list"]]
    asked = {name for expression in expressions for name in re.findall(r"\benuf_\w+", expression)}
    assert asked <= {name for name, _ in metrics(served)}
    assert len(asked) >= len(CONTRACT) - 1
    # It is imported with whatever data source there is: none is named.
    assert "datasource" in [each["name"] for each in dashboard["templating"]["list"]]
    assert {panel["datasource"]["uid"] for panel in dashboard["panels"]} == {"${datasource}"}
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
