"""The front page of the user's app."""

from __future__ import annotations

from enuf.bench.scenarios.requests import RequestScenario

HELLO = RequestScenario(name="hello", app="own")
