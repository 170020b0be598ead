"""Times of crontab as systemd's timers write them (systemd.time(7)). Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from cronsim import CronSim

_WEEKDAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")


def calendar_times(cron: str) -> tuple[str, ...]:
    """Return the values of `OnCalendar` for five fields of crontab.

    A day of the month and a weekday mean either of both in crontab, where neither begins with a star: two values.
    """
    fields = CronSim(cron, datetime(2028, 1, 1, tzinfo=UTC))
    days, months = _listed(fields.days, range(1, 32)), _listed(fields.months, range(1, 13))
    clock = f"{_listed(fields.hours, range(24))}:{_listed(fields.minutes, range(60))}:00"
    numbers = {day % 7 for day in fields.weekdays if isinstance(day, int)}
    names = ",".join(name for number, name in enumerate(_WEEKDAYS) if number in numbers)
    weekdays = "" if len(numbers) == len(_WEEKDAYS) else f"{names} "
    if fields.day_and:
        return (f"{weekdays}*-{months}-{days} {clock}",)
    return (f"*-{months}-{days} {clock}", f"{weekdays}*-{months}-* {clock}")


def _listed(chosen: Collection[int], whole: range) -> str:
    return "*" if set(chosen) >= set(whole) else ",".join(f"{each:02}" for each in sorted(chosen))
