"""Changes of a host as values: what shall be at a path."""

from __future__ import annotations

import hashlib

import msgspec


class Folder(msgspec.Struct, frozen=True, tag="folder", tag_field="is"):
    """A folder shall be there; one that exists is left as it is."""

    path: str
    mode: int = 0o755
    group: int | None = None
    """The number of the group that it belongs to; None for that of who makes it."""


class File(msgspec.Struct, frozen=True, tag="file", tag_field="is"):
    """A file with this text shall be there."""

    path: str
    text: str
    mode: int = 0o644


class Log(msgspec.Struct, frozen=True, tag="log", tag_field="is"):
    """A file that others write shall be there; one that exists is left as it is."""

    path: str
    mode: int
    owner: int | None
    group: int | None


class Link(msgspec.Struct, frozen=True, tag="link", tag_field="is"):
    """A symbolic link to this target shall be there."""

    path: str
    target: str


class Nothing(msgspec.Struct, frozen=True, tag="nothing", tag_field="is"):
    """Nothing shall be there; a folder only goes when it is empty."""

    path: str


Change = Folder | File | Log | Link | Nothing
"""Paths are absolute on the host that is changed, which may lie below another root."""


def digest_of_file(data: bytes) -> str:
    """Tells one content from another."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def digest_of_link(target: str) -> str:
    """The same for a link, which is no other file with the same words in it."""
    return f"link:{target}"


def digest_of(change: File | Link) -> str:
    """The digest of what a change writes."""
    return digest_of_file(change.text.encode()) if isinstance(change, File) else digest_of_link(change.target)
