"""Which hashed passwords this system's C library can check: a server that is linked to the library can check no others."""

from __future__ import annotations

import ctypes
import functools

_LIBRARIES = ("libcrypt.so.2", "libcrypt.so.1", None)
"""glibc keeps `crypt` in a library of its own; None is the C library itself (musl, macOS)."""
_PROBES = {
    "$1$": "$1$ab$",
    "$2a$": f"$2a$04${'a' * 21}u",
    "$2b$": f"$2b$04${'a' * 21}u",
    "$2y$": f"$2y$04${'a' * 21}u",
    "$5$": "$5$rounds=1000$ab$",
    "$6$": "$6$rounds=1000$ab$",
}


@functools.cache
def can_check(scheme: str) -> bool:
    """Return True if the library knows a scheme, named by the beginning of its hashes: `$2b$`."""
    probe = _PROBES.get(scheme)
    if probe is None:
        return False
    for name in _LIBRARIES:
        try:
            crypt = ctypes.CDLL(name).crypt
        except (OSError, AttributeError):
            continue
        crypt.restype = ctypes.c_char_p
        hashed = crypt(b"a", probe.encode())
        return hashed is not None and hashed.startswith(scheme.encode())
    return False
