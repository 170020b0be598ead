"""The output of `enuf doctor`: findings, differences, and applied fixes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from enuf import __version__
from enuf.cli.terminal.output import harmless, print_json, say, styled
from enuf.doctor.collect.deployment import collect
from enuf.doctor.engine import all_rules, examine
from enuf.doctor.evidence import Evidence
from enuf.doctor.fixing import FileChange, backup_summary, safe_changes, unified_diff, write_change
from enuf.doctor.masking import masked_findings
from enuf.doctor.report import display_path, github_annotations, json_document, sarif_log, text_report
from enuf.errors import AnswerIsNo
from enuf.model.finding import Finding, Severity, is_at_least
from enuf.syntax.masked_lines import masked_difference

_STYLES: dict[str, dict[str, Any]] = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "advice": {"fg": "cyan"},
    "dim": {"dim": True},
    "bold": {"bold": True},
}


def diagnose(paths: Sequence[Path], *, fix: bool, diff: bool, fail_on: str, style: str) -> int:
    """Examine the files, print, and return the exit code: 1 when something is as bad as `fail_on`."""
    here = str(Path.cwd())
    evidence = collect(paths)
    findings = examine(evidence)
    if fix and not diff:
        done = _apply(safe_changes(evidence, findings))
        evidence = collect(paths)
        findings = examine(evidence)
        if done:
            click.echo(harmless(done), err=True)
    elif diff:
        text = "".join(_difference(evidence, change, here) for change in safe_changes(evidence, findings))
        click.echo(harmless(text), nl=False, err=style != "text")
    _print(evidence, masked_findings(evidence, findings), here, style)
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
        click.echo(sarif_log(findings, {rule.code: rule for rule in all_rules()}, __version__, here))
    elif style == "github":
        click.echo(github_annotations(findings, here))
    else:
        text = text_report(
            evidence, findings, here, lambda kind, words: styled(words, sys.stdout, **_STYLES[kind])
        )
        say(harmless(text.encode("utf-8", "replace").decode()))
