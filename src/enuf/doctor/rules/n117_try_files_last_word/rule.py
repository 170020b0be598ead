"""A `try_files` whose last word is neither a path, a named location nor a code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, write_argument
from enuf.model.numbers import decimal

_WORD = re.compile(r"[\w.-]+(?:/[\w./-]*)?")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every last word without a slash in front, which nginx takes for a path that no location has."""
    for site in evidence.sites:
        for match in site.find("try_files"):
            directive = match.directive
            word = directive.args[-1] if len(directive.args) > 1 else ""
            if not _WORD.fullmatch(word) or is_template(evidence, directive.file):
                continue
            in_server = bool(match.chain) and match.chain[-1].name == "server"
            right = _meant(word, match.around("server"))
            yield at_directive(
                directive,
                f"`{word}` is no path without a slash in front: no location has it, and nginx answers "
                f"{500 if in_server else 404} where no file is found",
                len(directive.args) - 1,
                hint=f"{' '.join(('try_files', *directive.args[:-1], right))};",
                fix=write_argument(
                    directive, len(directive.args) - 1, right, asks="what was meant by the last word"
                ),
            )


def _meant(word: str, server: object) -> str:
    """Return what the word most likely stands for: a code, a named location of the server block, or a file."""
    if decimal(word, 3) is not None and len(word) == 3:
        return f"={word}"
    below = getattr(server, "below", None)
    named = below is not None and any(
        each.name == "location" and each.arg() == f"@{word}" for each in below()
    )
    return f"@{word}" if named else f"/{word}"


RULE = Rule("N117", "try-files-last-word", "warning", check)
