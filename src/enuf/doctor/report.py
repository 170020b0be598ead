"""The findings as text for people, programs and code-scanning services."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from enuf.doctor.container import EMBEDDED_SIGN
from enuf.doctor.evidence import Evidence
from enuf.doctor.grouping import FindingGroup, grouped
from enuf.doctor.masking import Masks
from enuf.doctor.rule import Rule
from enuf.model.finding import SEVERITIES, Finding
from enuf.model.words import ENGLISH, Words
from enuf.syntax.masked_lines import MaskedLine

_SARIF_LEVELS = {"error": "error", "warning": "warning", "advice": "note"}
_GITHUB_LEVELS = {"error": "error", "warning": "warning", "advice": "notice"}
_SHOWN = 400
"""Characters of a source line that are printed."""
_KINDS_NOT_LISTED = ("other", "packages", "env")

_PLACES_SHOWN = 10
_SOURCE_SHOWN = 80
"""Characters of a source line beside the place of a repeated finding."""

Paint = Callable[[str, str], str]
"""A function that colours a text as `error`, `warning`, `advice`, `dim` or `bold`."""


def display_path(path: str, here: str) -> str:
    """Return the path relative to the current folder if it lies below that folder, else unchanged."""
    return path.removeprefix(here.rstrip("/") + "/") if path.startswith(here.rstrip("/") + "/") else path


def with_relative_paths(findings: Iterable[Finding], here: str) -> tuple[Finding, ...]:
    """Return the findings with paths below the current folder written relative to it in their messages."""
    prefix = here.rstrip("/") + "/"
    if prefix == "/":
        return tuple(findings)
    return tuple(
        msgspec.structs.replace(
            finding,
            message=finding.message.replace(prefix, ""),
            evidence=tuple(each.replace(prefix, "") for each in finding.evidence),
        )
        for finding in findings
    )


def checked_files(evidence: Evidence, here: str) -> list[str]:
    """Return the files that a rule could read, and those that could not be read."""
    files = [file.path for file in evidence.files if file.kind not in _KINDS_NOT_LISTED or file.named]
    read = (path.partition(EMBEDDED_SIGN)[0] for path in [*files, *(each.path for each in evidence.unread)])
    return sorted({display_path(path, here) for path in read})


def json_document(evidence: Evidence, findings: Iterable[Finding], here: str) -> dict[str, Any]:
    """Return the document of `--json`, without its schema number."""
    rows = []
    for finding in findings:
        row = msgspec.to_builtins(finding)
        row["file"] = display_path(finding.file, here)
        if row["fix"]:
            row["fix"]["edits"] = [
                {**edit, "file": display_path(edit["file"], here)} for edit in row["fix"]["edits"]
            ]
        rows.append(row)
    document: dict[str, Any] = _clean({"checked": checked_files(evidence, here), "findings": rows})
    return document


def _clean(value: Any) -> Any:
    """Replace characters that UTF-8 cannot encode, in all strings of a value."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {key: _clean(each) for key, each in value.items()}
    return [_clean(each) for each in value] if isinstance(value, list | tuple) else value


def text_report(
    evidence: Evidence, findings: Sequence[Finding], here: str, paint: Paint, words: Words = ENGLISH
) -> str:
    """Return the findings with their source lines, a caret below each value, and the fix."""
    masks = Masks(evidence)
    blocks = []
    for group in grouped(findings):
        block = [_block(group.first, masks.line(group.first.file, group.first.line), here, paint, words)]
        block += [_beside(each, paint, words) for each in group.beside]
        block += _again(group, masks, here, paint, words)
        blocks.append("\n".join(block))
    return "\n\n".join([*blocks, words.sentence(_summary(evidence, findings, here))])


def _beside(finding: Finding, paint: Paint, words: Words) -> str:
    """Return a further finding about the line that is shown already."""
    severity = paint(finding.severity, words.label(finding.severity))
    out = [
        f"  {severity} {paint('bold', finding.code)} {finding.name}",
        f"  {words.sentence(finding.message)}",
    ]
    cure = _cure(finding)
    return "\n".join([*out, f"  {words.label('fix')}: {words.sentence(cure)}"] if cure else out)


def _again(group: FindingGroup, masks: Masks, here: str, paint: Paint, words: Words) -> Iterator[str]:
    """Yield the other places of a habit, a line each, up to a limit."""
    for finding in group.again[:_PLACES_SHOWN]:
        line = masks.line(finding.file, finding.line)
        source = _window(finding, line)[0].strip() if line.line_number else ""
        place = f"{display_path(finding.file, here)}:{finding.line}"
        yield f"  {words.label('also')} {place}" + (
            f"  {paint('dim', source[:_SOURCE_SHOWN])}" if source else ""
        )
    if len(group.again) > _PLACES_SHOWN:
        yield f"  {words.sentence(f'and {len(group.again) - _PLACES_SHOWN} more places')}"


def _cure(finding: Finding) -> str:
    return finding.hint or (finding.fix.description if finding.fix else "")


