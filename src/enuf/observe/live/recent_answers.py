"""The answers of the last minute, read from the end of the front's log."""

from __future__ import annotations

from pathlib import Path

from enuf.observe.live.routes import RouteCounter, time_shares
from enuf.observe.live.troubles import MINUTE_S, AnswersOfMinute
from enuf.observe.live.window import LASTS_S
from enuf.syntax.access_log import parse_access_line
from enuf.system import files

FIRST_READ_BYTES = 256 * 1024
"""So much of a log is read when it is first looked at."""


def recent_answers(access_log: Path, now: float) -> AnswersOfMinute:
    """Return the answers of the last minute, as far back as the end of the log reaches. Bounded."""
    lines = files.tail(access_log, FIRST_READ_BYTES).split("\n")
    read = (one for line in lines if (one := parse_access_line(line)) and not one.of_closed_site)
    ended = [one for one in read if (one.at or 0.0) >= now - MINUTE_S]
    waits = sorted(one.wait_s for one in ended if one.wait_s is not None and (one.at or 0.0) >= now - LASTS_S)
    routes = RouteCounter(now - MINUTE_S)
    routes.add(ended, now)
    return AnswersOfMinute(
        len(ended),
        sum(one.status >= 500 for one in ended),
        len(waits),
        waits[len(waits) // 2] if waits else None,
        time_shares(routes, now),
    )
