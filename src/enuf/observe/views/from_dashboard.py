"""A client of the dashboard, which has watched the stack longer than a command that has just begun."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from enuf.model.address import parse_tcp_address
from enuf.model.paths import StackPaths
from enuf.model.snapshot import Advice
from enuf.model.status import DashboardStatus
from enuf.observe.live.front_counts import counts_of_front
from enuf.system.files import read_regular
from enuf.system.http_reply import NoReply, parse_reply
from enuf.system.sockets import read_all

WITHIN_S = 1.0
LIMIT_BYTES = 8 * 2**20


class DashboardView(msgspec.Struct, frozen=True):
    """The part of the dashboard's snapshot that takes minutes of watching."""

    advice: tuple[Advice, ...] = ()
    cache: dict[str, int] = {}
    limited: dict[str, int] = {}


def read_token(paths: StackPaths) -> str:
    """Return the token of the dashboard; empty if there is none or this user may not read it."""
    try:
        return read_regular(Path(paths.dashboard_token), follow=False).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def dashboard_view(paths: StackPaths, dashboard: DashboardStatus | None) -> DashboardView:
    """Return the view of a dashboard; where no process of the dashboard runs, what has been counted, without starting one."""
    if dashboard is None:
        return DashboardView()
    if dashboard.pid is None:
        totals = counts_of_front(paths)
        return DashboardView(cache=totals.by_cache, limited=totals.by_limit)
    return ask_dashboard(dashboard.url, read_token(paths))


def ask_dashboard(url: str, token: str) -> DashboardView:
    """Fetch the dashboard's view. Return an empty one if the dashboard does not answer within WITHIN_S."""
    if not url.startswith("http://") or not token:
        return DashboardView()
    failures = (msgspec.MsgspecError, NoReply, ValueError, RecursionError)
    with contextlib.suppress(*failures):
        address = parse_tcp_address(url.removeprefix("http://").partition("/")[0])
        request = f"GET /api/snapshot HTTP/1.0\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n"
        raw = read_all(address, within_s=WITHIN_S, limit_bytes=LIMIT_BYTES, ask=request.encode("ascii"))
        reply = parse_reply(raw)
        if reply.status == 200:
            return msgspec.json.decode(reply.body, type=DashboardView)
    return DashboardView()
