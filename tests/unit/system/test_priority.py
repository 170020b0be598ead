"""A diagnosis of a busy machine runs before the machine's other processes, and only while it lasts."""

from __future__ import annotations

import os

from enuf.system.priority import before_others


def priority() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)


def test_the_priority_is_the_usual_one_after_the_block() -> None:
    usual = priority()
    with before_others():
        inside = priority()
    assert inside <= usual
    assert priority() == usual
