"""The app itself answered 500: nginx and the server did their work."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import observed, said_line
from enuf.doctor.live.front_said import is_by_nginx
from enuf.doctor.live.server_said import Traceback, time_of

_SERVER_ERROR = 500
_WITHOUT_SEND = re.compile(r"missing \d required positional arguments?: .*'send'")
_FACTORY = re.compile(r"takes (?:\d|from \d to \d) positional arguments? but 2 were given")


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    if any(each.is_overdue for each in case.ends):
        return  # gunicorn answers 500 for the worker that it ends
    if case.reply.status != _SERVER_ERROR:
        yield from _of_other_status(case)
        return
    if case.has_no_app or not case.is_from_app or case.route.handler == "files":
        return
    if case.evidence.front.is_nginx and not case.backends:
        return
    found = case.raised
    error = f": {found[-1].error}" if found else ""
    yield LiveProof(
        message=f"the app itself answers 500{error}; nginx, the socket and the server are in order",
        hint=_hint(found) if found else "look for the traceback in the app's own log",
        evidence=tuple(said_line(line) for line in found[-1].lines[-4:])
        if found
        else (observed(f"the answer: {case.reply.status} {case.reply.body[:100].strip()}"),),
        file=case.said.path if found else "",
    )


def _of_other_status(case: LiveCase) -> Iterator[LiveProof]:
    """Prove that the app itself answered 501 to 599: no line of nginx's is about this request, and no line of its configuration answers so."""
    status, backend = case.reply.status, case.backend
    is_asked = backend is not None and backend.reply is not None and backend.reply.status == status
    if status <= _SERVER_ERROR or case.now or case.route.handler != "pass" or is_by_nginx(case):
        return
    is_untold = case.evidence.front.is_nginx and not case.evidence.log("front")
    if not is_asked and (backend is None or backend.protocol != "uwsgi" or is_untold):
        return
    retry = case.reply.header("retry-after")
    yield LiveProof(
        message=f"the app itself answers {status}; nginx, the socket and the server are in order",
        hint="look for that status in the app: a maintenance page, or a service that it needs and does not reach",
        evidence=(
            observed(f"the answer: {status} {case.reply.body[:100].strip()}"),
            *((observed(f"the answer: Retry-After: {retry}"),) if retry else ()),
        ),
    )


def _hint(found: tuple[Traceback, ...]) -> str:
    """Return what to do about the last error."""
    error = found[-1].error
    if _WITHOUT_SEND.search(error):
        return "the app speaks ASGI: serve it with uvicorn, or gunicorn -k uvicorn.workers.UvicornWorker; a2wsgi makes it WSGI"
    if _FACTORY.search(error):
        return "the name is that of a function that makes the app: write its brackets, MODULE:create_app()"
    return "read the traceback in the server's log and repair the app"


def _of_closed(case: LiveCase) -> Iterator[LiveProof]:
    """Prove that the app raised before it answered: the server closes the connection then, and nginx answers 502."""
    seen = case.seen(lambda error: "prematurely closed" in error.text)
    if seen is None or not seen.is_now or case.ends:
        return
    found = case.raised
    line = case.said.has(f"{case.evidence.requested.target} => generated 0 bytes") or _closed_now(case)
    if found and line:
        yield LiveProof(
            message=f"the app raised before it answered, and nginx got nothing: {found[-1].error}",
            hint=_hint(found),
            evidence=(*(said_line(each) for each in found[-1].lines[-4:]), said_line(line)),
            file=case.said.path,
        )


def _closed_now(case: LiveCase) -> str:
    """Return gunicorn's line about this request: it takes every OSError of an app for one of the connection."""
    line = case.said.has("Socket error processing request.")
    at = time_of(line) if line else None
    return line if at is not None and at >= int(case.reply.sent_at) else ""


def _of_app(case: LiveCase) -> Iterator[LiveProof]:
    yield from _prove(case)
    yield from _of_closed(case)


CAUSE = Cause(code="R011", name="app-error", severity="error", order=650, prove=_of_app)
