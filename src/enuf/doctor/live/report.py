"""A diagnosis as text for people and as a part of the JSON document. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from enuf.doctor.live.engine import Diagnosis
from enuf.doctor.live.explained import LAST
from enuf.doctor.report import Paint, display_path
from enuf.model.finding import SEVERITIES, Finding
from enuf.model.words import ENGLISH, Words

EVIDENCE_SHOWN = 8
_STATES = {"ok": "dim", "fault": "error", "unknown": "warning"}


def live_document(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return the part `live` of the JSON document."""
    verdict = diagnosis.verdict
    return {
        "url": diagnosis.url,
        "status": diagnosis.status,
        "failure": diagnosis.failure,
        "is_failing": diagnosis.is_failing,
        "verdict": verdict.code if verdict else "",
        "chain": [msgspec.to_builtins(each) for each in diagnosis.chain],
        "ruled_out": list(diagnosis.ruled_out) if not verdict else [],
        "next_steps": list(diagnosis.next_steps) if not verdict else [],
        "not_seen": [msgspec.to_builtins(each) for each in diagnosis.hindrances],
        "is_complete": diagnosis.is_complete,
        "took_s": diagnosis.took_s,
    }


def live_report(diagnosis: Diagnosis, here: str, paint: Paint, words: Words = ENGLISH) -> str:
    """Return the verdict with its proof, the chain from the visitor to the app, and what to type next."""
    blocks = [_heading(diagnosis, paint, words)]
    blocks += [_block(each, here, paint, words) for each in diagnosis.findings]
    if diagnosis.verdict is None and diagnosis.is_failing:
        blocks.append("\n".join(_unproven(diagnosis, words)))
    blocks.append("\n".join(_chain(diagnosis, paint, words)))
    if diagnosis.hindrances and (diagnosis.is_failing or diagnosis.findings or not diagnosis.is_complete):
        blocks.append("\n".join(_not_seen(diagnosis, words)))
    return "\n\n".join(blocks)


def _heading(diagnosis: Diagnosis, paint: Paint, words: Words) -> str:
    text = str(diagnosis.status) if diagnosis.status else diagnosis.failure
    if diagnosis.verdict is None and not diagnosis.is_failing:
        return f"{diagnosis.url}: {text}; {words.sentence('nothing wrong is seen')}"
    return f"{diagnosis.url}: {paint('bold', text)}"


def _block(finding: Finding, here: str, paint: Paint, words: Words) -> str:
    severity = paint(finding.severity, words.label(finding.severity))
    place = f"{display_path(finding.file, here)}:{finding.line}"
    lines = [
        f"{severity} {paint('bold', finding.code)} {finding.name} ({place})",
        f"  {words.sentence(finding.message)}",
    ]
    lines += [f"    {paint('dim', each)}" for each in finding.evidence[:EVIDENCE_SHOWN]]
    cure = finding.hint or (finding.fix.description if finding.fix else "")
    return "\n".join([*lines, f"  {words.label('fix')}: {words.sentence(cure)}"] if cure else lines)


def _unproven(diagnosis: Diagnosis, words: Words) -> Iterator[str]:
    yield words.sentence("no cause is proven")
    if diagnosis.next_steps:
        yield f"  {words.label('next')}: {diagnosis.next_steps[0]}"
        yield from (f"        {each}" for each in diagnosis.next_steps[1:])


def _chain(diagnosis: Diagnosis, paint: Paint, words: Words) -> Iterator[str]:
    for link in diagnosis.chain:
        state = paint(_STATES[link.state], words.label(link.state))
        yield f"  {state} {words.label(link.title)}: {words.sentence(link.text)}"


def _not_seen(diagnosis: Diagnosis, words: Words) -> Iterator[str]:
    yield words.sentence("not looked at:")
    for each in diagnosis.hindrances:
        cure = f"; {each.cure}" if each.cure else ""
        yield f"  {words.sentence(each.what)}: {words.sentence(each.why)}{cure}"


def beside_live(live: Iterable[Finding], static: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the live findings with those in files that are not among them; what fails no ordinary visitor comes last."""
    first = tuple(live)
    known = {(each.code, each.file, each.line) for each in first}
    rest = tuple(each for each in static if (each.code, each.file, each.line) not in known)
    weighed = [(_of_live(each), each) for each in first] + [(_of_files(each), each) for each in rest]
    return tuple(finding for _, finding in sorted(weighed, key=lambda each: each[0]))


def _of_live(finding: Finding) -> tuple[int, int, int]:
    """Return the place of a live finding: they are in the order of triage already."""
    return _last(finding) if finding.severity != "error" else 0, 0, 0


def _of_files(finding: Finding) -> tuple[int, int, int]:
    return _last(finding), 1, SEVERITIES.index(finding.severity)


def _last(finding: Finding) -> int:
    return LAST.index(finding.code) + 1 if finding.code in LAST else 0
