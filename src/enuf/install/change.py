"""Changes of a host's files as values: the state that a path shall have. Pure."""

from __future__ import annotations

import msgspec

from enuf.model.site import digest_of_bytes


class MakeFolder(msgspec.Struct, frozen=True):
    """A folder that shall exist; an existing one keeps its mode and group."""

    path: str
    mode: int = 0o755
    group: int | None = None
    """Group id; None for the group of the process that makes the folder."""


class WriteFile(msgspec.Struct, frozen=True):
    """A regular file that shall hold exactly this text."""

    path: str
    text: str
    mode: int = 0o644
    is_secret: bool = False
    """True for a text that is never shown."""


class MakeLog(msgspec.Struct, frozen=True):
    """A log file that another program will write; an existing one keeps content, mode and owner."""

    path: str
    mode: int
    owner: int | None
    """User id; None for the user who makes the file."""
    group: int | None
    """Group id; None for the group of the process that makes the file."""


class MakeLink(msgspec.Struct, frozen=True):
    """A symbolic link that shall lead to this target."""

    path: str
    target: str


class RemovePath(msgspec.Struct, frozen=True):
    """A path that shall not exist; a folder is removed only while it is empty."""

    path: str


HostChange = MakeFolder | WriteFile | MakeLog | MakeLink | RemovePath
"""One change. Paths are absolute on the changed host, whose files may lie below another root here."""


def digest_of_link(target: str) -> str:
    """Return the digest of a symbolic link, which never equals that of a file with the same text."""
    return f"link:{target}"


def digest_of_change(change: WriteFile | MakeLink) -> str:
    """Return the digest of the file or link that the change writes."""
    if isinstance(change, WriteFile):
        return digest_of_bytes(change.text.encode())
    return digest_of_link(change.target)