def _block(finding: Finding, line: MaskedLine, here: str, paint: Paint, words: Words) -> str:
    place = f"{display_path(finding.file, here)}:{finding.line}:{finding.column}"
    severity = paint(finding.severity, words.label(finding.severity))
    head = f"{place}: {severity} {paint('bold', finding.code)} {finding.name}"
    out = [head, f"  {words.sentence(finding.message)}"]
    if line.line_number:
        source, column, end_column = _window(finding, line)
        gutter = f"{finding.line:>5} | "
        out.append(paint("dim", gutter) + source)
        width = max(end_column - column, 1)
        before = _width(source[: column - 1])
        carets = _width(source[column - 1 : column - 1 + width]) or 1
        out.append(paint("dim", "      | ") + " " * before + paint(finding.severity, "^" * carets))
    cure = _cure(finding)
    if cure:
        out.append(f"  {words.label('fix')}: {words.sentence(cure)}")
    return "\n".join(out)


def _window(finding: Finding, line: MaskedLine) -> tuple[str, int, int]:
    """Return the printed line and the columns of the finding; of a very long line, the part around them."""
    source = line.text.rstrip("\r").replace("\t", " ")
    column, end_column = line.column(finding.column), line.column(finding.end_column)
    start = max(column - 1 - _SHOWN // 4, 0) if len(source) > _SHOWN else 0
    end = min(end_column, start + 1 + _SHOWN)
    return source[start : start + _SHOWN], column - start, end - start


def _width(text: str) -> int:
    """Return how many columns a text takes in a terminal: Korean characters take two."""
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _summary(evidence: Evidence, findings: Sequence[Finding], here: str) -> str:
    names = checked_files(evidence, here)
    if not findings:
        if not evidence.servers and not evidence.sites and not evidence.python_files:
            return "nothing to check: no nginx site, uWSGI configuration, unit or Python app was found"
        return f"nothing found in {_counted(len(names), 'file')}"
    counts = {severity: sum(finding.severity == severity for finding in findings) for severity in SEVERITIES}
    parts = [
        f"{count} {name}" if name == "advice" else _counted(count, name)
        for name, count in counts.items()
        if count
    ]
    fixable = sum(bool(finding.fix and finding.fix.safe and finding.fix.edits) for finding in findings)
    tail = f"; `enuf doctor --fix` cures {fixable} of them" if fixable else ""
    return f"{', '.join(parts)} in {_counted(len(names), 'file')}{tail}; `enuf explain CODE` tells more"


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def github_annotations(findings: Iterable[Finding], here: str) -> str:
    """Return annotations that GitHub shows beside the lines of a pull request."""
    lines = []
    for finding in findings:
        end = f",endColumn={finding.end_column - 1}" if finding.end_column > finding.column else ""
        place = f"file={_escaped(display_path(finding.file, here), ':,')},line={finding.line},col={finding.column}{end}"
        title = f"title={_escaped(f'{finding.code} {finding.name}', ':,')}"
        text = finding.message + (f"\nfix: {finding.hint}" if finding.hint else "")
        lines.append(f"::{_GITHUB_LEVELS[finding.severity]} {place},{title}::{_escaped(text, '')}")
    return "\n".join(lines)


def _escaped(text: str, more: str) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    for char in more:
        text = text.replace(char, {":": "%3A", ",": "%2C"}[char])
    return text


def sarif_log(
    findings: Sequence[Finding],
    rules: Mapping[str, Rule],
    version: str,
    here: str,
    page: Callable[[str], str | None] = lambda _: None,
) -> str:
    """Return a SARIF 2.1.0 log; `page` returns the page of a rule as Markdown, which viewers show as its help."""
    used = sorted({finding.code for finding in findings})
    driver = {
        "name": "enuf",
        "version": version,
        "informationUri": "https://github.com/enuf/enuf",
        "rules": [_sarif_rule(code, rules.get(code), page(code)) for code in used],
    }
    results = [_sarif_result(finding, used.index(finding.code), here) for finding in findings]
    run = {"tool": {"driver": driver}, "results": results, "columnKind": "unicodeCodePoints"}
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(_clean(log), indent=2, ensure_ascii=False)


def _sarif_rule(code: str, rule: Rule | None, page: str | None) -> dict[str, Any]:
    name = rule.name if rule else code
    shown: dict[str, Any] = {
        "id": code,
        "name": name,
        "shortDescription": {"text": name.replace("-", " ")},
        "defaultConfiguration": {"level": _SARIF_LEVELS[rule.severity] if rule else "note"},
    }
    if page:
        title = page.partition("\n")[0].partition(": ")[2]
        shown |= {"fullDescription": {"text": title or name}, "help": {"text": page, "markdown": page}}
    return shown


def _sarif_result(finding: Finding, index: int, here: str) -> dict[str, Any]:
    from urllib.parse import quote

    region: dict[str, Any] = {"startLine": finding.line, "startColumn": finding.column}
    if finding.end_column > finding.column:
        region["endColumn"] = finding.end_column
    text = finding.message + (f" Fix: {finding.hint}" if finding.hint else "")
    place = {
        "artifactLocation": {"uri": quote(display_path(finding.file, here), errors="replace")},
        "region": region,
    }
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _SARIF_LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
    }
