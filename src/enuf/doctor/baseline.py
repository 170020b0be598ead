"""A baseline: the findings that are known and not shown again, each by its code, its file and what its line says.

Line numbers are no part of it: an edit elsewhere in the file wakes no finding. Lines may hold secrets, so the
file has a digest in the place of the text.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections import Counter
from collections.abc import Iterable

import msgspec

from enuf.doctor.evidence import Evidence
from enuf.model.finding import Finding
from enuf.syntax.text_lines import line_at

SCHEMA = 1
_DIGITS = 16


class BaselineEntry(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Findings that are known: so many of one code on lines of one text in one file."""

    file: str
    """Relative to the folder of the baseline."""
    code: str
    name: str
    line: str
    """The digest of the text of the line, without the blanks around it."""
    count: int = 1


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a baseline file."""

    schema: int = SCHEMA
    findings: tuple[BaselineEntry, ...] = ()


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The findings that a baseline does not know, how many it knows, and how many of its own are gone.

    Gone is what the baseline knows of the paths that were examined, and of no other.
    """

    new: tuple[Finding, ...]
    known: int
    gone: int


def line_digest(evidence: Evidence, finding: Finding) -> str:
    """Return a digest of the finding's code and of the text of its line."""
    file = evidence.file(finding.file)
    text = " ".join(line_at(file.text, finding.line).split()) if file else ""
    digest = hashlib.sha256(f"{finding.code}\n{text}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:_DIGITS]


def baseline_of(evidence: Evidence, findings: Iterable[Finding], folder: str) -> Baseline:
    """Return the baseline that knows these findings, for a file in this folder."""
    counts = Counter((*_key(evidence, each, folder), each.name) for each in findings)
    entries = (
        BaselineEntry(file=file, code=code, name=name, line=line, count=count)
        for (file, code, line, name), count in counts.items()
    )
    return Baseline(findings=tuple(sorted(entries)))


def compare(evidence: Evidence, findings: Iterable[Finding], baseline: Baseline, folder: str) -> Comparison:
    """Return what the baseline does not know of these findings."""
    left: Counter[tuple[str, str, str]] = Counter()
    for entry in baseline.findings:
        left[entry.file, entry.code, entry.line] += entry.count
    new, known = [], 0
    for finding in findings:
        key = _key(evidence, finding, folder)
        if left[key] > 0:
            left[key] -= 1
            known += 1
        else:
            new.append(finding)
    gone = sum(count for (file, _, _), count in left.items() if _is_examined(evidence, folder, file))
    return Comparison(new=tuple(new), known=known, gone=gone)


def _is_examined(evidence: Evidence, folder: str, file: str) -> bool:
    path = posixpath.normpath(posixpath.join(folder, file))
    return evidence.file(path) is not None or any(
        path == root or path.startswith(f"{root.rstrip('/')}/") for root in evidence.roots
    )


def _key(evidence: Evidence, finding: Finding, folder: str) -> tuple[str, str, str]:
    return posixpath.relpath(finding.file, folder), finding.code, line_digest(evidence, finding)
