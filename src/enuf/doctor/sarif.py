"""The findings as a SARIF log, for code-scanning services and editors."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from enuf.doctor.report import clean, display_path
from enuf.doctor.rule import Rule
from enuf.model.finding import Finding

REPOSITORY = "https://github.com/enuf/enuf"
_SARIF_LEVELS = {"error": "error", "warning": "warning", "advice": "note"}
_ROOT = "SRCROOT"


class SarifDetails(NamedTuple):
    """What a log holds beside the findings: the page of a rule as Markdown, its address, a name of a finding.

    By that name a service knows a finding again although lines above it come and go.
    """

    text: Callable[[str], str | None] = lambda _: None
    address: Callable[[str], str] = lambda _: ""
    fingerprint: Callable[[Finding], str] = lambda _: ""


NO_DETAILS = SarifDetails()


def sarif_log(
    findings: Sequence[Finding],
    rules: Mapping[str, Rule],
    version: str,
    here: str,
    details: SarifDetails = NO_DETAILS,
) -> str:
    """Return a SARIF 2.1.0 log, with paths relative to `here`."""
    used = sorted({finding.code for finding in findings})
    driver = {
        "name": "enuf",
        "version": version,
        "informationUri": REPOSITORY,
        "rules": [_sarif_rule(code, rules.get(code), details) for code in used],
    }
    results = [
        _sarif_result(finding, used.index(finding.code), here, details.fingerprint(finding))
        for finding in findings
    ]
    run = {
        "tool": {"driver": driver},
        "results": results,
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "the folder that enuf doctor ran in"}}},
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(clean(log), indent=2, ensure_ascii=False)


def _sarif_rule(code: str, rule: Rule | None, details: SarifDetails) -> dict[str, Any]:
    name = rule.name if rule else code
    page, address = details.text(code), details.address(code)
    shown: dict[str, Any] = {
        "id": code,
        "name": name,
        "shortDescription": {"text": name.replace("-", " ")},
        "defaultConfiguration": {"level": _SARIF_LEVELS[rule.severity] if rule else "note"},
    }
    if address:
        shown["helpUri"] = address
    if page:
        title = page.partition("\n")[0].partition(": ")[2]
        shown |= {"fullDescription": {"text": title or name}, "help": {"text": page, "markdown": page}}
    return shown


def _sarif_result(finding: Finding, index: int, here: str, known_by: str) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": finding.line, "startColumn": finding.column}
    if finding.end_column > finding.column:
        region["endColumn"] = finding.end_column
    text = finding.message + (f"\nFix: {finding.hint}" if finding.hint else "")
    place = {
        "artifactLocation": _location(display_path(finding.file, here)),
        "region": region,
    }
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _SARIF_LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
        **({"partialFingerprints": {"enufLine/v1": known_by}} if known_by else {}),
    }


def _location(path: str) -> dict[str, str]:
    """Return where a file is: below the folder of the run, or anywhere on the machine."""
    if path.startswith("/"):
        return {"uri": f"file://{quote(os.fsencode(path))}"}
    return {"uri": quote(os.fsencode(path)), "uriBaseId": _ROOT}
