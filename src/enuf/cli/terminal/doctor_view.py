"""The output of `enuf doctor`: findings, differences, and applied fixes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from enuf import __version__
from enuf.cli.terminal.output import harmless, print_json, remark, say_as_is, styled
from enuf.doctor.collect.deployment import collect, findings_of_own_server
from enuf.doctor.engine import all_rules, examine, in_order
from enuf.doctor.evidence import Evidence, UnreadFile
from enuf.doctor.fixing import FileChange, backup_summary, safe_changes, unified_diff, write_change
from enuf.doctor.masking import masked_findings
from enuf.doctor.own_server import OwnServer, is_served_otherwise
from enuf.doctor.pages import page
from enuf.doctor.report import (
    display_path,
    github_annotations,
    json_document,
    sarif_log,
    text_report,
    with_relative_paths,
)
from enuf.errors import AnswerIsNo, EnufError
from enuf.language.spoken import SPOKEN, translated
from enuf.model.finding import Finding, Severity, is_at_least
from enuf.syntax.masked_lines import masked_difference

_STYLES: dict[str, dict[str, Any]] = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "advice": {"fg": "cyan"},
    "dim": {"dim": True},
    "bold": {"bold": True},
}


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


def _examine(examined: Examined) -> tuple[Evidence, tuple[Finding, ...], tuple[str, ...]]:
    """Return the evidence, the findings, and what the running stack has said about its app and says now."""
    evidence, own = _with_own_server(collect(examined.paths), examined)
    findings = examine(evidence)
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


def diagnose(examined: Examined, *, fix: bool, diff: bool, fail_on: str, style: str) -> int:
    """Examine the files, print, and return the exit code: 1 when something is as bad as `fail_on`."""
    here = str(Path.cwd())
    evidence, findings, said = _examine(examined)
    if fix and not diff:
        done = _apply(safe_changes(evidence, findings))
        evidence, findings, said = _examine(examined)
        if done:
            click.echo(harmless(translated(done)), err=True)
    elif diff:
        text = "".join(_difference(evidence, change, here) for change in safe_changes(evidence, findings))
        click.echo(harmless(text), nl=False, err=style != "text")
    _print(evidence, with_relative_paths(masked_findings(evidence, findings), here), here, style)
    for sentence in said:
        remark("note", sentence)
    limit = msgspec.convert(fail_on, Severity)
    return 1 if any(is_at_least(finding.severity, limit) for finding in findings) else 0


def _difference(evidence: Evidence, change: FileChange, here: str) -> str:
    file = evidence.file(change.path)
    text = unified_diff(change, display_path(change.path, here))
    return masked_difference(text, file.kind if file else "other", change.before, change.after)


def _apply(planned: Sequence[FileChange]) -> str:
    written: dict[str, FileChange] = {}
    for change in planned:
        try:
            written[write_change(change)] = change
        except OSError as error:
            done = f"; done before it: {backup_summary(written)}" if written else ""
            raise AnswerIsNo(
                f"{change.path} could not be changed: {error}{done}", "check its permissions"
            ) from None
    return backup_summary(written)


def _print(evidence: Evidence, findings: Sequence[Finding], here: str, style: str) -> None:
    if style == "json":
        print_json(json_document(evidence, findings, here))
    elif style == "sarif":
        rules = {rule.code: rule for rule in all_rules()}
        click.echo(sarif_log(findings, rules, __version__, here, lambda code: page(code, "en")))
    elif style == "github":
        click.echo(github_annotations(findings, here))
    else:
        text = text_report(
            evidence, findings, here, lambda kind, words: styled(words, sys.stdout, **_STYLES[kind]), SPOKEN
        )
        say_as_is(harmless(text.encode("utf-8", "replace").decode()))
