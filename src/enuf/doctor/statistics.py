"""What an examination was made of: rules, files, and the time of each phase and rule."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from enuf.doctor.evidence import Evidence

_RULES_SHOWN = 10


class Stopwatch:
    """Adds up the seconds of phases and rules."""

    def __init__(self) -> None:
        self.phases: dict[str, float] = {}
        self.rules: dict[str, float] = {}

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure the time inside the block as a part of this phase."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.phases[name] = self.phases.get(name, 0.0) + time.perf_counter() - began

    @contextlib.contextmanager
    def rule(self, code: str) -> Iterator[None]:
        """Measure the time inside the block as a part of this rule's."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.rules[code] = self.rules.get(code, 0.0) + time.perf_counter() - began


def statistics_document(evidence: Evidence, watch: Stopwatch) -> dict[str, Any]:
    """Return the numbers as `--stats --json` prints them: times in seconds."""
    return {
        "rules": len(watch.rules),
        "files": len(evidence.files),
        "kinds": dict(sorted(Counter(file.kind for file in evidence.files).items())),
        "unread": [{"path": each.path, "why": each.why} for each in evidence.unread],
        "phases": {name: round(spent, 4) for name, spent in watch.phases.items()},
        "rule_times": {code: round(spent, 4) for code, spent in _slowest_first(watch)},
    }


def statistics_lines(evidence: Evidence, watch: Stopwatch) -> list[str]:
    """Return the numbers for a terminal."""
    kinds = Counter(file.kind for file in evidence.files)
    return [
        f"rules: {len(watch.rules)}",
        f"files read: {len(evidence.files)} ({', '.join(f'{name} {count}' for name, count in kinds.most_common())})",
        f"files not read: {sum(each.count or 1 for each in evidence.unread)}",
        *(f"  {each.path}: {each.why}" for each in evidence.unread),
        "time: " + ", ".join(f"{name} {spent:.2f} s" for name, spent in watch.phases.items()),
        "slowest rules: "
        + ", ".join(f"{code} {spent * 1000:.0f} ms" for code, spent in _slowest_first(watch)[:_RULES_SHOWN]),
    ]


def _slowest_first(watch: Stopwatch) -> list[tuple[str, float]]:
    return sorted(watch.rules.items(), key=lambda each: -each[1])
