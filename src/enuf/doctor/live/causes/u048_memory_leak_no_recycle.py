"""A worker that has grown far beyond what the app needs at its start."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import observed

_MANY_BYTES, _MANY_TIMES = 200 * 1024 * 1024, 3
_MEGABYTE = 1024 * 1024


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    server, found = case.server, case.of_code("U048")
    if server is None or found is None or not server.rss_bytes:
        return
    config = case.configured.config if case.configured else None
    if config is None or config.last("lazy-apps", "lazy"):
        return  # the main process has not loaded the app, and tells nothing about its size
    grown = [
        each
        for each in case.server_workers
        if each.rss_bytes > max(_MANY_BYTES, server.rss_bytes * _MANY_TIMES)
    ]
    if grown:
        shown = (
            observed(
                f"process {each.pid}: {each.rss_bytes // _MEGABYTE} MB; after loading: {server.rss_bytes // _MEGABYTE} MB"
            )
            for each in grown[:4]
        )
        yield LiveProof(finding=found, evidence=tuple(shown))


CAUSE = Cause(code="U048", name="memory-leak-no-recycle", severity="warning", order=915, prove=_prove)
