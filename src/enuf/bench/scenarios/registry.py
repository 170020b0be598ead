"""All scenarios that --scenario takes, in the order of the tables."""

from __future__ import annotations

from enuf.bench.scenarios.bad_deploy import BAD_DEPLOY
from enuf.bench.scenarios.base import Scenario
from enuf.bench.scenarios.cpu import CPU
from enuf.bench.scenarios.hello import HELLO
from enuf.bench.scenarios.idle_keepalive import IDLE_KEEPALIVE
from enuf.bench.scenarios.io_wait import IO_WAIT
from enuf.bench.scenarios.large_header import LARGE_HEADER
from enuf.bench.scenarios.reload_under_load import RELOAD_UNDER_LOAD
from enuf.bench.scenarios.slots import SLOTS
from enuf.bench.scenarios.slow_clients import SLOW_CLIENTS
from enuf.bench.scenarios.static import STATIC
from enuf.bench.scenarios.upload import UPLOAD
from enuf.bench.scenarios.worker_crash import WORKER_CRASH

_REQUESTS: tuple[Scenario, ...] = (HELLO, IO_WAIT, CPU, STATIC, UPLOAD, LARGE_HEADER)
_OTHERS: tuple[Scenario, ...] = (
    SLOTS,
    SLOW_CLIENTS,
    IDLE_KEEPALIVE,
    RELOAD_UNDER_LOAD,
    WORKER_CRASH,
    BAD_DEPLOY,
)
SCENARIOS: dict[str, Scenario] = {each.name: each for each in (*_REQUESTS, *_OTHERS)}
