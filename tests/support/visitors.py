"""Clients that ask without a pause while something else happens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def visitors(ask: Callable[[], object], count: int = 4) -> Iterator[None]:
    """Call `ask` again and again in so many threads, until the block ends."""
    ending = threading.Event()

    def ask_on() -> None:
        while not ending.is_set():
            ask()

    clients = [threading.Thread(target=ask_on) for _ in range(count)]
    for each in clients:
        each.start()
    try:
        yield
    finally:
        ending.set()
        for each in clients:
            each.join()
