"""Files with NAME=value lines, read the way `flask run` reads them."""

from __future__ import annotations

from collections.abc import Sequence

from dotenv import dotenv_values


def values_of(files: Sequence[str]) -> dict[str, str]:
    """The variables of all files; a later file wins. They are read at every start, so that secrets are in no plan."""
    merged: dict[str, str] = {}
    for file in files:
        merged.update({name: value for name, value in dotenv_values(file).items() if value is not None})
    return merged
