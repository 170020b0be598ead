"""The sentences of the dashboard's answers in the language of a page. Programs get English."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from msgspec.structs import replace

from enuf.language.choice import Language
from enuf.language.sentences import sentences_in
from enuf.model.snapshot import Advice, ErrorGroup, ErrorRecord, Snapshot, TimelineEvent
from enuf.web.doctor_report import DoctorReport
from enuf.web.live_verdict import LiveVerdict

OURS = ("enuf", "front", "server")
"""Layers whose errors are sentences of enuf or of a server; those of other layers are the app's own words."""
_Said = Callable[[str], str]


_Happening = TypeVar("_Happening", Advice, TimelineEvent)
_Error = TypeVar("_Error", ErrorGroup, ErrorRecord)


def snapshot_in(language: Language, snapshot: Snapshot) -> Snapshot:
    """Return the snapshot with its sentences in a language; names, figures and the app's own words stay."""
    if language == "en":
        return snapshot
    said = sentences_in(language).translated
    return replace(
        snapshot,
        reason=said(snapshot.reason),
        condition=said(snapshot.condition),
        troubles=tuple(
            replace(each, short=said(each.short), text=said(each.text)) for each in snapshot.troubles
        ),
        advice=_each(snapshot.advice, said),
        events=_each(snapshot.events, said),
        errors=_errors(snapshot.errors, said),
        error_groups=_errors(snapshot.error_groups, said),
        backlog=replace(snapshot.backlog, note=said(snapshot.backlog.note)),
        warnings=tuple(map(said, snapshot.warnings)),
        notes=tuple(map(said, snapshot.notes)),
    )


def report_in(language: Language, report: DoctorReport) -> DoctorReport:
    """Return the doctor's report with the sentences of its findings in a language."""
    if language == "en":
        return report
    said = sentences_in(language).translated
    return replace(report, findings=tuple(_finding(each, said) for each in report.findings))


def verdict_in(language: Language, verdict: LiveVerdict) -> LiveVerdict:
    """Return the live doctor's verdict with its sentences in a language; commands stay."""
    if language == "en":
        return verdict
    said = sentences_in(language).translated
    finding = _finding(verdict.finding, said) if verdict.finding else None
    return replace(verdict, finding=finding, ruled_out=tuple(map(said, verdict.ruled_out)))


def _each(values: Sequence[_Happening], said: _Said) -> tuple[_Happening, ...]:
    return tuple(replace(value, text=said(value.text)) for value in values)


def _errors(errors: Sequence[_Error], said: _Said) -> tuple[_Error, ...]:
    return tuple(replace(error, text=said(error.text)) if error.layer in OURS else error for error in errors)


def _finding(finding: dict[str, Any], said: _Said) -> dict[str, Any]:
    sentences = {name: said(finding[name]) for name in ("message", "hint") if finding.get(name)}
    return {**finding, **sentences}
