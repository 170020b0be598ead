"""A configuration without a section that uWSGI would read: misspelt, or empty (F205)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.rule import Diagnostic, Rule, at_line, by_hand
from enuf.model.finding import Edit, Fix
from enuf.syntax.uwsgi_lines import SectionHeading

_LIKE = re.compile(r"\W*uwsgi\W*.*", re.IGNORECASE)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every configuration whose requested section holds no option."""
    for server in evidence.servers:
        for problem in server.config.problems:
            file = evidence.file(problem.file)
            if problem.kind != "section" or (file and file.text.startswith("\ufeff")):
                continue  # U025 reports a byte order mark
            if "$" in problem.target:
                continue  # a variable of a shell names the section
            if file and file.kind == "uwsgi-yaml" and server.start is None:
                continue  # an empty `uwsgi:` beside another program's settings
            if problem.included_at and any(
                each.options for each in server.config.headings if each.name == "uwsgi"
            ):
                yield _not_included(*problem.included_at, problem.target)
            else:
                yield _diagnostic(server, problem.file, problem.target)


def _not_included(path: str, line: int, wanted: str) -> Diagnostic:
    """Return the finding about a missing section that is included: uWSGI logs a warning and goes on with what it has."""
    return at_line(
        path,
        line,
        f"there is no section [{wanted}] here to include: uWSGI starts without its options",
        severity="warning",
        hint="remove this line, or write the name of the section that is meant",
        fix=by_hand("remove this line, or write the name of the section that is meant"),
    )


def _diagnostic(server: Server, path: str, wanted: str) -> Diagnostic:
    headings = [each for each in server.config.headings if each.file == path]
    near = next((each for each in headings if each.options and _LIKE.fullmatch(each.name)), None)
    if near:
        return at_line(
            path,
            near.line,
            f"uWSGI only reads the section [{wanted}], letter for letter: it finds no option in {near.text}",
            1,
            len(near.text) + 1,
            hint=f"[{wanted}]",
            fix=_heading(near, wanted),
        )
    line = next((each.line for each in headings if each.name == wanted), 1)
    others = any(each.options for each in headings)
    return at_line(
        path,
        line,
        f"there is no option in a section [{wanted}]: uWSGI exits, since it has nothing to listen on",
        severity="warning" if others else None,  # another section may be meant, as in `x.ini:app`
        hint=f"put the options below [{wanted}]",
        fix=by_hand(f"put the options below [{wanted}]"),
    )


def _heading(heading: SectionHeading, wanted: str) -> Fix:
    column = 1
    edit = Edit(file=heading.file, line=heading.line, column=column, text=f"[{wanted}]")
    return Fix(safe=True, description=f"write `[{wanted}]`", edits=(edit,))


RULE = Rule("U026", "ini-section-name", "error", check)
