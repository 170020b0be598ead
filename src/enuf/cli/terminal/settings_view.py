"""The settings in force, as a table and as a document."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from enuf.settings.fields import dotted_keys, value_of
from enuf.settings.load import Surveyed
from enuf.settings.masking import masked_value
from enuf.settings.shapes import plain, spelled

WIDTH = 80
REFUSED = "  <- refused, see below"


def settings_document(
    surveyed: Surveyed, resolved: Mapping[str, str], *, only_changed: bool = False
) -> dict[str, Any]:
    """Return value and origin of each setting, and what an `auto` comes to."""
    return {
        key: {
            "value": plain(value),
            "origin": str(surveyed.loaded.origins[key]),
            **({"resolved": resolved[key]} if key in resolved else {}),
        }
        for key, value in _values(surveyed, only_changed=only_changed).items()
    }


def settings_lines(
    surveyed: Surveyed, resolved: Mapping[str, str], *, only_changed: bool = False
) -> list[str]:
    """Return a line per setting; a refused value is marked, with its default in its place.

    What an `auto` comes to stands behind it, or in lines below where there is no room.
    """
    values = _values(surveyed, only_changed=only_changed)
    width = max(map(len, values), default=0)
    lines: list[str] = []
    for key, value in values.items():
        origin = f"{surveyed.loaded.origins[key]}{REFUSED if key in surveyed.refused else ''}"
        short = f"{spelled(value)} -> {resolved[key]}" if key in resolved else spelled(value)
        line = f"{key:<{width}}  {short:<24} {origin}"
        if key in resolved and len(line) > WIDTH:
            below = f"-> {resolved[key]}"
            lines.append(f"{key:<{width}}  {spelled(value):<24} {origin}")
            lines += textwrap.wrap(
                below, WIDTH, initial_indent="    ", subsequent_indent="       ", break_long_words=False,
                break_on_hyphens=False,
            )  # fmt: skip
        else:
            lines.append(line)
    return lines


def _values(surveyed: Surveyed, *, only_changed: bool) -> dict[str, object]:
    """Return the values by key; with `only_changed` those that somebody has set."""
    origins = surveyed.loaded.origins
    return {
        key: masked_value(key, value_of(surveyed.loaded.settings, key))
        for key in dotted_keys()
        if not only_changed or origins[key].kind != "default" or key in surveyed.refused
    }
