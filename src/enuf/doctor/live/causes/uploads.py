"""Uploads that do not get through: nginx's limit, nginx's temporary folder (F156), and bodies that stay unread (F155)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase, Seen
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line
from enuf.doctor.live.front_said import finding_here, severity_of, value_in_force

_BODY = re.compile(r"client intended to send too large (?:chunked )?body: (?P<size>[\d+]{1,30}) bytes")
_TEMPORARY = re.compile(r'(?:open|mkdir|rename|unlink)\(\) "(?P<path>/[^"]{1,4000}/\d{10})" failed')
_DENIED, _ABSENT, _READ_ONLY = 13, 2, 30
_PIPE, _RESET = 32, 104
_WITH_BODY = ("POST", "PUT", "PATCH")
_MIB = 1024**2


def _of_limit(case: LiveCase) -> Iterator[LiveProof]:
    seen = case.seen(lambda error: "client intended to send too large" in error.text)
    match = _BODY.search(seen.error.text) if seen else None
    if seen is None or match is None:
        return
    size = sum(int(part) for part in match["size"].split("+") if part)
    limit = value_in_force(case, "client_max_body_size", "1m")
    yield LiveProof(
        message=f"nginx refused the upload {seen.error.request or ''} of {size} bytes with 413: client_max_body_size is {limit}",
        hint=f"client_max_body_size {_wanted(size)}m; in the server block or location of the upload",
        evidence=(log_line(seen),),
        severity=severity_of(seen),
    )


def _wanted(size: int) -> int:
    """Return a limit in MiB that is twice the size."""
    return max(2, -(-size * 2 // _MIB))


def _of_temporary_folder(case: LiveCase) -> Iterator[LiveProof]:
    seen = case.seen(
        lambda error: error.errno in (_DENIED, _ABSENT, _READ_ONLY) and bool(_TEMPORARY.search(error.text))
    )
    match = _TEMPORARY.search(seen.error.text) if seen else None
    if seen is None or match is None:
        return
    folder = match["path"].rpartition("/")[0]
    worker = case.evidence.front.worker
    user = worker.user if worker else "nginx's user"
    what = (
        "uploads that do not fit into its memory"
        if _is_upload(seen)
        else "answers that do not fit into its memory"
    )
    found = finding_here(case, "S015")
    yield LiveProof(
        finding=found,
        message=f"nginx's worker ({user}) cannot write to its temporary folder {folder} (errno {seen.error.errno}): {what} fail",
        hint=f"sudo chown {user} {folder}; sudo chmod 700 {folder}; or client_body_temp_path with a folder that nginx's worker may write to",
        evidence=(log_line(seen),),
        severity=severity_of(seen),
    )


def _is_upload(seen: Seen) -> bool:
    return (
        "while reading upstream" not in seen.error.text and seen.error.request.partition(" ")[0] in _WITH_BODY
    )


def _of_unread_body(case: LiveCase) -> Iterator[LiveProof]:
    seen = case.seen(
        lambda error: (
            error.errno in (_PIPE, _RESET)
            and error.phase in ("sending", "reading")
            and error.request.partition(" ")[0] in _WITH_BODY
        )
    )
    if seen is None or case.ends or case.said.has("invalid request block size", "invalid HTTP request size"):
        return
    found = case.of_code("U040")
    yield LiveProof(
        finding=found,
        message=f"the app answered {seen.error.request.rpartition(' ')[0]} without reading its body, and the server closed the connection while nginx was still "
        f"sending (errno {seen.error.errno}): now and then the visitor gets 502 in place of the app's answer",
        hint="post-buffering = 8192 in uWSGI; or read the body in the app before an early answer such as 401 or 413",
        evidence=(log_line(seen),),
        severity=severity_of(seen),
    )


CAUSES = (
    Cause(code="N008", name="too-large-body-413", severity="error", order=820, prove=_of_limit),
    Cause(
        code="S015", name="upload-temp-dir-denied", severity="error", order=830, prove=_of_temporary_folder
    ),
    Cause(code="U040", name="post-body-unread", severity="error", order=840, prove=_of_unread_body),
)
