"""Times as crontab writes them: five fields, or a nickname."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from enuf.settings.values import shown

_NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_FIELDS = re.compile(r"[0-9*,/-]+(?: +[0-9*,/-]+){2} +[0-9A-Za-z*,/-]+ +[0-9A-Za-z*,/-]+")
_LONGEST = 200


def cron_times(text: str) -> str:
    """Return the five fields. Raise ValueError for other times, and for times that never come."""
    from cronsim import CronSim, CronSimError

    fields = " ".join(_NICKNAMES.get(text.strip().lower(), text).split())
    example = 'write five fields, minute, hour, day, month, weekday, like "0 3 * * *"'
    if len(fields) > _LONGEST or not _FIELDS.fullmatch(fields):
        raise ValueError(f"{shown(text)} is no time of crontab: {example}")
    try:
        times = CronSim(fields, datetime(2028, 1, 1, tzinfo=UTC))  # before a 29th of February
        if any(not isinstance(day, int) for day in times.weekdays):
            raise ValueError(f"{shown(text)}: the last weekday of a month cannot be named: {example}")
        next(times)
    except (CronSimError, StopIteration) as error:
        reason = str(error).lower() or "such a day never comes"
        raise ValueError(f"{shown(text)} is no time of crontab ({reason}): {example}") from None
    return fields
