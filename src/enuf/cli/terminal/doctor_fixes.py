"""What `enuf doctor --fix` does and says: the plan, the changed files, the way back, and the fixes that are left."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import msgspec

from enuf.cli.terminal.output import remark
from enuf.discover.tools import nginx_at_hand
from enuf.doctor.backups import Copies, copies_parent, ways_back
from enuf.doctor.collect.deployment import reread
from enuf.doctor.edits import FileChange
from enuf.doctor.evidence import Evidence
from enuf.doctor.fixing import FixPlan, Unfixed, plan_fixes
from enuf.doctor.nginx_trial import refusal_of
from enuf.doctor.report import display_path
from enuf.doctor.unharmed import Examination, NginxRefusal, Trial, harms
from enuf.doctor.writing import NotWritten, WrittenFile, put_back, write_changes
from enuf.errors import AnswerIsNo
from enuf.model.finding import Finding
from enuf.syntax.nginx_tree import NginxConfig
from enuf.system.subprocesses import answer_of

TRIAL_WITHIN_S = 10


class Cure(msgspec.Struct, frozen=True, kw_only=True):
    """What is cured, and by what: the paths that were examined, and the codes that were named."""

    paths: tuple[Path, ...]
    codes: Collection[str] = ()
    trial: Trial = lambda _site: None

    def plan(self, evidence: Evidence, findings: Sequence[Finding]) -> FixPlan:
        """Plan the fixes. No file is changed."""
        return plan_fixes(
            evidence,
            findings,
            lambda texts: reread(evidence, self.paths, texts),
            codes=self.codes,
            trial=self.trial,
        )


def cure_for(paths: tuple[Path, ...], codes: Collection[str]) -> Cure:
    """Return the cure of these paths, tried by the nginx of this machine where there is one."""
    return Cure(paths=paths, codes=codes, trial=trial_by(nginx_at_hand()))


def trial_by(program: str) -> Trial:
    """Return the trial of a site by this nginx. Without a program, every site passes."""

    def ask(argv: Sequence[str]) -> str:
        answer = answer_of(argv, within_s=TRIAL_WITHIN_S)
        return answer.stdout + answer.stderr

    def trial(site: NginxConfig) -> NginxRefusal | None:
        return refusal_of(site, program, ask) if program else None

    return trial


def carry_out(
    plan: FixPlan, cure: Cure, before: Examination, examine_again: Callable[[], Examination]
) -> Iterator[str]:
    """Change the files and yield what was done, a line each. Everything is put back where the result is worse.

    Raise AnswerIsNo, with all files as they were, where a file cannot be changed.
    """
    if not plan.changes:
        return
    copies = Copies(copies_parent(os.environ))
    try:
        written = write_changes(plan.changes, copies)
    except NotWritten as error:
        raise AnswerIsNo(
            str(error),
            "run enuf doctor --fix again"
            if error.is_changed
            else f"check permissions and free space, there and in the folder of copies: {copies_parent(os.environ)}",
        ) from None
    why = _why_put_back(plan, cure, before, examine_again(), written)
    if why:
        lost = put_back(written)
        if not lost:
            copies.discard()
        raise AnswerIsNo(
            f"the files are as they were before: {why}{_exceptions(lost)}",
            "apply the fixes one by one: enuf doctor --fix CODE",
        )
    yield from (done_line(each.change) for each in written)
    yield from (f"the way back: {way}" for way in ways_back((each.target, each.copy) for each in written))


def _why_put_back(
    plan: FixPlan,
    cure: Cure,
    before: Examination,
    after: Examination,
    written: Sequence[WrittenFile],
) -> str:
    """Return what is worse in the files as they are read now, or an empty text."""
    for each in written:
        file = after.evidence.file(each.change.path)
        if file is None or file.text != each.change.after:
            return f"{each.change.path} changed in the meantime"
    harm = next(harms(before, after, plan.applied, cure.trial), None)
    return f"{', '.join(harm.files)}: {harm.why}" if harm else ""


def _exceptions(lost: Sequence[WrittenFile]) -> str:
    return "".join(f"; except {each.change.path}, which is in {each.copy}" for each in lost)


def done_line(change: FileChange) -> str:
    """Return the line that says what was cured in a file."""
    return f"{change.path}: {', '.join(change.codes)} cured"


def say_what_is_left(left: Sequence[Unfixed], here: str) -> None:
    """Say for each fix that was not made why, and how it is made."""
    for each in left:
        finding = each.finding
        place = f"{display_path(finding.file, here)}:{finding.line}"
        how = f" (enuf doctor --fix {finding.code} makes it)" if each.by_name else ""
        remark("note", f"{place}: {finding.code} is left to you: {each.why}{how}")
