"""A static file."""

from __future__ import annotations

from enuf.bench.scenarios.requests import RequestScenario

STATIC = RequestScenario(
    name="static",
    app="scenario",
    address="/static/picture.bin",
)
