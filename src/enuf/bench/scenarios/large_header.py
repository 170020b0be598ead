"""Requests with large headers."""

from __future__ import annotations

from enuf.bench.scenarios.requests import RequestScenario

_BYTES = 12_000
LARGE_HEADER = RequestScenario(
    name="large-header",
    app="scenario",
    address="/header",
    headers=(f"Cookie: large={'x' * (_BYTES - 6)}",),
    wanted_body=f"cookie {_BYTES}".encode(),
)
