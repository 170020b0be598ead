"""The time that a collection may take, and what it could not look at."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from enuf.doctor.live.evidence import Hindrance, LiveProcess, Requested
from enuf.system.own_command import with_sudo
from enuf.system.switch_user import acting_as
from enuf.system.user import User, user_named

WITHIN_S = 2.0
"""For all collectors together: with the start of Python and the rules, a diagnosis takes at most 3 s."""

T = TypeVar("T")


class Collection:
    """One run of the collectors: the request that it is about, its deadline, and its hindrances."""

    def __init__(self, requested: Requested, within_s: float = WITHIN_S) -> None:
        self.requested = requested
        self.begun = time.monotonic()
        self.within_s = within_s
        self._deadline = self.begun + within_s
        self.hindrances: dict[str, Hindrance] = {}
        self.is_root = os.geteuid() == 0

    @property
    def is_over(self) -> bool:
        """True when the time is up."""
        return time.monotonic() >= self._deadline

    def within(self, things: Iterable[T], what: str) -> Iterator[T]:
        """Yield the things one after the other until the time is up; record that not all of them were looked at."""
        for each in things:
            if self.is_over:
                self.hinder(what, "the time was up")
                return
            yield each

    @property
    def took_s(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self.begun

    def left_s(self, most_s: float) -> float:
        """Return the seconds that a collector may take, at most `most_s`; 0 when the time is up."""
        return max(0.0, min(most_s, self._deadline - time.monotonic()))

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
