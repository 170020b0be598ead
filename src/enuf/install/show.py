"""A change of the host, shown as a unified diff before it is made."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from enuf.install.change import Change, File, Folder, Link, Log
from enuf.install.tree import HostTree, Seen
from enuf.syntax.masked_lines import masked_difference
from enuf.syntax.secret_spans import kind_of_rendered


def as_diff(changes: Sequence[Change], tree: HostTree) -> str:
    """Every line that would come or go; nothing is touched."""
    return "".join(_masked(change, tree.see(change.path)) for change in changes)


def _masked(change: Change, seen: Seen) -> str:
    """The lines without secrets: a site may hold some that its settings' `[raw]` lines brought along."""
    kind = kind_of_rendered(change.path)
    texts = [change.text] if isinstance(change, File) else []
    if seen.kind == "file":
        texts.append(seen.content.decode("utf-8", "replace"))
    return masked_difference(_one(change, seen), kind, *texts)


def _one(change: Change, seen: Seen) -> str:
    if isinstance(change, Folder) or seen.kind == "folder":
        return (
            f"new folder {change.path}\n"
            if isinstance(change, Folder)
            else f"remove folder {change.path}, if it is empty\n"
        )
    if isinstance(change, Log):
        return f"new log {change.path}\n"
    before, after = _lines_of_seen(seen), _lines_of(change)
    lines = difflib.unified_diff(
        before, after, change.path if before else "/dev/null", change.path if after else "/dev/null"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _lines_of_seen(seen: Seen) -> list[str]:
    if seen.kind == "link":
        return [f"link to {seen.target}\n"]
    return seen.content.decode("utf-8", "replace").splitlines(keepends=True)


def _lines_of(change: Change) -> list[str]:
    if isinstance(change, Link):
        return [f"link to {change.target}\n"]
    return change.text.splitlines(keepends=True) if isinstance(change, File) else []
