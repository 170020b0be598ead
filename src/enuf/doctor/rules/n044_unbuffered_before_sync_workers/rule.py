"""Buffering off before sync workers: each slow visitor holds a worker of gunicorn."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import bound_pairs, is_sync
from enuf.doctor.rule import Diagnostic, Rule, at_directive

_STREAMS = (
    "text/event-stream",
    "StreamingHttpResponse",
    "stream_with_context",
    "EventSource",
    "application/x-ndjson",
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report `proxy_buffering off` before sync workers, as long as no source streams."""
    if any(word in each.text for each in evidence.python_files for word in _STREAMS):
        return
    for pair in bound_pairs(evidence):
        match = pair.site_pass.match
        for name in ("proxy_buffering", "proxy_request_buffering"):
            written = match.inherited(name)
            if not written or written[-1].arg() != "off" or not is_sync(pair.server) or pair.server.dev:
                continue
            what = "answer" if name == "proxy_buffering" else "upload"
            yield at_directive(
                written[-1],
                f"without buffering, a slow visitor holds one of gunicorn's sync workers for as long as the {what} takes: "
                "a few of them stop the site",
                severity=None if name == "proxy_buffering" else "advice",
                hint=f"{name} on;   or threads: --threads 8",
            )


RULE = Rule("N044", "unbuffered-before-sync-workers", "warning", check)
