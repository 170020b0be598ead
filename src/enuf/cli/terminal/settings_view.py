"""The settings in force, as a table and as a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from enuf.settings.fields import dotted_keys, value_of
from enuf.settings.load import Surveyed
from enuf.settings.masking import masked_value
from enuf.settings.shapes import plain, spelled

REFUSED = "  <- refused, see below"


def settings_document(surveyed: Surveyed, resolved: Mapping[str, str]) -> dict[str, Any]:
    """Return value and origin of each setting, and what an `auto` comes to."""
    return {
        key: {
            "value": plain(value),
            "origin": str(surveyed.loaded.origins[key]),
            **({"resolved": resolved[key]} if key in resolved else {}),
        }
        for key, value in _values(surveyed).items()
    }


def settings_lines(surveyed: Surveyed, resolved: Mapping[str, str]) -> list[str]:
    """Return a line per setting; a refused value is marked, with its default in its place."""
    values = _values(surveyed)
    width = max(map(len, values))
    return [
        f"{key:<{width}}  {_shown(key, value, resolved):<24} {surveyed.loaded.origins[key]}"
        f"{REFUSED if key in surveyed.refused else ''}"
        for key, value in values.items()
    ]


def _shown(key: str, value: object, resolved: Mapping[str, str]) -> str:
    return f"{spelled(value)} -> {resolved[key]}" if key in resolved else spelled(value)


def _values(surveyed: Surveyed) -> dict[str, object]:
    return {key: masked_value(key, value_of(surveyed.loaded.settings, key)) for key in dotted_keys()}
