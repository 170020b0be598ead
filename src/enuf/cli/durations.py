"""Lengths of time on the command line."""

from __future__ import annotations

import click


def seconds(text: str) -> float:
    """The number of seconds that `30s`, `5m` or `1h30m` means. Raises click.BadParameter for anything else."""
    from enuf.settings.values import parse_duration

    try:
        return parse_duration(text).seconds
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
