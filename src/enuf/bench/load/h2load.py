"""The generator h2load (nghttp2-client), for closed loops of plain GET requests."""

from __future__ import annotations

import re
import shutil

from enuf.bench.load.spec import LoadResult, LoadSpec
from enuf.system.subprocesses import answer_of

_STATUSES = re.compile(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx")
_REQUESTS = re.compile(
    r"requests: \d+ total, \d+ started, (\d+) done, \d+ succeeded, (\d+) failed, \d+ errored, (\d+) timeout"
)
_SECONDS = re.compile(r"finished in ([\d.]+)(us|ms|s|m)\b")
_OF_A_SECOND = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


class H2load:
    """Runs h2load over HTTP/1.1, and reads what it prints."""

    name = "h2load"

    def is_there(self) -> bool:
        """Return True where h2load is installed."""
        return shutil.which("h2load") is not None

    def send(self, spec: LoadSpec, path: str, headers: tuple[str, ...]) -> LoadResult:
        """Run h2load for one closed loop. Raise OSError, TimeoutError, ValueError for another program's output."""
        words = ["--h1", "-c", str(spec.connections), "-D", f"{max(1, round(spec.duration_s))}s"]
        words += [word for header in headers for word in ("-H", header)]
        done = answer_of(
            ["h2load", *words, f"http://127.0.0.1:{spec.port}{path}"],
            within_s=spec.duration_s + spec.timeout_s + 30,
        )
        return read_h2load(done.stdout)


def read_h2load(text: str) -> LoadResult:
    """Return the counts in h2load's output; it tells no percentiles. Raise ValueError where there are none."""
    statuses, counted, took = _STATUSES.search(text), _REQUESTS.search(text), _SECONDS.search(text)
    if statuses is None or counted is None or took is None:
        raise ValueError(f"h2load printed no count of requests: {text.strip()[:200]}")
    good, moved, refused, broken = map(int, statuses.groups())
    failures = {"4xx": refused, "5xx": broken, "timeout": int(counted.group(3))}
    return LoadResult(
        requests=good + moved,
        failures={kind: count for kind, count in failures.items() if count},
        seconds=float(took.group(1)) * _OF_A_SECOND[took.group(2)],
        generator="h2load",
    )
