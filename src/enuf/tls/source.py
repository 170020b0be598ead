"""The files of a certificate and its key, read with the rights of this process or by root's reader."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from enuf.errors import SettingsInvalid
from enuf.system import files
from enuf.system.user import name_of_uid
from enuf.tls.pair import CertificatePair, Named, checked_pair
from enuf.tls.root_reader import LARGEST_BYTES, RootReader


class PairSource(msgspec.Struct, frozen=True, kw_only=True):
    """Where a pair comes from, and which names it must cover."""

    certificate: str
    key: str
    hosts: tuple[str, ...] = ()
    reader: RootReader | None = None
    """Reads the two files where only root may."""

    def contents(self) -> tuple[bytes, bytes]:
        """Return the bytes of the two files. Raise SettingsInvalid where one cannot be read."""
        given = self.reader.contents(self.certificate, self.key) if self.reader else None
        return given or (_read("tls.certificate", self.certificate), _read("tls.key", self.key))

    def checked(self) -> CertificatePair:
        """Read the pair and check it. Raise SettingsInvalid."""
        return self.check(self.contents())

    def check(self, contents: tuple[bytes, bytes]) -> CertificatePair:
        """Check a pair that was read before. Raise SettingsInvalid."""
        return checked_pair(*contents, Named(self.certificate, self.key), hosts=self.hosts)


def _read(setting: str, path: str) -> bytes:
    try:
        return files.read_regular(Path(path), LARGEST_BYTES)
    except FileNotFoundError:
        raise _unreadable(
            f"{setting}: there is no file {path}",
            "write the path of the file, absolute or relative to the project",
        ) from None
    except PermissionError:
        name = name_of_uid(os.geteuid())
        raise _unreadable(
            f"{setting}: {path} cannot be read by {name}",
            f"let {name} read it, or start enuf as root and say the path by a flag, a variable or a file of root's",
        ) from None
    except OSError as error:
        raise _unreadable(
            f"{setting}: {path} cannot be read: {error.strerror or error}", "name a regular file"
        ) from None


def _unreadable(summary: str, hint: str) -> SettingsInvalid:
    return SettingsInvalid(summary, hint, slug="certificate-unusable")


def open_key_note(key: str, path: str) -> tuple[str, ...]:
    """Return a note where every user of this machine can read a key: its mode and all folders above allow that.

    `key` is the path that users know, `path` that of the file on this machine.
    """
    try:
        real = Path(os.path.realpath(path))
        is_open = real.stat().st_mode & 0o004 and all(each.stat().st_mode & 0o001 for each in real.parents)
    except OSError:
        return ()
    return (f"tls.key: every user of this machine can read {key}: chmod o= {key}",) if is_open else ()


def absolute(project: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """Return these paths as absolute ones; relative ones begin at the project."""
    return tuple(os.path.normpath(project / path) for path in paths)
