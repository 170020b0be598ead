"""The findings as text for people, programs and code-scanning services."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from enuf.doctor.container import EMBEDDED_SIGN
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.editable import why_not_edited
from enuf.doctor.grouping import FindingGroup, grouped
from enuf.doctor.masking import Masks
from enuf.model.finding import SEVERITIES, Finding, is_curable
from enuf.model.words import ENGLISH, Words
from enuf.syntax.masked_lines import MaskedLine

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
    document: dict[str, Any] = clean({"checked": checked_files(evidence, here), "findings": rows})
    return document


def clean(value: Any) -> Any:
    """Replace characters that UTF-8 cannot encode, in all strings of a value."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {key: clean(each) for key, each in value.items()}
    return [clean(each) for each in value] if isinstance(value, list | tuple) else value


def text_report(
    evidence: Evidence,
    findings: Sequence[Finding],
    here: str,
    paint: Paint,
    words: Words = ENGLISH,
    *,
    known: int = 0,
) -> str:
    """Return the findings with their source lines, a caret below each value, and the fix.

    `known` is how many others a baseline has left out.
    """
    masks = Masks(evidence)
    blocks = []
    for group in grouped(findings):
        block = [_block(group.first, masks.line(group.first.file, group.first.line), here, paint, words)]
        block += [_beside(each, paint, words) for each in group.beside]
        block += _again(group, masks, here, paint, words)
        blocks.append("\n".join(block))
    return "\n\n".join([*blocks, words.sentence(_summary(evidence, findings, here, known))])


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
        # A file that could not be read has no line to show: each has a reason of its own.
        beside = paint("dim", source[:_SOURCE_SHOWN]) if source else words.sentence(finding.message)
        yield f"  {words.label('also')} {place}  {beside}"
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


def _summary(evidence: Evidence, findings: Sequence[Finding], here: str, known: int) -> str:
    names = checked_files(evidence, here)
    if not findings and known:
        return f"nothing new found in {_counted(len(names), 'file')}"
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
    curable = sum(is_curable(each) and _may_be_edited(evidence, each) for each in findings)
    tail = f"; `enuf doctor --fix` cures {curable} of them" if curable else ""
    return f"{', '.join(parts)} in {_counted(len(names), 'file')}{tail}; `enuf explain CODE` tells more"


def _may_be_edited(evidence: Evidence, finding: Finding) -> bool:
    edits = finding.fix.edits if finding.fix else ()
    return not any(why_not_edited(evidence, evidence.first_name(edit.file)) for edit in edits)


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def github_annotations(findings: Iterable[Finding], here: str) -> str:
    """Return annotations that GitHub shows beside the lines of a pull request.

    `here` is the folder of the checkout: GitHub takes no other paths than those relative to it.
    """
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
