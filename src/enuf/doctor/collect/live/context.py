"""The time that a collection may take, and what it could not look at."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TypeVar

from enuf.doctor.budget import Budget
from enuf.doctor.collect.walk import ReadingBounds
from enuf.doctor.live.evidence import Hindrance, LiveProcess, Requested, late
from enuf.system.own_command import with_sudo
from enuf.system.switch_user import acting_as
from enuf.system.user import User, user_named

PYTHON_CHARACTERS = 3_000_000
"""Of Python sources: rules that parse more of them take longer than a diagnosis may."""

T = TypeVar("T")


class Collection:
    """One run of the collectors: the request that it is about, its budget, and its hindrances."""

    def __init__(self, requested: Requested, budget: Budget) -> None:
        self.requested = requested
        self.budget = budget
        self.hindrances: dict[str, Hindrance] = {}
        self.is_root = os.geteuid() == 0

    def goes_on(self, what: str) -> bool:
        """Return True until the time is up; then record what is not looked at."""
        if not self.budget.is_over:
            return True
        self.too_late_for(what)
        return False

    def too_late_for(self, what: str) -> None:
        """Record what was not looked at in time."""
        self.hindrances.setdefault(what, late(what))

    def within(self, things: Iterable[T], what: str) -> Iterator[T]:
        """Yield the things one after the other until the time is up; record that not all of them were looked at."""
        for each in things:
            if not self.goes_on(what):
                return
            yield each

    def reach(self, what: str) -> ReadingBounds:
        """Return how far files are read: until the time is up, which is recorded."""
        return ReadingBounds(goes_on=partial(self.goes_on, what), python_characters=PYTHON_CHARACTERS)

    def left_s(self, most_s: float, what: str = "") -> float:
        """Return the seconds that a collector may take, at most `most_s`; 0 when the time is up.

        Then record what is not looked at, where that is said.
        """
        if what:
            self.goes_on(what)
        return self.budget.left_s(most_s)

    def hinder(self, what: str, why: str, cure: str = "") -> None:
        """Record what could not be looked at; only the first reason is kept."""
        self.hindrances.setdefault(what, Hindrance(what=what, why=why, cure=cure))

    def hinder_by_rights(self, what: str) -> None:
        """Record what this user may not look at, with the command that looks at it as root."""
        if not self.is_root:
            self.hinder(what, "this user may not look at it", with_sudo())


@contextlib.contextmanager
def rights_of(process: LiveProcess | None) -> Iterator[None]:
    """As root, open files with the rights of a process inside the block: it must not point root at files of others."""
    if process is None or process.uid <= 0 or os.geteuid() != 0:
        yield
        return
    known = user_named(str(process.uid))
    gid = process.groups[0] if process.groups else process.uid
    with acting_as(known or User(str(process.uid), process.uid, gid, "/")):
        yield
