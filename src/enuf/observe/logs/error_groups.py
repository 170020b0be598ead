"""Errors that are alike, counted."""

from __future__ import annotations

import re
from collections import OrderedDict

from enuf.model.snapshot import ErrorGroup, ErrorRecord
from enuf.observe.logs.own_code import own_line

MOST_GROUPS = 20
_NUMBER = re.compile(r"\d+")


class ErrorGroups:
    """The latest groups of errors: same layer, same text apart from numbers, same line of the project."""

    def __init__(self, project: str) -> None:
        """Begin without errors; `project` is the folder of the project's own code."""
        self._project = project
        self._groups: OrderedDict[tuple[str, str, str], ErrorGroup] = OrderedDict()

    def add(self, error: ErrorRecord) -> None:
        """Count an error, and forget the group that was seen longest ago where there are too many."""
        where = own_line(error.traceback, self._project)
        key = (error.layer, _NUMBER.sub("*", error.text), where)
        known = self._groups.pop(key, None)
        self._groups[key] = ErrorGroup(
            count=known.count + 1 if known else 1,
            first_at=known.first_at if known else error.at,
            last_at=error.at,
            layer=error.layer,
            text=error.text,
            where=where,
            request=error.request,
            id=error.id,
        )
        while len(self._groups) > MOST_GROUPS:
            self._groups.popitem(last=False)

    def clear(self) -> None:
        """Forget all groups."""
        self._groups.clear()

    def latest(self) -> tuple[ErrorGroup, ...]:
        """Return the groups, the one with the latest error first."""
        return tuple(sorted(self._groups.values(), key=lambda group: group.last_at, reverse=True))
