"""The values of an environment that no message may show: those that somebody has given the app. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from enuf.errors import EnufError
from enuf.model.secrets import MASK, says_secret, url_spans

SHORTEST = 6
"""A shorter value is part of too many words."""
_USUAL = re.compile(
    r"PATH|HOME|SHELL|USER|LOGNAME|LANG|LANGUAGE|LC_\w+|TZ|TERM|PWD|TMPDIR|VIRTUAL_ENV|INVOCATION_ID|JOURNAL_STREAM|SYSTEMD_\w+"
    r"|MAINPID|NOTIFY_SOCKET|LISTEN_\w+|WATCHDOG_\w+|CREDENTIALS_DIRECTORY|\w+_DIRECTORY|XDG_\w+|PYTHON\w*|FLASK_\w+|ENUF_\w+"
)
"""Names of variables that hold no secret, unless the name says so."""
_PLAIN = re.compile(r"/[\w./-]*|[\d.]+")
"""Values that are none: a path, a number."""


def secret_values(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values that must not be shown: of names that say so, and of all names that systemd and enuf do not use."""
    return tuple(
        value
        for name, value in environ.items()
        if len(value) >= SHORTEST
        and (
            says_secret(name)
            or any(url_spans(value))
            or not (_USUAL.fullmatch(name) or _PLAIN.fullmatch(value))
        )
    )


def without_values(text: str, values: Iterable[str]) -> str:
    """Return the text with `***` in place of each value, also where Python has printed it with escapes."""
    for value in sorted({*values}, key=len, reverse=True):
        for form in dict.fromkeys((value, repr(value)[1:-1], *_parts(value))):
            text = text.replace(form, MASK)
    return text


def _parts(value: str) -> tuple[str, ...]:
    """Return the password in a URL: an error message may quote it alone."""
    found = (value[start:end] for start, end in url_spans(value))
    return tuple(part for part in found if len(part) >= SHORTEST)


def hide_values(error: EnufError, values: Iterable[str]) -> None:
    """Take the values out of an error."""
    kept = tuple(values)
    error.summary, error.detail = without_values(error.summary, kept), without_values(error.detail, kept)
    error.hint = without_values(error.hint, kept)
