"""Lengths of time, and moments, on the command line."""

from __future__ import annotations

import datetime as dt
import re
import time

import click

NONE = "0s"
_CLOCK = re.compile(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?")


def seconds(text: str) -> float:
    """Return the seconds of a duration such as `30s`, `5m` or `1h30m`. Raises click.BadParameter."""
    if text == NONE:  # the default of every option: no settings module is imported for it
        return 0.0
    from enuf.settings.values import parse_duration

    try:
        return parse_duration(text).seconds
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def point_in_time(text: str) -> float:
    """Return seconds since the epoch: of a time ago such as `10m`, of the latest `09:04`, or of `2026-11-28 09:04`.

    Local time. Raises click.BadParameter.
    """
    if _CLOCK.fullmatch(text):
        now = dt.datetime.now().astimezone().replace(tzinfo=None)
        found = dt.datetime.combine(
            now.date(), dt.time.fromisoformat(text.zfill(8) if text.count(":") == 2 else text.zfill(5))
        )
        return (found if found <= now else found - dt.timedelta(days=1)).timestamp()
    if re.match(r"\d{4}-", text):
        try:
            return dt.datetime.fromisoformat(text).timestamp()
        except ValueError:
            raise click.BadParameter(
                f"{text!r} is no time: write it like 2026-11-28 09:04, 09:04:35 or 10m"
            ) from None
    return time.time() - seconds(text)
