"""The plan of `enuf doctor --fix`: which fixes are made, what the files become, and which fixes are left, and why.

Every plan is checked before a file is touched: the changed texts are read as the files would be, all rules run
again, and nginx tests the sites where there is an nginx. A file for which something gets worse keeps its text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from enuf.doctor.edits import FileChange, apply_edits, collides
from enuf.doctor.engine import examine
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.editable import why_not_edited
from enuf.doctor.unharmed import Applied, Examination, Harm, Trial, harms
from enuf.model.finding import Edit, Finding, is_curable
from enuf.syntax.text_lines import line_at

ROUNDS_LIMIT = 6
"""One fix may bring another mistake of the same line to light."""
_ASKS = "it needs a decision"

Reread = Callable[[Mapping[str, str]], Evidence]
"""Return the evidence as it would be if the files at these paths had these texts."""


class Unfixed(msgspec.Struct, frozen=True, kw_only=True):
    """A finding with a fix that is not made, and the reason."""

    finding: Finding
    why: str
    by_name: bool = False
    """True where `--fix CODE` would make the fix."""


class FixPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The changes that are made, and the fixes that are left."""

    changes: tuple[FileChange, ...] = ()
    left: tuple[Unfixed, ...] = ()
    applied: tuple[Applied, ...] = ()


class _Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which fixes are wanted, and the files that must keep their text, each with the reason."""

    codes: frozenset[str]
    kept: Mapping[str, str] = {}
    known: frozenset[str] = frozenset()
    """The codes that were found before any fix. What a fix brings to light is cured along, whatever was named."""

    def wants(self, finding: Finding) -> bool:
        """Return True for a fix that is made without a further question."""
        fix = finding.fix
        if fix is None or not fix.edits:
            return False
        if self.codes and finding.code in self.known:
            return finding.code in self.codes
        return finding.code in self.codes or is_curable(finding)

    def why_left(self, evidence: Evidence, finding: Finding) -> str:
        """Return why the fix of a finding cannot be made, or an empty text."""
        for edit in finding.fix.edits if finding.fix else ():
            path = evidence.first_name(edit.file)
            why = self.kept.get(path) or why_not_edited(evidence, path)
            if why:
                return why
        return ""


def plan_fixes(
    evidence: Evidence,
    findings: Sequence[Finding],
    reread: Reread,
    codes: Collection[str] = (),
    trial: Trial = lambda _site: None,
) -> FixPlan:
    """Plan the fixes: of all errors and warnings that need no decision, or of these codes alone.

    `trial` asks nginx for its opinion of a site. The fixes of one file are made together or not at all.
    """
    kept: dict[str, str] = {}
    while True:
        choice = _Choice(
            codes=frozenset(codes), kept=dict(kept), known=frozenset(each.code for each in findings)
        )
        draft = _draft(evidence, findings, reread, choice)
        worse = tuple(
            harms(
                Examination(evidence, findings),
                Examination(draft.evidence, draft.findings),
                draft.applied,
                trial,
            )
        )
        if not worse:
            return FixPlan(
                changes=draft.changes(evidence),
                left=tuple(_left(draft.evidence, draft.findings, choice)),
                applied=tuple(draft.applied),
            )
        for harm in worse:
            for path in _blamed(harm, draft):
                kept.setdefault(path, harm.why)


def _blamed(harm: Harm, draft: _Draft) -> set[str]:
    """Return the changed files among those that the harm is about; all changed files if there is none."""
    changed = set(draft.texts)
    return changed & set(harm.files) or changed


class _Draft(msgspec.Struct):
    """Changed texts, and what is found in them."""

    evidence: Evidence
    findings: Sequence[Finding]
    texts: dict[str, str]
    codes: dict[str, list[str]]
    applied: list[Applied]

    def changes(self, before: Evidence) -> tuple[FileChange, ...]:
        """Return the change of each file."""
        return tuple(
            FileChange(
                path=path,
                before=file.text,
                after=text,
                encoding=file.encoding,
                codes=tuple(dict.fromkeys(self.codes[path])),
            )
            for path, text in self.texts.items()
            if (file := before.file(path)) and file.text != text
        )


def _draft(evidence: Evidence, findings: Sequence[Finding], reread: Reread, choice: _Choice) -> _Draft:
    """Apply the wanted fixes in rounds, until no round finds another one."""
    draft = _Draft(evidence, findings, {}, {}, [])
    made: set[tuple[str, str, str]] = set()
    for _ in range(ROUNDS_LIMIT):
        edits, done = _one_round(draft.evidence, draft.findings, choice, made)
        if not edits:
            return draft
        for path, chosen in edits.items():
            file = draft.evidence.file(path)
            draft.texts[path] = apply_edits(file.text if file else "", chosen)
        for applied in done:
            draft.applied.append(applied)
            for path in applied.files:
                draft.codes.setdefault(path, []).append(applied.code)
        draft.evidence = reread(draft.texts)
        draft.findings = examine(draft.evidence)
    return draft


def _one_round(
    evidence: Evidence, findings: Iterable[Finding], choice: _Choice, made: set[tuple[str, str, str]]
) -> tuple[dict[str, list[Edit]], list[Applied]]:
    """Return the edits of this round by file. A fix that meets an earlier one waits for the next round.

    A fix that was made already and did not cure its finding is not made again.
    """
    edits: dict[str, list[Edit]] = {}
    done: list[Applied] = []
    for finding in findings:
        if not choice.wants(finding) or choice.why_left(evidence, finding):
            continue
        moved = tuple(_by_first_name(evidence, finding))
        key = (finding.code, evidence.first_name(finding.file), _source(evidence, finding))
        if key in made or any(collides(edit, edits.get(edit.file, ())) for edit in moved):
            continue
        made.add(key)
        done.append(
            Applied(
                code=finding.code,
                severity=finding.severity,
                file=evidence.first_name(finding.file),
                files=tuple(dict.fromkeys(edit.file for edit in moved)),
            )
        )
        for edit in moved:
            here = edits.setdefault(edit.file, [])
            if edit not in here:
                here.append(edit)
    return edits, done


def _source(evidence: Evidence, finding: Finding) -> str:
    file = evidence.file(finding.file)
    text = line_at(file.text, finding.line).strip() if file else ""
    return f"{text}\n{finding.column if finding.fix and len(finding.fix.edits) == 1 else 0}"


def _by_first_name(evidence: Evidence, finding: Finding) -> Iterator[Edit]:
    for edit in finding.fix.edits if finding.fix else ():
        yield msgspec.structs.replace(edit, file=evidence.first_name(edit.file))


def _left(evidence: Evidence, findings: Iterable[Finding], choice: _Choice) -> Iterator[Unfixed]:
    """Yield the errors and warnings, or the findings of the named codes, whose fix is not made."""
    seen: Counter[tuple[str, str, int]] = Counter()
    for finding in findings:
        fix = finding.fix
        is_meant = finding.code in choice.codes if choice.codes else finding.severity != "advice"
        if fix is None or not fix.edits or not is_meant:
            continue
        seen[finding.code, finding.file, finding.line] += 1
        if seen[finding.code, finding.file, finding.line] > 1:
            continue
        why = choice.why_left(evidence, finding)
        if why:
            yield Unfixed(finding=finding, why=why)
        elif not choice.wants(finding):
            yield Unfixed(finding=finding, why=fix.asks or _ASKS, by_name=True)
