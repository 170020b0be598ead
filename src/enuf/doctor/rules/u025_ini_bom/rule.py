"""A byte order mark before the heading, which hides the heading from uWSGI (F205)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.model.finding import Edit, Fix


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every ini file with a byte order mark, as an error if the heading is in the first line."""
    for file in evidence.of_kind("uwsgi-ini"):
        if not file.text.startswith("\ufeff"):
            continue
        harmful = file.text[1:].lstrip(" \t").startswith("[")
        edit = Edit(file=file.path, line=1, column=1, end_column=2, text="")
        yield at_line(
            file.path,
            1,
            "the file begins with an invisible byte order mark"
            + (
                ": uWSGI does not see the heading behind it and exits"
                if harmful
                else ", which does no harm only because the heading is not in the first line"
            ),
            1,
            2,
            severity=None if harmful else "advice",
            hint="save the file as UTF-8 without BOM",
            fix=Fix(safe=True, description="take the mark out", edits=(edit,)),
        )


RULE = Rule("U025", "ini-bom", "error", check)
