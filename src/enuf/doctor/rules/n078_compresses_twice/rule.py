"""`gzip_types` with types that are compressed already: time is spent and no byte is saved."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand

_COMPRESSED = (
    "image/jpeg", "image/jpg", "image/png", "image/gif", "image/webp", "image/avif", "video/", "audio/", "application/zip", "application/gzip",
    "application/x-gzip", "application/pdf", "font/woff", "font/woff2", "application/font-woff", "application/x-font-woff",
    "application/x-7z-compressed", "application/x-rar-compressed",
)  # fmt: skip


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every gzip_types that names compressed types."""
    for site in evidence.sites:
        for match in site.find("gzip_types"):
            directive = match.directive
            wrong = [arg for arg in directive.args if arg.startswith(_COMPRESSED)]
            if wrong:
                right = [arg for arg in directive.args if arg not in wrong]
                yield at_directive(
                    directive,
                    f"{', '.join(wrong[:3])}: files of these types are compressed already, and gzip only spends time on them",
                    directive.args.index(wrong[0]),
                    hint=f"gzip_types {' '.join(right) or 'text/css application/javascript application/json'};",
                    fix=by_hand("take these types out"),
                )


RULE = Rule("N078", "compresses-twice", "advice", check)
