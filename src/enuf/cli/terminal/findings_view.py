"""Findings and diagnoses in the styles of `--format`, for every command that has some."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import click

from enuf import __version__
from enuf.cli.terminal.output import harmless, print_json, remark_text, say_as_is, styled
from enuf.cli.verb import current
from enuf.doctor.baseline import line_digest
from enuf.doctor.engine import all_rules
from enuf.doctor.evidence import Evidence
from enuf.doctor.live.engine import Diagnosis
from enuf.doctor.live.report import live_report
from enuf.doctor.pages import address_of_page, for_readers, page
from enuf.doctor.report import display_path, github_annotations, json_document, text_report
from enuf.doctor.sarif import SarifDetails, sarif_log
from enuf.language.spoken import SPOKEN
from enuf.model.finding import Finding

_NOT_READ = "D001"
_STYLES: dict[str, dict[str, Any]] = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "advice": {"fg": "cyan"},
    "dim": {"dim": True},
    "bold": {"bold": True},
}


def print_findings(
    evidence: Evidence,
    findings: Sequence[Finding],
    here: str,
    style: str,
    more: Mapping[str, Any] | None = None,
    *,
    known: int = 0,
) -> None:
    """Print the findings in a style of `--format`; `more` are further keys of the JSON document.

    `known` is how many others a baseline has left out.
    """
    if style == "json":
        print_json({**json_document(evidence, findings, here), **(more or {})})
    elif style == "sarif":
        rules = {rule.code: rule for rule in all_rules()}
        details = SarifDetails(
            lambda code: for_readers(page(code, "en") or ""), address_of_page, partial(line_digest, evidence)
        )
        click.echo(sarif_log(findings, rules, __version__, _checkout(here), details))
    elif style == "github":
        click.echo(github_annotations(findings, _checkout(here)))
    else:
        if current().quiet:
            _say_what_was_not_read(findings, here)
            return
        text = text_report(
            evidence,
            findings,
            here,
            lambda kind, words: styled(words, sys.stdout, **_STYLES[kind]),
            SPOKEN,
            known=known,
        )
        say_as_is(harmless(text.encode("utf-8", "replace").decode()))


def _say_what_was_not_read(findings: Sequence[Finding], here: str) -> None:
    """Say what was left out: silence would mean that it was examined and found healthy."""
    for finding in findings:
        if finding.code == _NOT_READ and finding.severity != "advice":
            text = f"{display_path(finding.file, here)}: {finding.message}"
            click.echo(remark_text("warning", text), err=True)


def say_live(diagnosis: Diagnosis, here: str) -> None:
    """Print a diagnosis of a running stack as text."""
    text = live_report(
        diagnosis, here, lambda kind, words: styled(words, sys.stdout, **_STYLES[kind]), SPOKEN
    )
    say_as_is(harmless(text.encode("utf-8", "replace").decode()))


def _checkout(here: str) -> str:
    """Return the folder that GitHub counts paths from; the current folder outside of a workflow."""
    workspace = os.path.realpath(os.environ.get("GITHUB_WORKSPACE") or here)
    return workspace if f"{here}/".startswith(f"{workspace.rstrip('/')}/") else here
