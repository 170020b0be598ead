"""The choice of the language: by the variables that gettext reads, in its order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Language = Literal["en", "ko"]
_OF_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
_WITHOUT_LANGUAGE = ("c", "posix")
_HANGUL = "한글"


def chosen_language(environ: Mapping[str, str]) -> Language:
    """Return the language that the environment asks for; English where it asks for one that enuf does not speak.

    The first of LC_ALL, LC_MESSAGES and LANG that is not empty is the locale. LANGUAGE is a list of languages that
    comes before the locale; as in GNU gettext, the list has no effect where the locale is C or POSIX.
    """
    locale = next((environ[name] for name in _OF_LOCALE if environ.get(name)), "")
    if _name(locale) in _WITHOUT_LANGUAGE:
        return "en"
    wanted = environ.get("LANGUAGE") or locale
    known = (_name(each) for each in wanted.split(":"))
    return "ko" if next((name for name in known if name in ("en", "ko")), "en") == "ko" else "en"


def can_show_korean(encoding: str | None) -> bool:
    """Return True if a stream of this encoding can show Korean letters; True also where the encoding is not known."""
    try:
        _HANGUL.encode(encoding or "utf-8")
    except (UnicodeError, LookupError):
        return False
    return True


def _name(locale: str) -> str:
    """Return the language of a locale: `ko` of `ko_KR.UTF-8@euro`."""
    for separator in "@._":
        locale = locale.partition(separator)[0]
    return locale.strip().lower()
