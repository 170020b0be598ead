"""Whatever an app answers, the next request on the connection gets its own answer, or the connection is closed."""

from __future__ import annotations

import http.client
from urllib.parse import quote

import pytest

from tests.support.wire import Received
from tests.support.witness import BAD_ANSWERS, FOLLOW_UP, SECRET, Witness, probe

pytestmark = pytest.mark.native


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_next_request_is_answered_for_itself_after_any_answer(witness: Witness, method: str) -> None:
    wrong = {}
    for kind in BAD_ANSWERS:
        asked = f"{method} /bad/{quote(kind)} HTTP/1.1\r\nHost: shop.test\r\n\r\n".encode()
        # An answer that breaks off in the middle is held back until nginx gives up, timeout + 5 s.
        found = probe(witness, asked + FOLLOW_UP, within_s=30)
        rest = behind_the_first(found.received, is_head=method == "HEAD")
        # Without a front the app server's own bytes are what the client gets: uWSGI sends the body of a 204, gunicorn
        # keeps the connection after a body that is too short.
        in_step = is_follow_up_or_nothing(rest) or not witness.has_front
        if not found.closed or not in_step or SECRET.encode() in found.received:
            wrong[kind] = repr(found)
    assert not wrong
    assert witness.get("/").status == 200, "the app server survived all of them"


def behind_the_first(received: bytes, *, is_head: bool) -> bytes | None:
    """What follows the first final answer on the connection, as a client that obeys RFC 9112 cuts it.

    None where the answer is broken or ends with the connection, so that the client takes nothing more from it.
    """
    stream = Received(received)
    answer = http.client.HTTPResponse(stream, method="HEAD" if is_head else "GET")  # type: ignore[arg-type]
    try:
        answer.begin()
        answer.read()
    except (http.client.HTTPException, ValueError):
        return None
    return None if answer.will_close else received[stream.file.tell() :]


def is_follow_up_or_nothing(rest: bytes | None) -> bool:
    """True when the rest is the whole answer to the follow-up, and of no other request, or the connection was closed."""
    if not rest:
        return True
    found = http.client.HTTPResponse(Received(rest), method="GET")  # type: ignore[arg-type]
    try:
        found.begin()
    except http.client.HTTPException:
        return False
    body = found.read()
    return found.status == 200 and body.endswith(b'"url":"http://shop.test/follow-up"}\n')
