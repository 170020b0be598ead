"""A path of the user's app, as --url names it."""

from __future__ import annotations

from enuf.bench.scenarios.requests import RequestScenario


def own_url(path: str) -> RequestScenario:
    """Return the scenario that asks for this path and query."""
    return RequestScenario(name=path, app="own", address=path)
