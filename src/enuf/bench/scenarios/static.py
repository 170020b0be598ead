"""A static file."""

from __future__ import annotations

from enuf.bench.scenarios.requests import RequestScenario

STATIC = RequestScenario(
    name="static",
    title="a static file of 20 KB",
    app="scenario",
    address="/static/picture.bin",
)
