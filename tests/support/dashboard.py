"""A stack with a dashboard, and the responses of that dashboard."""

from __future__ import annotations

import contextlib
import http.client
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
    """Yield the stack of a project with this app, whose dashboard will listen on a free port."""
    with stack_in(project, env={**DASHBOARD, **env}) as stack:
        stack.write("app.py", app)
        yield stack


def dashboard_pid(stack: Stack) -> int:
    """Return the pid of the dashboard, waiting until the dashboard answers."""
    # It is nice to others, so on a machine that is full it takes its time to start.
    found = until(
        lambda: answers(stack) and (stack.status()["dashboard"] or {}).get("pid"),
        timeout=60,
        what="the dashboard",
    )
    return int(found)


def answers(stack: Stack, within_s: float = 60) -> bool:
    """Return True when the dashboard answers a scrape."""
    try:
        return bool(metrics(stack, within_s))
    except (OSError, http.client.HTTPException):
        return False


def metrics(stack: Stack, within_s: float = 60) -> dict[tuple[str, str], float]:
    """Return all samples by name and label values: `("enuf_http_requests_total", "200")`."""
    text = fetch(stack, "/metrics", within_s)
    return {
        (sample.name, ",".join(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def token_of(stack: Stack) -> str:
    """Return the token that opens the dashboard."""
    return (stack.project / ".enuf/run/dashboard.token").read_text().strip()


def fetch(stack: Stack, path: str, within_s: float = 60, **headers: str) -> str:
    """Return the body of a GET from the dashboard, whose URL `enuf status` names."""
    url: str = stack.status()["dashboard"]["url"]
    asked = urllib.request.Request(url + path, headers=headers)
    with urllib.request.urlopen(asked, timeout=within_s) as answer:
        return str(answer.read().decode())


def requests_counted(stack: Stack) -> dict[str, int]:
    """Return the numbers of responses by status from /metrics; common statuses have a series of 0 before the first one."""
    found: dict[Any, float] = metrics(stack)
    return {
        status: int(value)
        for (name, status), value in found.items()
        if name == "enuf_http_requests_total" and value
    }
