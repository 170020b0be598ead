"""What the visitor gets."""

from __future__ import annotations

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import LinkResult, LiveLink

_FAILURES = {
    "refused": "the connection was refused",
    "unreachable": "no connection could be made",
    "closed": "the connection was closed without an answer",
    "not-http": "the answer is not HTTP",
    "tls": "the TLS handshake failed",
}


def _describe(case: LiveCase) -> LinkResult:
    reply = case.reply
    if reply.failure == "timeout":
        return LinkResult(state="fault", text=f"no answer within {reply.took_s:.1f} s")
    if reply.failure:
        return LinkResult(state="fault", text=_FAILURES[reply.failure])
    text = f"the answer is {reply.status}, {reply.size} bytes, after {reply.took_s:.2f} s"
    return LinkResult(state="fault" if case.fails else "ok", text=text)


LINK = LiveLink(order=40, title="answer", describe=_describe)
