"""One request, sent again and again: a closed loop for the capacity, a constant rate for the latency."""

from __future__ import annotations

import msgspec

from enuf.bench.load.h2load import H2load
from enuf.bench.load.spec import LoadResult, LoadSpec, added, percentile_ms
from enuf.bench.load.wrk import Wrk
from enuf.bench.results import Round
from enuf.bench.running import status_at
from enuf.bench.scenarios.base import Turn, TurnResult, WhichApp

_WARM_UP_SHARE = 0.2
_PROGRAMS = (Wrk(), H2load())


class RequestScenario(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario of one request."""

    name: str
    app: WhichApp
    address: str = "/"
    method: str = "GET"
    headers: tuple[str, ...] = ()
    body: bytes = b""
    wanted_body: bytes = b""
    """The begin of the wanted answer's body; empty for any body."""
    needs_rate: bool = True
    needs_fresh_server: bool = False

    def measure(self, turn: Turn) -> TurnResult:
        """Warm the server up, measure its capacity and CPU, then its latency where a rate is known."""
        spec = self.spec(turn)
        turn.sent(msgspec.structs.replace(spec, duration_s=spec.duration_s * _WARM_UP_SHARE))
        before = turn.running.cpu_s()
        most = self._closed_loop(spec, turn)
        cpu_s, memory_mb = turn.running.cpu_s() - before, turn.running.memory_mb()
        steady = self._steady(spec, turn)
        return _turn_result(most, steady, cpu_s, memory_mb, turn.size.rate)

    def spec(self, turn: Turn) -> LoadSpec:
        """Return the load of a closed loop."""
        app, port = turn.running.place.app, turn.running.place.port
        wanted = 200 if self.app == "scenario" else status_at(port, self.address, app.host) or 200
        return LoadSpec(
            port=port,
            request=self.message(app.host),
            duration_s=turn.size.duration_s,
            connections=turn.size.connections,
            wanted_status=wanted,
            wanted_body=self.wanted_body,
        )

    def message(self, host: str) -> bytes:
        """Return the whole request."""
        lines = [f"{self.method} {self.address} HTTP/1.1", f"Host: {host}", *self.headers]
        if self.body:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode() + self.body

    def _closed_loop(self, spec: LoadSpec, turn: Turn) -> LoadResult:
        is_plain = self.method == "GET" and not self.wanted_body and 200 <= spec.wanted_status < 400
        program = next((each for each in _PROGRAMS if each.is_there()), None)
        if program is None or not is_plain or spec.duration_s < 1:
            return turn.sent(spec)
        return program.send(spec, self.address, (f"Host: {turn.running.place.app.host}", *self.headers))

    def _steady(self, spec: LoadSpec, turn: Turn) -> LoadResult | None:
        """Return the answers at the constant rate; None where no rate is known."""
        if not self.needs_rate or turn.size.rate is None:
            return None
        return turn.sent(msgspec.structs.replace(spec, rate=turn.size.rate))


def _turn_result(
    most: LoadResult, steady: LoadResult | None, cpu_s: float, memory_mb: float | None, rate: float | None
) -> TurnResult:
    failures = added(each.failures for each in (most, steady) if each)
    told = {each.percent: each.ms for each in most.percentiles}
    latencies = steady.latencies if steady else most.latencies
    p50, p95, p99 = (percentile_ms(latencies, percent) or told.get(percent) for percent in (50, 95, 99))
    return TurnResult(
        round=Round(
            requests=most.requests + (steady.requests if steady else 0),
            failed=sum(failures.values()),
            rps=most.requests / most.seconds,
            p50_ms=p50,
            p95_ms=p95,
            p99_ms=p99,
            cpu_us_per_request=cpu_s * 1e6 / most.requests if most.requests else None,
            memory_mb=memory_mb,
            generator_at_limit=most.at_limit,
        ),
        generator=most.generator,
        latencies=steady.latencies if steady else {},
        rate=rate if steady else None,
        failures=failures,
    )
