"""Requests that wait, as for a database."""

from __future__ import annotations

from enuf.bench.scenarios.requests import RequestScenario

IO_WAIT = RequestScenario(
    name="io-wait",
    app="scenario",
    address="/wait?seconds=0.05",
    wanted_body=b"waited",
)
