"""No section that uWSGI would read: a misspelt heading, or nothing below the right one (F205)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.rule import Rule, Sign, at_line, by_hand
from enuf.model.finding import Edit, Fix
from enuf.syntax.uwsgi_lines import Heading

_LIKE = re.compile(r"\W*uwsgi\W*.*", re.IGNORECASE)


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every configuration in which the section that is asked for holds no option."""
    for server in evidence.servers:
        for trouble in server.config.troubles:
            file = evidence.file(trouble.file)
            if trouble.kind != "section" or (file and file.text.startswith("\ufeff")):
                continue  # a byte order mark is U025
            yield _sign(server, trouble.file, trouble.target)


def _sign(server: Server, path: str, wanted: str) -> Sign:
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
        severity="warning" if others else None,  # perhaps it is asked for as `x.ini:app`
        hint=f"put the options below [{wanted}]",
        fix=by_hand(f"put the options below [{wanted}]"),
    )


def _heading(heading: Heading, wanted: str) -> Fix:
    column = 1
    edit = Edit(file=heading.file, line=heading.line, column=column, text=f"[{wanted}]")
    return Fix(safe=True, description=f"write `[{wanted}]`", edits=(edit,))


RULE = Rule("U026", "ini-section-name", "error", check)
