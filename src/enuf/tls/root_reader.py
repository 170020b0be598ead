"""The reader of a key that only root may read, for servers that run as another user.

A start as root gives its rights up before it makes a plan, and a certificate is renewed many times while the stack runs.
So a child that stays root reads two fixed files, again whenever they change, and puts their bytes into a file without a
name, which this process and the supervisor hold open. The child reads nothing else, takes no order, and ends when the last
process of the stack has closed the other end of its pipe.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import struct
from pathlib import Path
from typing import NoReturn

import msgspec

from enuf.errors import SettingsInvalid
from enuf.system import files
from enuf.system.trust import changeable_by_others

LOOK_EVERY_S = 1.0
LARGEST_BYTES = 256 * 1024
"""Of one file."""
_HEAD = struct.Struct(">32sII")
"""SHA-256 of what follows, and the lengths of both files."""


class RootReader(msgspec.Struct, frozen=True):
    """The descriptors by which the bytes of two files arrive that only root may read."""

    certificate: str
    key: str
    shared: int
    """The file without a name."""
    alive: int
    """The end of a pipe that is open as long as the stack."""

    def contents(self, certificate: str, key: str) -> tuple[bytes, bytes] | None:
        """Return the newest bytes of the two files; None for other files, and where root could not read them."""
        if (certificate, key) != (self.certificate, self.key):
            return None
        if self._is_alone():
            raise SettingsInvalid(
                f"root's reader of {self.key} has ended", "enuf restart, as root", slug="certificate-unusable"
            )
        for _ in range(3):  # the child may be writing
            found = _unpacked(os.pread(self.shared, _HEAD.size + 2 * LARGEST_BYTES, 0))
            if found is not None:
                return found
        return None

    def _is_alone(self) -> bool:
        """Return True when nobody holds the other end of the pipe."""
        poll = select.poll()
        poll.register(self.alive, 0)
        return bool(poll.poll(0))

    def close(self) -> None:
        """Close the descriptors of this process."""
        for descriptor in (self.shared, self.alive):
            with contextlib.suppress(OSError):
                os.close(descriptor)


def read_as_root(certificate: str, key: str) -> RootReader | None:
    """Start the child that reads the two files as root. Return None where even root cannot read them now."""
    content = _packed(certificate, key)
    if content is None:
        return None
    shared = files.nameless("enuf-key")
    os.pwrite(shared, content, 0)
    end, alive = os.pipe()
    between = os.fork()
    if between == 0:
        # Not a child of ours: the supervisor ends every descendant that it did not start.
        if os.fork() == 0:
            _read_until_the_end(certificate, key, shared, end, content)
        os._exit(0)
    os.waitpid(between, 0)
    os.close(end)
    return RootReader(certificate, key, shared, alive)


def _read_until_the_end(certificate: str, key: str, shared: int, end: int, before: bytes) -> NoReturn:
    """Put the files' bytes into the shared file whenever they have changed; exit with the stack."""
    try:
        os.setsid()
        _keep_only(shared, end)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        while not select.select([end], [], [], LOOK_EVERY_S)[0]:
            if any(changeable_by_others(Path(each)) is not None for each in (certificate, key)):
                continue  # somebody else has come to decide what stands there
            now = _packed(certificate, key)
            if now is not None and now != before:
                with contextlib.suppress(OSError):
                    before = now if os.pwrite(shared, now, 0) == len(now) else before
    finally:
        os._exit(0)


def _keep_only(*descriptors: int) -> None:
    """Close every other descriptor: this process must hold no port, no lock and no terminal of the stack."""
    low = 0
    for descriptor in sorted(descriptors):
        os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, os.sysconf("SC_OPEN_MAX"))


def _packed(certificate: str, key: str) -> bytes | None:
    try:
        both = [files.read_regular(Path(path), LARGEST_BYTES) for path in (certificate, key)]
    except OSError:
        return None
    data = b"".join(both)
    return _HEAD.pack(_digest(data), *map(len, both)) + data


def _unpacked(raw: bytes) -> tuple[bytes, bytes] | None:
    if len(raw) < _HEAD.size:
        return None
    digest, first, second = _HEAD.unpack_from(raw)
    data = raw[_HEAD.size : _HEAD.size + first + second]
    if _digest(data) != digest:
        return None
    return data[:first], data[first:]


def _digest(data: bytes) -> bytes:
    import hashlib  # here: it loads OpenSSL, and most supervisors have no reader

    return hashlib.sha256(data).digest()
