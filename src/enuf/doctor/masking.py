"""Findings as they are printed, without the secrets of their lines. Fixes write the unmasked text."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from enuf.doctor.evidence import Evidence
from enuf.model.finding import Edit, Finding, Fix
from enuf.model.secrets import MASK, masked, masked_prose
from enuf.syntax.masked_lines import SHORTEST, MaskedFile, MaskedLine
from enuf.syntax.secret_spans import ini_spans, masked_file

_QUOTED = re.compile(r"`([^`]*)`")


_NO_FILE = MaskedFile("other", "")


class Masks:
    """The files of an evidence with their secrets, each searched on first use."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._files: dict[str, MaskedFile] = {}

    def line(self, path: str, line_number: int) -> MaskedLine:
        """Return a line of a file with its secrets masked. Lines count from 1."""
        if path not in self._files:
            file = self._evidence.file(path)
            self._files[path] = MaskedFile(file.kind, file.text) if file else _NO_FILE
        return self._files[path].line(line_number)

    def finding(self, finding: Finding) -> Finding:
        """Return the finding without the secrets of its line and without those quoted in its message."""
        file = self._evidence.file(finding.file)
        kind = file.kind if file else "other"
        secrets = self.line(finding.file, finding.line).secrets

        def mask(text: str) -> str:
            return _masked_message(text, kind, secrets)

        return msgspec.structs.replace(
            finding,
            message=mask(finding.message),
            hint=mask(_snippet(finding.hint, kind)),
            evidence=tuple(mask(each) for each in finding.evidence),
            fix=self._fix(finding.fix, kind, secrets) if finding.fix else None,
        )

    def _fix(self, fix: Fix, kind: str, secrets: tuple[str, ...]) -> Fix:
        edits = tuple(msgspec.structs.replace(edit, text=self._new_text(edit, kind)) for edit in fix.edits)
        return msgspec.structs.replace(
            fix, description=_masked_message(fix.description, kind, secrets), edits=edits
        )

    def _new_text(self, edit: Edit, kind: str) -> str:
        """Return the masked text of an edit, read together with what precedes it on the line."""
        before = "" if edit.action == "insert" else self.line(edit.file, edit.line).source[: edit.column - 1]
        whole = masked_file(kind, before + edit.text)
        return whole.removeprefix(before) if whole.startswith(before) else MASK


def masked_findings(evidence: Evidence, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings as they are printed."""
    masks = Masks(evidence)
    return tuple(masks.finding(finding) for finding in findings)


def _masked_message(text: str, kind: str, secrets: tuple[str, ...]) -> str:
    """Mask a message.

    Its quoted pieces are lines of the file's language, or values of the line that the message is about.
    """
    text = _QUOTED.sub(lambda match: f"`{_snippet(match[1], kind)}`", masked_prose(text))
    for secret in secrets:
        text = text.replace(secret, MASK)
    if not secrets:
        return text
    return _QUOTED.sub(lambda match: f"`{_masked_piece(match[1])}`", text)


def _snippet(text: str, kind: str) -> str:
    return masked(text, ini_spans(text)) if kind.startswith("uwsgi") else masked_file(kind, text)


def _masked_piece(piece: str) -> str:
    """Mask a quoted piece of a message about a line with a secret.

    Names and punctuation are kept. Anything else may be the secret.
    """
    is_name = len(piece) <= SHORTEST or piece.replace("-", "").replace("_", "").isalpha()
    return piece if is_name or MASK in piece else MASK
