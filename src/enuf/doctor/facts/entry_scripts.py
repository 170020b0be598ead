"""The scripts that containers and supervisor start."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

import msgspec

from enuf.doctor.evidence import Evidence, SourceFile

_STARTS_IN = {
    "dockerfile": re.compile(r"^[ \t]*(?:ENTRYPOINT|CMD)\b.*$", re.MULTILINE | re.IGNORECASE),
    "compose": re.compile(r"^[ \t]*(?:entrypoint|command):.*(?:\n[ \t]*-[ \t].*)*", re.MULTILINE),
    "supervisor": re.compile(r"^[ \t]*command[ \t]*=.*$", re.MULTILINE),
}
_SCRIPT = re.compile(r"[\w./-]*\w\.(?:sh|bash)\b|[\w./-]*entrypoint[\w.-]*")
_STARTS_LIMIT = 200


class EntryScript(msgspec.Struct, frozen=True):
    """A script, and the file that starts it."""

    script: SourceFile
    starter: SourceFile
    line: int
    """The line of the starter."""
    through_shell: bool
    """True if the script is an argument of a shell, so that its first line is not read by the kernel."""


def entry_scripts(evidence: Evidence) -> Iterator[EntryScript]:
    """Yield every script that a Dockerfile, a compose file or supervisor starts, once for each starter."""
    scripts: dict[str, list[SourceFile]] = {}
    for file in evidence.files:
        if file.text.startswith("#!") or file.kind == "script":
            scripts.setdefault(posixpath.basename(file.path), []).append(file)
    for starter in evidence.of_kind(*_STARTS_IN) if scripts else ():
        for count, start in enumerate(_STARTS_IN[starter.kind].finditer(starter.text)):
            if count >= _STARTS_LIMIT:
                break
            words = start[0]
            for named in dict.fromkeys(_SCRIPT.findall(words)):
                near = _meant(
                    named,
                    [each for each in scripts.get(posixpath.basename(named), ()) if _is_near(each, starter)],
                )
                near = _beside(starter, near)
                if len(near) == 1:
                    line = starter.text.count("\n", 0, start.start()) + 1
                    through_shell = (
                        re.search(rf"\b(?:sh|bash|ash|dash)\b[\"',\s]+[^\n]*{re.escape(named)}", words)
                        is not None
                    )
                    yield EntryScript(near[0], starter, line, through_shell)


def _meant(named: str, scripts: list[SourceFile]) -> list[SourceFile]:
    """Return the scripts that share the most last names with the path that a starter names."""
    shared = [_shared(named, each.path) for each in scripts]
    most = max(shared, default=0)
    return [each for each, count in zip(scripts, shared, strict=True) if count == most]


def _beside(starter: SourceFile, scripts: list[SourceFile]) -> list[SourceFile]:
    """Return the one script in the folder of the starter, else all."""
    folder = posixpath.dirname(starter.path)
    same = [each for each in scripts if posixpath.dirname(each.path) == folder]
    return same if len(same) == 1 else scripts


def _shared(one: str, other: str) -> int:
    """Return how many last names two paths share."""
    count = 0
    for mine, theirs in zip(reversed(one.split("/")), reversed(other.split("/")), strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _is_near(script: SourceFile, starter: SourceFile) -> bool:
    """Return True if one of the two lies in a folder at or above the other's."""
    one, other = f"{posixpath.dirname(script.path)}/", f"{posixpath.dirname(starter.path)}/"
    return one.startswith(other) or other.startswith(one)
