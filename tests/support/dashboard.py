"""A stack with its dashboard, and what the dashboard answers."""

from __future__ import annotations

import contextlib
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.support.stack import Stack, stack_in, until

DASHBOARD = {"ENUF_DASHBOARD_LISTEN": "127.0.0.1:0", "ENUF_SERVE_USER": "root"}


@contextlib.contextmanager
def with_dashboard(project: Path, app: str, **env: str) -> Iterator[Stack]:
    """A project with this app, whose stack has a dashboard on a free port."""
    with stack_in(project, env={**DASHBOARD, **env}) as stack:
        stack.write("app.py", app)
        yield stack


def dashboard_pid(stack: Stack) -> int:
    """Its process, once there is one that answers."""
    # It is nice to others, so on a machine that is full it takes its time to start.
    found = until(
        lambda: answers(stack) and (stack.status()["dashboard"] or {}).get("pid"),
        timeout=60,
        what="the dashboard",
    )
    return int(found)


def answers(stack: Stack) -> bool:
    """True when it answers a scrape."""
    try:
        return bool(metrics(stack))
    except OSError:
        return False


def metrics(stack: Stack) -> dict[tuple[str, str], float]:
    """All samples by name and label values: `("enuf_http_requests_total", "200")`."""
    text = fetch(stack, "/metrics")
    return {
        (sample.name, ",".join(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def fetch(stack: Stack, path: str, **headers: str) -> str:
    """The body of a GET, from where `status` says that the dashboard is."""
    url: str = stack.status()["dashboard"]["url"]
    asked = urllib.request.Request(url + path, headers=headers)
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return str(answer.read().decode())


def requests_counted(stack: Stack) -> dict[str, int]:
    """Answers by status, as /metrics has them."""
    found: dict[Any, float] = metrics(stack)
    return {
        status: int(value) for (name, status), value in found.items() if name == "enuf_http_requests_total"
    }
