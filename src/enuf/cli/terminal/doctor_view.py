"""The output of `enuf doctor`: findings, differences, and applied fixes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import msgspec

from enuf.cli.terminal.doctor_baseline import without_known, write_baseline
from enuf.cli.terminal.doctor_fixes import carry_out, cure_for, say_what_is_left
from enuf.cli.terminal.findings_view import print_findings, say_live
from enuf.cli.terminal.output import harmless, remark, say_as_is
from enuf.doctor.collect.deployment import collect, findings_of_own_server
from enuf.doctor.edits import FileChange, unified_diff
from enuf.doctor.engine import all_rules, examine, in_order
from enuf.doctor.evidence import Evidence, UnreadFile
from enuf.doctor.live.engine import Diagnosis
from enuf.doctor.live.report import beside_live, live_document
from enuf.doctor.masking import masked_findings
from enuf.doctor.own_server import OwnServer, is_served_otherwise
from enuf.doctor.report import (
    display_path,
    with_relative_paths,
)
from enuf.doctor.statistics import Stopwatch, statistics_document, statistics_lines
from enuf.doctor.unharmed import Examination
from enuf.errors import EnufError
from enuf.language.spoken import translated
from enuf.model.finding import Finding, Severity, is_at_least
from enuf.syntax.masked_lines import masked_difference


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    """The files and folders to examine, and the project among them that enuf serves."""

    paths: tuple[Path, ...]
    project: str = ""
    """The project, empty where `paths` do not hold one."""
    is_enufs: bool = False
    """True where the project is enuf's, whatever other servers its files describe."""
    find_own: Callable[[], OwnServer | None] = lambda: None
    """Return the server that enuf serves the project with, None where there is no app to serve.

    May raise SettingsInvalid.
    """
    find_live: Callable[[], Diagnosis | None] = lambda: None
    """Return the diagnosis of the project's running stack, None where none runs."""


def _examine(
    examined: Examined, watch: Stopwatch | None = None
) -> tuple[Evidence, tuple[Finding, ...], tuple[str, ...]]:
    """Return the evidence, the findings, and what the running stack has said about its app and says now."""
    measured = watch or Stopwatch()
    with measured.phase("read"):
        evidence, own = _with_own_server(collect(examined.paths), examined)
    with measured.phase("load"):
        rules = all_rules()
    with measured.phase("rules"):
        findings = examine(evidence, rules, watch=measured)
    if own is None:
        return evidence, findings, ()
    known = {_place(each) for each in findings}
    more = findings_of_own_server(evidence, own, examined.paths)
    together = in_order((*findings, *own.findings, *(each for each in more if _place(each) not in known)))
    then = (f"when it started, the running stack said: {sentence}" for sentence in own.said)
    return evidence, together, (*then, *(f"the running stack says: {sentence}" for sentence in own.says))


def _with_own_server(evidence: Evidence, examined: Examined) -> tuple[Evidence, OwnServer | None]:
    """Return the server that enuf serves the project with, and in the evidence what kept it from being known."""
    if not examined.project or (is_served_otherwise(evidence) and not examined.is_enufs):
        return evidence, None
    try:
        return evidence, examined.find_own()
    except EnufError as error:
        unread = UnreadFile(path=examined.project, why=f"enuf would not serve it: {error.summary}")
        return msgspec.structs.replace(evidence, unread=(*evidence.unread, unread)), None


def _place(finding: Finding) -> tuple[str, str, int, int]:
    return finding.code, finding.file, finding.line, finding.column


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What to do with the findings, and how to print them."""

    fix: bool = False
    codes: tuple[str, ...] = ()
    """The codes that `--fix` names; empty for every fix that needs no decision."""
    diff: bool = False
    fail_on: str = "error"
    style: str = "text"
    baseline: Path | None = None
    """The file of the findings that are known."""
    write_baseline: bool = False
    stats: bool = False


def diagnose(examined: Examined, wanted: Wanted) -> int:
    """Examine the files, print, and return the exit code: 1 when something is as bad as `fail_on`."""
    here = str(Path.cwd())
    watch = Stopwatch()
    evidence, findings, said = _examine(examined, watch)
    if wanted.diff:
        _show_differences(evidence, findings, examined, wanted, here)
    elif wanted.fix:
        evidence, findings, said = _fixed(evidence, findings, examined, wanted, here) or (
            evidence,
            findings,
            said,
        )
    if wanted.write_baseline:
        return write_baseline(evidence, findings, wanted.baseline)
    found = len(findings)
    findings = without_known(evidence, findings, wanted.baseline)
    known = found - len(findings)
    with watch.phase("print"):
        live = None if wanted.fix or wanted.diff else examined.find_live()
        findings = beside_live(live.findings, findings) if live else findings
        shown = with_relative_paths(masked_findings(evidence, findings), here)
        more = {"statistics": statistics_document(evidence, watch)} if wanted.stats else {}
        if live and wanted.style == "text" and (live.findings or live.is_failing):
            is_live = [each in live.findings for each in findings]
            proven = tuple(each for each, of_live in zip(shown, is_live, strict=True) if of_live)
            say_live(msgspec.structs.replace(live, findings=proven), here)
            say_as_is("")
            shown = tuple(each for each, of_live in zip(shown, is_live, strict=True) if not of_live)
        more |= {"live": live_document(live)} if live else {}
        print_findings(evidence, shown, here, wanted.style, more, known=known)
    if wanted.stats and wanted.style != "json":
        for line in statistics_lines(evidence, watch):
            click.echo(harmless(translated(line)), err=wanted.style != "text")
    for sentence in said:
        remark("note", sentence)
    limit = msgspec.convert(wanted.fail_on, Severity)
    is_failing = live is not None and live.is_failing
    return 1 if is_failing or any(is_at_least(finding.severity, limit) for finding in findings) else 0


def _fixed(
    evidence: Evidence, findings: tuple[Finding, ...], examined: Examined, wanted: Wanted, here: str
) -> tuple[Evidence, tuple[Finding, ...], tuple[str, ...]] | None:
    """Apply the fixes and return what is found afterwards; None where no file was changed."""
    cure = cure_for(examined.paths, wanted.codes)
    plan = cure.plan(evidence, findings)
    again: list[tuple[Evidence, tuple[Finding, ...], tuple[str, ...]]] = []

    def examine_again() -> Examination:
        again.append(_examine(examined))
        return Examination(*again[-1][:2])

    for line in carry_out(plan, cure, Examination(evidence, findings), examine_again):
        click.echo(harmless(translated(line)), err=True)
    say_what_is_left(plan.left, here)
    return again[-1] if again else None


def _show_differences(
    evidence: Evidence, findings: tuple[Finding, ...], examined: Examined, wanted: Wanted, here: str
) -> None:
    plan = cure_for(examined.paths, wanted.codes).plan(evidence, findings)
    text = "".join(_difference(evidence, change, here) for change in plan.changes)
    click.echo(harmless(text), nl=False, err=wanted.style != "text")
    say_what_is_left(plan.left, here)


def _difference(evidence: Evidence, change: FileChange, here: str) -> str:
    file = evidence.file(change.path)
    text = unified_diff(change, display_path(change.path, here))
    return masked_difference(text, file.kind if file else "other", change.before, change.after)
