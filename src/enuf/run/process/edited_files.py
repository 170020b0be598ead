"""The rendered files that somebody has changed by hand: they are kept beside the file that replaces them."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from enuf.system import files
from enuf.system.closed import FILE_MODE

EDITED = ".edited"
WRITTEN = ".written.json"
"""The digests of the files as enuf has written them; it outlives the stack."""
LARGEST_BYTES = 2**20
KIND = "crc32:"


def remember_written(names: Iterable[str], folder: Path) -> None:
    """Record the files as they stand in the folder now. Raise OSError."""
    digests = {name: digest for name in names if (digest := _digest(folder / name))}
    files.write_whole(folder / WRITTEN, msgspec.json.encode(digests).decode(), FILE_MODE)


def keep_edited(folder: Path) -> tuple[str, ...]:
    """Copy the files that were changed since they were written to NAME.edited. Return their names.

    A file that is missing, and one that cannot be read as text, is left out.
    """
    names = []
    for name, digest in _written_in(folder).items():
        path = folder / name
        with contextlib.suppress(OSError, UnicodeDecodeError):
            is_known = digest.startswith(KIND)  # an earlier enuf has recorded other digests
            if is_known and path.parent == folder and _digest(path) not in (digest, ""):
                text = files.read_regular(path, follow=False).decode()
                files.write_whole(path.with_name(f"{name}{EDITED}"), text, FILE_MODE)
                names.append(name)
    return tuple(names)


def replaced_note(names: Iterable[str], folder: str) -> str:
    """Return in one line what became of files that were changed by hand; empty for none."""
    if not names:
        return ""
    copies = ", ".join(f"{name}{EDITED}" for name in names)
    return (
        f"your change of {', '.join(names)} in {folder} had no effect and was replaced (it is kept in {copies}): "
        "enuf writes these files from its settings, and [raw] in enuf.toml takes any line"
    )


def _written_in(folder: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode(
            files.read_regular(folder / WRITTEN, LARGEST_BYTES, follow=False), type=dict[str, str]
        )
    except (OSError, msgspec.MsgspecError):
        return {}


def _digest(path: Path) -> str:
    """Return the digest of a file; empty where it cannot be read."""
    with contextlib.suppress(OSError):
        data = files.read_regular(path, follow=False)
        # Nobody wants to deceive here, and hashlib would cost the supervisor 1.3 MB.
        return f"{KIND}{zlib.crc32(data):08x}:{len(data)}"
    return ""
