"""Checks between the names of [processes] and [schedule]: each names a log, a layer and a service."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.settings.schema import Settings
from enuf.settings.sections.processes import ProcessSetting


def copies(name: str, process: ProcessSetting) -> tuple[str, ...]:
    """Return the name of each copy of a process: `worker`, or `worker-1` and `worker-2`."""
    if process.count == 1:
        return (name,)
    return tuple(f"{name}-{number}" for number in range(1, process.count + 1))


def beside_contradictions(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the names that two processes or scheduled commands would share, each with its setting."""
    owners: dict[str, str] = {}
    for name, process in settings.processes.items():
        for copy in dict.fromkeys((name, *copies(name, process))):
            if owners.setdefault(copy, name) != name:
                yield (
                    "processes",
                    f"processes: {owners[copy]} and {name} are both called {copy}: rename one of them",
                )
    for name in settings.schedule:
        if name in owners:
            yield "schedule", f"schedule: {name} is the name of a process, too: rename one of them"
