"""A connection that the app keeps and that the database, or something on the way to it, has closed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import said_line

_LOST = re.compile(
    r"server closed the connection unexpectedly|(?:MySQL|MariaDB) server has gone away|Lost connection to (?:MySQL|MariaDB) server"
    r"|terminating connection due to|connection already closed|SSL connection has been closed unexpectedly"
)
_SHARED = re.compile(
    r"lost synchronization with server|decryption failed or bad record mac|Packet sequence number wrong"
)
"""What is said where several workers read from one connection."""
_ANSWERS = (500, 502)


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    raised = case.raised
    if case.reply.status not in _ANSWERS or case.has_no_app or not raised:
        return
    error, lines = raised[-1].error, tuple(said_line(line) for line in raised[-1].lines[-3:])
    if _SHARED.search(error):
        yield LiveProof(
            message=f"several workers use one connection to the database, opened before they were forked: {error}",
            hint="uWSGI: lazy-apps = true, or connect in a function with @postfork; gunicorn: no --preload, or connect in post_fork",
            evidence=lines,
            file=case.said.path,
        )
    elif _LOST.search(error):
        yield LiveProof(
            message=f"the app uses a connection to the database that has been closed, and does not open a new one: {error}",
            hint="let the pool test connections before use (SQLAlchemy: pool_pre_ping=True; Django: CONN_HEALTH_CHECKS = True) and connect in each worker, after the fork",
            evidence=lines,
            file=case.said.path,
        )


CAUSE = Cause(code="L024", name="database-connection-lost", severity="error", order=640, prove=_prove)
