"""The settings in force, as a table and as a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from enuf.cli.widths import columns, folded, padded
from enuf.language.spoken import translated, translated_label
from enuf.settings.fields import dotted_keys, value_of
from enuf.settings.load import Surveyed
from enuf.settings.masking import masked_value
from enuf.settings.shapes import plain, spelled

WIDTH = 80


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
        refused = f"  <- {translated('refused, see below')}" if key in surveyed.refused else ""
        origin = f"{translated_label(str(surveyed.loaded.origins[key]))}{refused}"
        comes_to = f"-> {translated(resolved[key])}" if key in resolved else ""
        short = f"{spelled(value)} {comes_to}" if comes_to else spelled(value)
        line = f"{key:<{width}}  {padded(short, 24)} {origin}"
        if comes_to and columns(line) > WIDTH:
            lines.append(f"{key:<{width}}  {padded(spelled(value), 24)} {origin}")
            lines += folded(comes_to, WIDTH, first="    ", further="       ")
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
