"""The same check on several stacks at the same time: time limits are mostly waiting, and waiting needs no processor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tests.support.stack import Stack

T = TypeVar("T")


def on_each(stacks: Mapping[str, Stack], check: Callable[[Stack], T]) -> dict[str, T]:
    """Run the check on every stack and return the results by name; raise the failures of all stacks, each with its name."""
    with ThreadPoolExecutor(len(stacks)) as pool:
        running = {name: pool.submit(check, stack) for name, stack in stacks.items()}
    failures = []
    for name, each in running.items():
        if isinstance(error := each.exception(), Exception):
            error.add_note(f"on the stack {name}")
            failures.append(error)
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {len(stacks)} stacks", failures)
    return {name: each.result() for name, each in running.items()}
