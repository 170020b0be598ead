"""Apps that PasteDeploy makes from an ini file, as `pserve production.ini` does."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

from enuf.discover.source import is_file
from enuf.errors import AppNotFound
from enuf.model.app import AppRef
from enuf.syntax.encodings import NotUtf8, decode_utf8
from enuf.system.files import read_regular

INI = ".ini"
_TARGET = re.compile(r"(?:config:)?(?P<file>.+\.ini)(?:#(?P<name>[^#\s]+))?")
_KINDS = ("app", "application", "composite", "pipeline", "filter-app")
_LIMIT_BYTES = 256 * 1024


def is_paste(target: str) -> bool:
    """Return True for a target like `production.ini`, `production.ini#shop` or `config:production.ini`."""
    return _TARGET.fullmatch(target.strip()) is not None


def paste_app(project: Path, target: str, found_by: str) -> AppRef:
    """Return the app of an ini file, `main` where none is named. Raises AppNotFound."""
    match = _TARGET.fullmatch(target.strip())
    shown, name = (match["file"], match["name"] or "main") if match else (target, "main")
    file = Path(project, shown).resolve()
    names = apps_in(file, shown)
    if name not in names:
        there = f"it has: {', '.join(f'{shown}#{each}' for each in names)}" if names else _WHAT
        raise AppNotFound(f"{shown} has no section [app:{name}]", there)
    return AppRef(
        directory=str(file.parent),
        module=file.stem,
        attribute=name,
        file=str(file),
        found_by=found_by,
        loader="paste",
    )


_WHAT = "name a PasteDeploy file with [app:main], a .py file or a module"


def apps_in(file: Path, shown: str) -> list[str]:
    """Return the names of the apps in an ini file.

    Raises AppNotFound for a file that cannot be read as one.
    """
    if not is_file(file):
        raise AppNotFound(f"{shown} does not exist", _WHAT)
    try:
        text = decode_utf8(read_regular(file, _LIMIT_BYTES), str(file))
    except NotUtf8 as error:
        raise AppNotFound(f"{shown} {error}", error.cure) from None
    except OSError as error:
        slug = "app-unreadable" if isinstance(error, PermissionError) else ""
        raise AppNotFound(f"{shown} cannot be read: {error.strerror or error}", slug=slug) from None
    reader = configparser.RawConfigParser(strict=False)
    try:
        reader.read_string(text)
    except configparser.Error as error:
        raise AppNotFound(f"{shown} is no ini file: {str(error).splitlines()[0]}", _WHAT) from None
    pairs = (section.partition(":") for section in reader.sections())
    return list(
        dict.fromkeys(name.strip() for kind, colon, name in pairs if colon and kind.strip() in _KINDS)
    )
