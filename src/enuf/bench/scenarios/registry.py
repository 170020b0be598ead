"""All scenarios that --scenario takes, in the order of the tables."""

from __future__ import annotations

from enuf.bench.scenarios.base import Scenario
from enuf.bench.scenarios.hello import HELLO

_ALL: tuple[Scenario, ...] = (HELLO,)
SCENARIOS: dict[str, Scenario] = {each.name: each for each in _ALL}
