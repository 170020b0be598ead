"""Lengths of time on the command line."""

from __future__ import annotations

import click


def seconds(text: str) -> float:
    """Return the seconds of a duration such as `30s`, `5m` or `1h30m`. Raises click.BadParameter."""
    from enuf.settings.values import parse_duration

    try:
        return parse_duration(text).seconds
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
