"""The files of an export beside those that are there: new, the same, as they were written, or edited since."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from enuf.export.deployment import ExportedFile
from enuf.export.ignore import SIGNATURE
from enuf.syntax.masked_lines import masked_difference
from enuf.syntax.secret_spans import kind_of_rendered

State = Literal["new", "same", "changed", "edited", "stale"]
"""`changed`: as an export wrote the file, and the new text differs; `edited`: not as an export wrote the file; `stale`: an
earlier export of this target wrote the file, and this one does not."""
_LAST_LINE = re.compile(rf"^{SIGNATURE}(?P<target>[a-z]+): (?P<digest>[0-9a-f]{{16}})\n\Z", re.MULTILINE)


class FileComparison(msgspec.Struct, frozen=True, kw_only=True):
    """One file of an export, and the one that is there."""

    name: str
    state: State
    before: str
    after: str
    """The new text; empty for a stale file."""
    other_target: str = ""
    """The target whose export wrote the file that is there, where it is another one."""

    @property
    def differs(self) -> bool:
        """True where writing would change something."""
        return self.state != "same"


def signed(file: ExportedFile, target: str) -> ExportedFile:
    """Return a file with a last line, by which a later export knows that nobody has edited it."""
    return ExportedFile(name=file.name, text=f"{file.text}{SIGNATURE}{target}: {_digest(file.text)}\n")


def signer_of(text: str) -> str:
    """Return the target whose export wrote this very text; empty for a text that was edited, or that no export wrote."""
    found = _LAST_LINE.search(text)
    if found is None or found["digest"] != _digest(text[: found.start()]):
        return ""
    return found["target"]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def compared_files(
    files: Iterable[ExportedFile], there: Mapping[str, str], target: str
) -> tuple[FileComparison, ...]:
    """Return each file of an export beside what is there. `there` has the texts of all files in the folder, by name."""
    new = {file.name: signed(file, target).text for file in files}
    found = [_beside(name, text, there.get(name), target) for name, text in new.items()]
    stale = (
        FileComparison(name=name, state="stale", before=text, after="")
        for name, text in sorted(there.items())
        if name not in new and signer_of(text) == target
    )
    return (*found, *stale)


def _beside(name: str, text: str, before: str | None, target: str) -> FileComparison:
    if before is None:
        return FileComparison(name=name, state="new", before="", after=text)
    if before == text:
        return FileComparison(name=name, state="same", before=before, after=text)
    signer = signer_of(before)
    other = signer if signer != target else ""
    return FileComparison(
        name=name,
        state="changed" if signer else "edited",
        before=before,
        after=text,
        other_target=other,
    )


def difference(comparison: FileComparison) -> str:
    """Return the unified difference of one file without the secrets in its lines; empty where the file would stay as it is."""
    new = "/dev/null" if comparison.state == "stale" else comparison.name
    old = "/dev/null" if comparison.state == "new" else comparison.name
    lines = difflib.unified_diff(
        comparison.before.splitlines(keepends=True), comparison.after.splitlines(keepends=True), old, new
    )
    text = "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
    return masked_difference(text, kind_of_rendered(comparison.name), comparison.before, comparison.after)
