"""A change of the host as a unified diff, shown before it is made."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from enuf.install.change import HostChange, MakeFolder, MakeLink, MakeLog, RemovePath, WriteFile
from enuf.install.tree import HostTree, PathState
from enuf.syntax.masked_lines import masked_difference
from enuf.syntax.secret_spans import kind_of_rendered

OTHERS = 0o077
"""The rights of all but the owner: a file without any of them is a secret, the key of a certificate for example."""


def as_diff(changes: Sequence[HostChange], tree: HostTree) -> str:
    """Return every line that the changes would add or remove; no file is touched."""
    return "".join(_masked(change, tree.state(change.path)) for change in changes)


def _masked(change: HostChange, state: PathState) -> str:
    """Return the diff of one path without secrets, which lines of the settings' `[raw]` may hold."""
    kind = kind_of_rendered(change.path)
    texts = [change.text] if isinstance(change, WriteFile) else []
    if state.kind == "file":
        texts.append(state.content.decode("utf-8", "replace"))
    return masked_difference(_difference(change, state), kind, *texts)


def _difference(change: HostChange, state: PathState) -> str:
    if isinstance(change, MakeFolder):
        return f"new folder {change.path}\n"
    if state.kind == "folder":
        return f"remove folder {change.path}, if it is empty\n"
    if isinstance(change, MakeLog):
        return f"new log {change.path}\n"
    if isinstance(change, WriteFile) and change.is_secret:
        return f"{'change' if state.exists else 'new'} secret file {change.path}, for root alone\n"
    if isinstance(change, RemovePath) and state.kind == "file" and not state.mode & OTHERS:
        return f"remove secret file {change.path}\n"
    before, after = _lines_before(state), _lines_after(change)
    if isinstance(change, WriteFile) and state.kind == "file" and before == after:
        return f"change mode of {change.path}: {state.mode:04o} to {change.mode:04o}\n"
    lines = difflib.unified_diff(
        before, after, change.path if before else "/dev/null", change.path if after else "/dev/null"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _lines_before(state: PathState) -> list[str]:
    if state.kind == "link":
        return [f"link to {state.target}\n"]
    return state.content.decode("utf-8", "replace").splitlines(keepends=True)


def _lines_after(change: HostChange) -> list[str]:
    if isinstance(change, MakeLink):
        return [f"link to {change.target}\n"]
    return change.text.splitlines(keepends=True) if isinstance(change, WriteFile) else []
