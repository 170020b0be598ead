"""Requests that compute."""

from __future__ import annotations

from enuf.bench.scenarios.requests import RequestScenario

CPU = RequestScenario(
    name="cpu",
    title="requests that compute for some milliseconds",
    app="scenario",
    address="/cpu?turns=4000",
    wanted_body=b"computed",
)
