"""Request lines and headers that nginx takes and gunicorn refuses, or the other way round."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import AppPair, Evidence
from enuf.doctor.facts.app_servers import at_app_setting, bound_pairs
from enuf.doctor.facts.nginx import is_complete_site, is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive
from enuf.syntax.nginx_values import size_in_bytes

_BUFFERS = "large_client_header_buffers"
_NGINX, _LINE, _FIELD = 8192, 4094, 8190
"""The longest line that nginx takes, and the longest request line and header that gunicorn takes, by default."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every limit that was raised on one side of nginx and gunicorn alone."""
    seen: set[tuple[int, str]] = set()
    for pair in bound_pairs(evidence):
        if pair.server.program != "gunicorn" or is_template(evidence, pair.site_pass.named_by.file):
            continue
        for diagnostic in (_raised_in_nginx(pair), _raised_in_gunicorn(pair)):
            key = (id(pair.server), diagnostic.message if diagnostic else "")
            if diagnostic and key not in seen:
                seen.add(key)
                yield diagnostic


def _raised_in_nginx(pair: AppPair) -> Diagnostic | None:
    written, settings = pair.site_pass.match.inherited(_BUFFERS), pair.server.settings
    size = size_in_bytes(written[-1].arg(1)) if written else None
    known = settings.knows("limit_request_line") and settings.knows("limit_request_field_size")
    if size is None or size <= _NGINX or not known:
        return None
    line = settings.number("limit_request_line", _LINE)
    field = settings.number("limit_request_field_size", _FIELD)
    if line is None or field is None or ((line == 0 or line >= _FIELD) and (field == 0 or field >= size)):
        return None
    return at_directive(
        written[-1],
        f"nginx takes lines of {size} bytes, and gunicorn refuses request lines over {line} (414) and headers over "
        f"{field} (431)",
        1,
        hint=f"--limit-request-line 8190 --limit-request-field_size {size}",
        evidence=(f"{pair.server.start.file}:{pair.server.start.line}",),
    )


def _raised_in_gunicorn(pair: AppPair) -> Diagnostic | None:
    settings = pair.server.settings
    field = settings.number("limit_request_field_size", _FIELD)
    if field is None or field <= _NGINX or not is_complete_site(pair.site_pass.site):
        return None
    written = pair.site_pass.match.inherited(_BUFFERS)
    size = size_in_bytes(written[-1].arg(1)) if written else _NGINX
    if size is None or size >= field:
        return None
    return at_app_setting(
        pair.server,
        "limit_request_field_size",
        f"gunicorn takes headers of {field} bytes, and nginx answers 400 to any over {size}: they never arrive",
        hint=f"{_BUFFERS} 4 {-(-field // 1024)}k;",
    )


RULE = Rule("G026", "request-limits-differ", "warning", check)
