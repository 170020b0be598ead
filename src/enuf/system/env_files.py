"""Files with NAME=value lines, read the way `flask run` reads them."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from enuf.errors import SettingsInvalid
from enuf.syntax.encodings import NotUtf8, decode_utf8
from enuf.system.files import read_regular

_OF_THE_USER = ("HOME", "USER", "LOGNAME")
_FOR_DEVELOPMENT = ("FLASK_DEBUG", "FLASK_ENV", "FLASK_RUN_")


def values_of(files: Sequence[str]) -> dict[str, str]:
    """Read the variables of all files; a later file wins.

    They are read at every start, so that secrets are in no plan.

    Raise SettingsInvalid for a file that cannot be read; one that is not there has no variables.
    """
    from dotenv import dotenv_values

    merged: dict[str, str] = {}
    for file in files:
        merged.update(
            {
                name: value
                for name, value in dotenv_values(stream=io.StringIO(_text(file))).items()
                if value is not None and not _is_for_development(file, name)
            }
        )
    return merged


def with_values_of(files: Sequence[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the app: a real variable wins over one from a file, as with `flask run`.

    The home and the name of the user are real variables in every environment: there the file wins.
    """
    values = values_of(files)
    return {**values, **environ, **{name: values[name] for name in _OF_THE_USER if name in values}}


def flask_app_of(files: Sequence[str]) -> tuple[str, str]:
    """Return the FLASK_APP that the last of these files sets, and the name of that file.

    Two empty texts for none.
    A file that may not be read sets none. Raise SettingsInvalid for one that is not UTF-8.
    """
    for file in reversed(files):
        if os.access(file, os.R_OK, effective_ids=os.access in os.supports_effective_ids) and (
            value := values_of([file]).get("FLASK_APP")
        ):
            return value, Path(file).name
    return "", ""


def _is_for_development(file: str, name: str) -> bool:
    """Return True for what `.flaskenv` says to the development server: a debug mode is nothing for visitors."""
    return Path(file).name == ".flaskenv" and name.startswith(_FOR_DEVELOPMENT)


def _text(file: str) -> str:
    data = b""
    try:
        with contextlib.suppress(FileNotFoundError):
            data = read_regular(Path(file))
        return decode_utf8(data, file)
    except NotUtf8 as error:
        raise SettingsInvalid(f"{file}:{error.line}: {error}", error.cure) from None
    except OSError as error:
        raise SettingsInvalid(
            f"{file} cannot be read: {error.strerror or error}", "env_file names files with NAME=value lines"
        ) from None
