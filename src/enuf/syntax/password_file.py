"""Password files of nginx: lines `name:hash`, as htpasswd writes them. A line is never shown: it may hold a plain password."""

from __future__ import annotations

import re

_HASH = re.compile(
    r"\$(?:apr1|1)\$[^$:]{1,16}\$[./0-9A-Za-z]{22}"
    r"|\$2[aby]\$(?P<cost>[0-9]{2})\$[./0-9A-Za-z]{53}"
    r"|\$5\$(?:rounds=(?P<rounds5>[0-9]{1,9})\$)?[^$:]{1,16}\$[./0-9A-Za-z]{43}"
    r"|\$6\$(?:rounds=(?P<rounds6>[0-9]{1,9})\$)?[^$:]{1,16}\$[./0-9A-Za-z]{86}"
)
"""MD5 (apr1 too), bcrypt, SHA-256, SHA-512: what nginx can check on every system. Its embedded build knows no yescrypt."""
_LIBC = re.compile(r"^[^#:\n][^:\n]*:(\$(?:1|2[aby]|5|6)\$)", re.MULTILINE)
_MOST_COST, _MOST_ROUNDS = 10, 20_000
"""nginx computes the hash anew for each request, and its worker does nothing else meanwhile."""


def fault_in_passwords(text: str) -> str:
    """Return the fault in the content of a password file with its line number; empty for a good file."""
    found = False
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = True
        name, colon, rest = line.partition(":")
        if not colon or not name or name != name.strip():
            return f"line {number} is not a name, a colon and a hashed password"
        if fault := _fault_in_hash(rest.partition(":")[0].rstrip()):
            return f"line {number}: {fault}"
    return "" if found else "it names nobody"


def libc_schemes(text: str) -> tuple[str, ...]:
    """Return the kinds of hashes that nginx leaves to the C library, as their hashes begin: `$2b$`."""
    return tuple(dict.fromkeys(_LIBC.findall(text)))


def _fault_in_hash(hashed: str) -> str:
    match = _HASH.fullmatch(hashed)
    if match is None:
        return "the password is not hashed in a way that nginx can check everywhere and that is safe"
    rounds = int(match["rounds5"] or match["rounds6"] or 0)
    if int(match["cost"] or 0) > _MOST_COST or rounds > _MOST_ROUNDS:
        return (
            "the hash takes too long to check: nginx does so for each request "
            f"(bcrypt cost {_MOST_COST} and {_MOST_ROUNDS} rounds are the most)"
        )
    return ""
