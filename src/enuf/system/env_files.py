"""Files with NAME=value lines, read the way `flask run` reads them."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from pathlib import Path

from dotenv import dotenv_values

from enuf.errors import SettingsInvalid
from enuf.system.files import read_regular


def values_of(files: Sequence[str]) -> dict[str, str]:
    """Read the variables of all files; a later file wins. They are read at every start, so that secrets are in no plan.

    Raise SettingsInvalid for a file that cannot be read; one that is not there has no variables.
    """
    merged: dict[str, str] = {}
    for file in files:
        merged.update(
            {
                name: value
                for name, value in dotenv_values(stream=io.StringIO(_text(file))).items()
                if value is not None
            }
        )
    return merged


def _text(file: str) -> str:
    try:
        with contextlib.suppress(FileNotFoundError):
            return read_regular(Path(file)).decode("utf-8")
    except OSError as error:
        raise SettingsInvalid(
            f"{file} cannot be read: {error.strerror or error}", "env_file names files with NAME=value lines"
        ) from None
    return ""
