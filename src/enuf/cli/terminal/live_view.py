"""The output of `enuf doctor --live`: the verdict, the chain behind it, and the findings in files that were named."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from enuf.cli.terminal.findings_view import print_findings, say_live
from enuf.cli.terminal.output import print_json, remark, say_as_is, writing_to
from enuf.doctor.budget import Budget
from enuf.doctor.collect.live.stack import collect_live
from enuf.doctor.evidence import Evidence
from enuf.doctor.live.engine import Diagnosis, diagnosis_of
from enuf.doctor.live.evidence import LiveEvidence
from enuf.doctor.live.evidence_file import LARGEST_BYTES, from_json, is_evidence, to_json
from enuf.doctor.live.report import beside_live, live_document
from enuf.doctor.live.requested import parse_requested
from enuf.doctor.live.saved_files import static_evidence
from enuf.doctor.masking import masked_findings
from enuf.doctor.report import json_document, with_relative_paths
from enuf.model.finding import Finding, Severity, is_at_least
from enuf.system import files
from enuf.system.own_time import OwnClock

HEAD_BYTES = 200
WITHIN_S = 2.4
"""For collectors and rules together: with the start of Python, a diagnosis takes at most 3 s.

On a machine that gives this process no processor it takes longer: that time does not count.
"""
SHARE_OF_COLLECTION = 0.8
"""The rest is for the rules."""


class Diagnosed(msgspec.Struct, frozen=True, kw_only=True):
    """A diagnosis with the files that it is about."""

    diagnosis: Diagnosis
    evidence: LiveEvidence
    static: Evidence
    findings: tuple[Finding, ...] = ()
    """What the rules find in the files that the user named."""


def diagnose_live(url: str, paths: Sequence[Path]) -> Diagnosed:
    """Look at the stack behind a URL. Raise click's BadParameter for what is no URL."""
    try:
        requested = parse_requested(url)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--live") from None
    budget = Budget(WITHIN_S, OwnClock())
    collected = collect_live(requested, paths, budget=budget.part(SHARE_OF_COLLECTION))
    static = collected.static
    diagnosis = diagnosis_of(collected.evidence, static, budget, with_all_rules=bool(paths))
    named = [os.path.normpath(path.absolute()) for path in paths]
    found = [each for each in diagnosis.in_files if _is_below(each.file, named)]
    return Diagnosed(diagnosis=diagnosis, evidence=collected.evidence, static=static, findings=tuple(found))


def saved_diagnosis(path: Path) -> Diagnosed | None:
    """Return the diagnosis of a file of `--save`; None for any other file. Raise click's BadParameter for a broken one."""
    try:
        if not path.is_file() or not is_evidence(files.read_regular(path, HEAD_BYTES)):
            return None
        evidence = from_json(files.read_regular(path, LARGEST_BYTES + 1))
    except OSError:
        return None
    except ValueError as error:
        raise click.BadParameter(f"{path}: {error}") from None
    static = static_evidence(evidence)
    return Diagnosed(diagnosis=diagnosis_of(evidence, static), evidence=evidence, static=static)


def save_evidence(evidence: LiveEvidence, file: Path) -> None:
    """Write the evidence to a file that its owner alone can read."""
    with writing_to(file):
        files.write_whole(file, to_json(evidence).decode(), 0o600, durable=False)
    remark("note", f"{file} holds the evidence without secrets; anybody can read it with: enuf doctor {file}")


def show_diagnosed(diagnosed: Diagnosed, style: str, fail_on: str) -> int:
    """Print a diagnosis and return the exit code.

    That is 1 when something is as bad as `fail_on`, the visitor is not served, or not everything was looked at in time.
    """
    here = str(Path.cwd())
    diagnosis = diagnosed.diagnosis
    live = with_relative_paths(masked_findings(diagnosed.static, diagnosis.findings), here)
    static = with_relative_paths(masked_findings(diagnosed.static, diagnosed.findings), here)
    shown = beside_live(live, static)
    if style == "json":
        document: dict[str, Any] = json_document(diagnosed.static, shown, here)
        print_json({**document, "live": live_document(diagnosis)})
    else:
        _print_text(
            msgspec.structs.replace(diagnosis, findings=live),
            diagnosed.static,
            [each for each in shown if each not in live],
            here,
            style,
        )
    limit = msgspec.convert(fail_on, Severity)
    is_bad = any(is_at_least(finding.severity, limit) for finding in shown)
    return 1 if is_bad or diagnosis.is_failing or not diagnosis.is_complete else 0


def _print_text(
    diagnosis: Diagnosis, static: Evidence, others: Sequence[Finding], here: str, style: str
) -> None:
    if style != "text":
        print_findings(static, (*diagnosis.findings, *others), here, style)
        return
    say_live(diagnosis, here)
    if others:
        say_as_is("")
        print_findings(static, others, here, style)


def _is_below(path: str, named: Sequence[str]) -> bool:
    return any(path == each or path.startswith(f"{each.rstrip('/')}/") for each in named)
