"""Safe fixes: the changed texts, their diff, and a write that keeps a copy."""

from __future__ import annotations

import difflib
import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from enuf.doctor.backups import free_name
from enuf.doctor.evidence import Evidence
from enuf.model.finding import Edit, Finding
from enuf.system.switch_user import acting_as, keeper_of

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class FileChange(msgspec.Struct, frozen=True, kw_only=True):
    """A file before and after its fixes, with the codes of the rules that they belong to."""

    path: str
    before: str
    after: str
    encoding: str
    codes: tuple[str, ...]


def safe_changes(evidence: Evidence, findings: Iterable[Finding]) -> tuple[FileChange, ...]:
    """Compute what all safe fixes would do to each file.

    A fix that touches the lines of an earlier one is left out until the next run.
    """
    edits: dict[str, list[Edit]] = defaultdict(list)
    codes: dict[str, list[str]] = defaultdict(list)
    for finding in findings:
        fix = finding.fix
        if fix is None or not fix.safe or not fix.edits:
            continue
        if any(_collides(edit, edits[edit.file]) for edit in fix.edits):
            continue
        for edit in fix.edits:
            if edit not in edits[edit.file]:
                edits[edit.file].append(edit)
            codes[edit.file].append(finding.code)
    result = []
    for path, chosen in edits.items():
        file = evidence.file(path)
        if file is None or not chosen:
            continue
        after = apply_edits(file.text, chosen)
        if after != file.text:
            unique = tuple(dict.fromkeys(codes[path]))
            result.append(
                FileChange(path=path, before=file.text, after=after, encoding=file.encoding, codes=unique)
            )
    return tuple(result)


def _collides(edit: Edit, others: Iterable[Edit]) -> bool:
    for other in others:
        if edit == other:
            continue
        if edit.action == "insert" and other.action == "insert" and edit.line == other.line:
            if _key(edit.text) == _key(other.text):
                return True
            continue
        if "insert" in (edit.action, other.action) or edit.line != other.line:
            continue
        if "delete" in (edit.action, other.action):
            return True
        if edit.column < (other.end_column or 1 << 30) and other.column < (edit.end_column or 1 << 30):
            return True
    return False


def _key(line: str) -> str:
    return line.partition("=")[0].strip()


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with the edits applied. Line endings and all other text stay as they are."""
    lines = _LINE.findall(text)  # splitlines would also end a line at a form feed
    ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    ordered = sorted(
        enumerate(edits), key=lambda pair: (pair[1].line, pair[1].action != "insert", pair[1].column, pair[0])
    )
    for _, edit in reversed(ordered):
        if edit.action == "insert":
            _insert(lines, edit, ending)
        elif not 0 < edit.line <= len(lines):
            continue
        elif edit.action == "delete":
            del lines[edit.line - 1]
        else:
            line = lines[edit.line - 1]
            body = line.rstrip("\r\n")
            end = edit.end_column - 1 if edit.end_column else len(body)
            lines[edit.line - 1] = body[: edit.column - 1] + edit.text + body[end:] + line[len(body) :]
    return "".join(lines)


def _insert(lines: list[str], edit: Edit, ending: str) -> None:
    place = min(max(edit.line, 0), len(lines))
    if place and not lines[place - 1].endswith(("\n", "\r")):
        lines[place - 1] += ending
        lines[place:place] = [ending.join(edit.text.split("\n"))]
        return
    lines[place:place] = [line + ending for line in edit.text.split("\n")]


def unified_diff(change: FileChange, name: str) -> str:
    """Return the change as a unified diff."""
    return "".join(
        line if line.endswith("\n") else line + "\n\\ No newline at end of file\n"
        for line in difflib.unified_diff(
            _LINE.findall(change.before),
            _LINE.findall(change.after),
            fromfile=f"a/{name}",
            tofile=f"b/{name}",
        )
    )


def write_change(change: FileChange) -> str:
    """Replace the file in one step and return the path of the copy of its old content.

    The file keeps its mode and owner. As root, a file that others can change is written with its owner's
    rights alone. Raise OSError, and leave the file as it was, if the write is impossible or if the file has
    changed since it was read.
    """
    with acting_as(keeper_of(Path(change.path))):
        return _replace(change, Path(change.path).resolve())


def _replace(change: FileChange, target: Path) -> str:
    before = change.before.encode(change.encoding)
    if target.read_bytes() != before:
        raise OSError(f"{change.path} changed in the meantime")
    status = target.stat()
    backup = free_name(target)
    _put(backup, before, status)
    _put(target, change.after.encode(change.encoding), status)
    return str(backup)


def _put(target: Path, data: bytes, like: os.stat_result) -> None:
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            # By the descriptor: in a folder that others can write, the name may lead to another file by now.
            if os.geteuid() == 0:
                os.fchown(stream.fileno(), like.st_uid, like.st_gid)
            os.fchmod(stream.fileno(), like.st_mode & 0o7777)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def backup_summary(written: Mapping[str, FileChange]) -> str:
    """Return one line per changed file, with the cured codes and the path of the copy."""
    return "\n".join(
        f"{change.path}: {', '.join(change.codes)} cured, what stood there before is in {backup}"
        for backup, change in written.items()
    )
