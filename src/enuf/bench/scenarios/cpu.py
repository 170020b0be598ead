"""Requests that compute."""

from __future__ import annotations

from enuf.bench.scenarios.requests import RequestScenario

CPU = RequestScenario(
    name="cpu",
    app="scenario",
    address="/cpu?turns=4000",
    wanted_body=b"computed",
)
