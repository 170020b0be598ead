"""Options of a server on lines of their own, after a line without a backslash at its end: the server never gets them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_line

_SERVER = re.compile(
    r"(?:^|[\s/])(?:uwsgi|gunicorn3?|uvicorn|hypercorn|daphne|granian)(?:[\s\\]|$)|\$\{?\w*(?:GUNICORN|UVICORN)\w*\}?[\s\\]"
)
_OPTION = re.compile(r"[ \t]+(?:--[a-z][\w-]*|-[a-zA-Z])(?:[ =].*|[ \t]*\\?)")
_COMMENT = re.compile(r"[ \t]*#.*")
_DOCUMENT = re.compile(r"<<-?[ \t]*[\"']?([A-Za-z_]\w*)[\"']?")
_LINE_LIMIT = 2000
_KINDS = ("script", "unit", "dockerfile")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the first lost option of every command of a server in a script, a unit or a Dockerfile."""
    for file in evidence.of_kind(*_KINDS):
        if _SERVER.search(file.text) and not is_template(evidence, file.path):
            yield from _of_file(file)


def _of_file(file: SourceFile) -> Iterator[Diagnostic]:
    lines = _without_documents(file.text.splitlines())
    inside = False
    for number, (line, after) in enumerate(itertools.pairwise(lines), 1):
        if _COMMENT.fullmatch(line):
            inside = (
                inside and file.kind != "script"
            )  # systemd and docker go on behind a comment, a shell does not
            continue
        inside = inside or _starts(line)
        if inside and not line.endswith("\\"):
            inside = False
            if _OPTION.fullmatch(after):
                yield _diagnostic(file, number, line, after)
        elif inside and file.kind == "script" and _COMMENT.fullmatch(after):
            lost = next((each for each in lines[number + 1 : number + 4] if not _COMMENT.fullmatch(each)), "")
            if _OPTION.fullmatch(lost):
                yield _of_comment(file, number + 1, lost)


def _without_documents(lines: list[str]) -> list[str]:
    """Return the lines with those of here-documents emptied: they are texts, and no commands of the script."""
    kept: list[str] = []
    end = ""
    for line in lines:
        kept.append("" if end else line)
        if end:
            end = "" if line.strip() == end else end
        else:
            found = _DOCUMENT.search(line[:_LINE_LIMIT])
            end = found[1] if found else ""
    return kept


def _starts(line: str) -> bool:
    return _SERVER.search(line) is not None and not line.lstrip().startswith(("echo", "printf", "["))


def _diagnostic(file: SourceFile, number: int, line: str, after: str) -> Diagnostic:
    option = after.strip().split()[0].partition("=")[0]
    blank = line.rstrip().endswith("\\")
    why = "a blank stands behind the backslash" if blank else "the line ends without a backslash"
    return at_line(
        file.path,
        number,
        f"{why}, so the command ends here: {option} and what follows never reach the server",
        hint=line.strip().rstrip("\\ \t") + " \\",
    )


def _of_comment(file: SourceFile, number: int, lost: str) -> Diagnostic:
    option = lost.strip().split()[0].partition("=")[0]
    return at_line(
        file.path,
        number,
        f"a comment ends the continued command: {option} and what follows never reach the server",
        hint="move the comment above the command",
    )


RULE = Rule("S055", "continued-line-broken", "warning", check)
