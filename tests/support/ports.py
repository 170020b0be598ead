"""Ports for what a test starts."""

from __future__ import annotations

import contextlib
import random
import socket


def free_ports(count: int) -> list[int]:
    """Return ports that are free now, each once, outside of the range from which the kernel chooses ports."""
    found: list[int] = []
    with contextlib.ExitStack() as held:
        while len(found) < count:
            probe = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", random.randint(12_000, 32_000)))  # Linux gives from 32,768 on
                found.append(int(probe.getsockname()[1]))
    return found


def free_port() -> int:
    """Return such a port; the kernel cannot give it to somebody else who asks for any port in the meantime."""
    return free_ports(1)[0]
