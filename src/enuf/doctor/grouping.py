"""Findings for people: the worst first, what is about one line together, a habit once with all its places."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from enuf.model.finding import SEVERITIES, Finding

HABIT = 4
"""Findings of one code that are shown as one habit."""


class FindingGroup(msgspec.Struct, frozen=True):
    """A finding, the others about its line, and the other places of its habit."""

    first: Finding
    beside: tuple[Finding, ...] = ()
    again: tuple[Finding, ...] = ()


def grouped(findings: Sequence[Finding]) -> tuple[FindingGroup, ...]:
    """Return the findings in groups: errors first, then warnings, then advice, each by file and line."""
    rank = {severity: place for place, severity in enumerate(SEVERITIES)}
    waiting = sorted(findings, key=lambda each: rank[each.severity])
    kinds: dict[tuple[str, str], list[Finding]] = {}
    for finding in waiting:
        kinds.setdefault((finding.code, finding.severity), []).append(finding)
    groups: list[FindingGroup] = []
    by_line: dict[tuple[str, int, int], int] = {}
    for finding in waiting:
        habit = kinds[finding.code, finding.severity]
        if len(habit) >= HABIT:
            if habit[0] is finding:
                groups.append(FindingGroup(finding, (), tuple(habit[1:])))
            continue
        place = (finding.file, finding.line, finding.column)
        if place in by_line and finding.end_column:
            group = groups[by_line[place]]
            groups[by_line[place]] = FindingGroup(group.first, (*group.beside, finding))
            continue
        by_line[place] = len(groups)
        groups.append(FindingGroup(finding))
    return tuple(groups)
