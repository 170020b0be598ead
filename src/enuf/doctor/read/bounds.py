"""Bounds on what is read of a project, and the files that lie beyond them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

Item = TypeVar("Item")

LeaveOut = Callable[[str, str], None]
"""Takes the path of a file that was left out, and the reason in words."""


def first_of(
    items: Sequence[Item], limit: int, what: str, *, file_of: Callable[[Item], str], leave_out: LeaveOut
) -> tuple[Item, ...]:
    """Return the first items, and report the files of the others."""
    report_beyond(limit, what, [file_of(each) for each in items[limit:]], leave_out)
    return tuple(items[:limit])


def report_beyond(limit: int, what: str, files: Iterable[str], leave_out: LeaveOut) -> None:
    """Report the first of the files that lie beyond a bound, with the number of the others."""
    named = list(dict.fromkeys(files))
    if len(named) == 1:
        leave_out(named[0], f"there are more than {limit} {what}")
    elif named:
        leave_out(named[0], f"there are more than {limit} {what}; {len(named)} files hold the others")
