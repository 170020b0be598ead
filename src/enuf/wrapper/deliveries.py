"""Files that the app leaves to nginx: the headers X-Sendfile and X-Accel-Redirect, which become addresses in the named folders."""

# ruff: noqa: PTH116 - a path is bytes, as the file system has it

from __future__ import annotations

import os
import stat
from urllib.parse import quote, unquote_to_bytes

from enuf.wrapper.headers import DELIVERY, LENGTH, header_kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ANSWERS = "/.enuf/answers/"
"""nginx's internal addresses of the pages for answers of the wrapper itself."""
OBEYED = ("200", "206")
"""Statuses of an answer whose file nginx sends; for a part of the file nginx obeys the visitor's own Range."""


class Deliveries:
    """The only folders from which nginx sends files for the app (static.protected)."""

    def __init__(self, folders: Sequence[tuple[str, str, str]]) -> None:
        """Take URL, folder and nginx's internal address of each; the first URL that a value begins with counts."""
        self._folders = [(url.encode(), os.fsencode(folder), at) for url, folder, at in folders]

    def obey(
        self, status: str, headers: list[tuple[str, str]], say: Callable[[str], None]
    ) -> tuple[list[tuple[str, str]], bool]:
        """Return the headers with nginx's address of the file that the app leaves to nginx, and True where there is one.

        nginx forgets the status of such an answer, so only one of a whole file, or of a part, can be obeyed.
        """
        asked = [pair for pair in headers if header_kind(pair[0]) == DELIVERY]
        if not asked or asked[0][1].startswith(ANSWERS):
            return headers, False
        kept = [pair for pair in headers if header_kind(pair[0]) != DELIVERY]
        if not status.startswith(OBEYED):
            if not status.startswith("304"):
                say(f"the header {asked[0][0]} was not obeyed: the status is {status[:3]}")
            return kept, False
        address = self.address(*asked[0])
        kept = [pair for pair in kept if header_kind(pair[0]) != LENGTH]
        return [*kept, ("X-Accel-Redirect", address), ("Content-Length", "0")], True

    def address(self, name: str, value: str) -> str:
        """Return nginx's internal address of the file that a header names. Raise ValueError for any other file."""
        if not isinstance(value, str):
            raise TypeError(f"the value of the header {name} is a str, not {type(value).__name__}")
        of_url = name.lower() == "x-accel-redirect"
        paths = [self._path_of(each) if of_url else each for each in _as_bytes(value)]
        real = [os.path.realpath(path) for path in paths if path.startswith(b"/") and b"\0" not in path]
        real.sort(
            key=os.path.exists, reverse=True
        )  # a name that no file has may be the other spelling of one
        for address in map(self._address_of, real):
            if address:
                return address
        raise ValueError(
            f"refused: the header {name} names {value!r}, which is no file of a folder in static.protected "
            "(links are followed first; names with a dot before them and folders are never sent)"
        )

    def _path_of(self, address: bytes) -> bytes:
        """Return the path of an address of the app; empty for one that is below no folder's URL."""
        decoded = unquote_to_bytes(address.partition(b"?")[0])
        for url, folder, _ in self._folders:
            if decoded.startswith(url):
                return folder + b"/" + decoded[len(url) :]
        return b""

    def _address_of(self, real: bytes) -> str:
        """Return the address of a path without links; empty for one outside of the folders."""
        for _, folder, address in self._folders:
            root = os.path.realpath(folder).rstrip(b"/") + b"/"
            names = real[len(root) :]
            if real.startswith(root) and not _is_hidden(names) and not _is_special(real):
                return address + quote(names)
        return ""


def _as_bytes(value: str) -> list[bytes]:
    """Return what a header may mean: text, as Flask hands a path on, or bytes in the form that WSGI wants."""
    text = os.fsencode(value)
    try:
        return [text] if value.isascii() else [text, value.encode("latin-1")]
    except UnicodeEncodeError:
        return [text]


def _is_hidden(names: bytes) -> bool:
    return any(name.startswith(b".") for name in names.split(b"/"))


def _is_special(real: bytes) -> bool:
    """Return True for a folder, a pipe or a device; a file that does not exist is nginx's 404."""
    try:
        return not stat.S_ISREG(os.stat(real).st_mode)
    except OSError:
        return False
