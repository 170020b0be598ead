"""How many requests the front's cache and limits have decided about, without a process that counts them."""

from __future__ import annotations

from pathlib import Path

from enuf.inspect.log_tail import LogTail
from enuf.model.paths import StackPaths
from enuf.observe.live.totals import Checkpoint, Totals, read_checkpoint
from enuf.syntax.access_log import parse_access_line

MOST_READS = 64
"""Reads of the log, each of a bounded size."""


def counts_of_front(paths: StackPaths) -> Totals:
    """Return the totals of the process that counts for the stack, with the later requests that its cache or a limit decided about.

    Other requests, which are the most, are not parsed. Empty without such a process.
    """
    kept = read_checkpoint(Path(paths.dashboard_totals))
    if kept is None:
        return Totals()
    log = LogTail(Path(f"{paths.log}/access.log"), kept.positions)
    try:
        for _ in range(MOST_READS):
            _count_decided(kept, log.read())
            if not log.has_more:
                break
    finally:
        log.close()
    return kept.totals


def _count_decided(kept: Checkpoint, lines: list[str]) -> None:
    decided = (line for line in lines if "cache" in line or "limit" in line)
    ours = (line for line in decided if not (kept.own and kept.own in line))
    kept.totals.add(filter(None, map(parse_access_line, ours)))
