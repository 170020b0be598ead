"""The engine of the doctor, which finds the rules and runs them on the evidence."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

import msgspec

from enuf.doctor import rules as rules_package
from enuf.doctor.container import EMBEDDED_SIGN
from enuf.doctor.contradictions import without_contradictions
from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule
from enuf.doctor.rule_folders import rule_folders
from enuf.doctor.statistics import Stopwatch
from enuf.doctor.unstarted import is_unstarted
from enuf.model.finding import SEVERITIES, Finding, Severity
from enuf.syntax.placeholders import is_marked
from enuf.syntax.text_lines import line_at

FINDINGS_LIMIT = 1000
"""Findings of one rule that are listed. A hostile file may cause a hundred thousand."""
_IGNORE = re.compile(r"enuf:\s*ignore(?P<file>-file)?(?:\[(?P<codes>[^\]]*)\])?", re.IGNORECASE)
_WITH_BRACES_OF_THEIR_OWN = ("python", "script", "dockerfile")
_LINE_LIMIT = 2000
_NO_INLINE_COMMENTS = ("uwsgi-ini", "unit")


@cache
def rule_of(code: str) -> Rule:
    """Return the rule of a code: one alone is imported faster than all."""
    rule: Rule = importlib.import_module(f"{rules_package.__name__}.{rule_folders()[code]}.rule").RULE
    return rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return every rule, sorted by code."""
    return tuple(map(rule_of, rule_folders()))


def examine(
    evidence: Evidence, rules: Iterable[Rule] | None = None, watch: Stopwatch | None = None
) -> tuple[Finding, ...]:
    """Run the rules on the evidence and return the findings, sorted by file, line and severity.

    A finding that two servers or sites lead to is returned once. Without `rules`, all rules run.
    `watch` measures the time of each.
    """
    hushed = _Suppressions(evidence)
    seen: dict[tuple[str, str, int, int, str], Finding] = {}
    measured = watch or Stopwatch()
    for rule in all_rules() if rules is None else rules:
        with measured.rule(rule.code):
            found = tuple(_findings(rule, evidence))
        for finding in found:
            place = evidence.first_name(finding.file), finding.line, finding.column
            key = (finding.code, *place, finding.message)
            if key not in seen and not hushed.covers(finding):
                seen[key] = finding
    return in_order(without_contradictions(seen.values()))


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings sorted by file, line and severity."""
    order = {severity: rank for rank, severity in enumerate(SEVERITIES)}
    return tuple(
        sorted(
            findings, key=lambda each: (each.file, each.line, order[each.severity], each.code, each.column)
        )
    )


def _findings(rule: Rule, evidence: Evidence) -> Iterator[Finding]:
    for count, diagnostic in enumerate(rule.check(evidence), 1):
        if count > FINDINGS_LIMIT:
            more = f"there are more than {FINDINGS_LIMIT} findings of this kind: the others are not listed"
            yield msgspec.structs.replace(
                _finding(rule, diagnostic, evidence), message=more, fix=None, hint=""
            )
            return
        yield _finding(rule, diagnostic, evidence)


def _severity(rule: Rule, diagnostic: Diagnostic, evidence: Evidence) -> Severity:
    severity = diagnostic.severity or rule.severity
    if severity != "error":
        return severity
    is_open = not rule.is_about_templates and _is_unfinished(evidence, diagnostic)
    is_used = not is_unstarted(evidence, diagnostic.file)
    return "error" if diagnostic.is_certain and not is_open and is_used else "warning"


def _is_unfinished(evidence: Evidence, diagnostic: Diagnostic) -> bool:
    """Return True for a line of a configuration that a template engine or a script still has to complete."""
    file = evidence.file(diagnostic.file)
    if file is None or file.kind in _WITH_BRACES_OF_THEIR_OWN:
        return False
    return _is_marked_line(file.text, diagnostic.line)


@lru_cache(2048)
def _is_marked_line(text: str, number: int) -> bool:
    line = line_at(text, number)[:_LINE_LIMIT]
    return is_marked(line) and not line.lstrip().startswith("<")  # a page of the web is no template


def _finding(rule: Rule, diagnostic: Diagnostic, evidence: Evidence) -> Finding:
    embedded = EMBEDDED_SIGN in diagnostic.file  # in a ConfigMap, which no fix may edit
    return Finding(
        code=rule.code,
        name=rule.name,
        severity=_severity(rule, diagnostic, evidence),
        message=diagnostic.message,
        file=diagnostic.file.partition(EMBEDDED_SIGN)[0],
        line=diagnostic.line,
        column=diagnostic.column,
        end_column=diagnostic.end_column,
        hint=diagnostic.hint,
        fix=None if embedded else diagnostic.fix,
        evidence=diagnostic.evidence,
    )


class _Suppressions:
    """The comments `enuf: ignore[U003]` on or above a line, and `enuf: ignore-file[...]` in a file."""

    def __init__(self, evidence: Evidence) -> None:
        self.lines: dict[tuple[str, int], frozenset[str]] = {}
        self.whole: dict[str, frozenset[str]] = {}
        for file in evidence.files:
            if "enuf:" not in file.text:
                continue
            inline = file.kind not in _NO_INLINE_COMMENTS
            for line_number, line in enumerate(file.text.split("\n"), 1):
                match = _IGNORE.search(line)
                if match is None:
                    continue
                codes = frozenset(
                    code.strip().upper()
                    for code in (match["codes"] if match["codes"] is not None else "*").split(",")
                )
                if match["file"]:
                    self.whole[file.path] = self.whole.get(file.path, frozenset()) | codes
                    continue
                alone = not line[: match.start()].strip(" \t#;/<!-")
                if alone:
                    self.lines[file.path, line_number + 1] = codes
                elif inline:
                    self.lines[file.path, line_number] = codes

    def covers(self, finding: Finding) -> bool:
        codes = self.lines.get((finding.file, finding.line), frozenset()) | self.whole.get(
            finding.file, frozenset()
        )
        return "*" in codes or finding.code in codes
