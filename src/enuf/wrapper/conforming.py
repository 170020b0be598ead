"""Make any server a conforming WSGI server for the app behind it (PEP 3333)."""

from __future__ import annotations

import contextlib
import sys
from time import monotonic

from enuf.wrapper.answers import BUSY, COME_AGAIN, ERROR, TEXT, WsgiAnswer, notice
from enuf.wrapper.bodies import BLOCK_BYTES, FileWrapper, Input
from enuf.wrapper.deliveries import ANSWERS
from enuf.wrapper.stamps import output
from enuf.wrapper.waiting import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any


class Conforming:
    """A WSGI app that can be given to a server which does less than PEP 3333 demands."""

    deliveries: Any = None
    """The folders from which nginx sends files for the app (static.protected), where there are any."""

    pages: tuple[str, ...] = ()
    """Statuses for which nginx has a page in place of the wrapper's own answer (http.error_pages)."""

    def __init__(self, app: Callable[..., Iterable[bytes]], server: Any, limit: Any) -> None:
        self.app = app
        self.error_answer = plain_error
        self.errors = output.errors or sys.stderr
        """What Flask logs to: uWSGI's own goes past Python's streams, and has no time."""
        self.server = server
        self.limit = limit
        self.waiting = limit.waiting
        self.current, self.connection_of = server.current, server.connection_of
        self.lends_connection = server.lends_connection
        self.reads_bounded = server.reads_bounded

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        limit, waiting, waited_s = self.limit, self.waiting, 0.0
        if not limit.watches:
            limit.watch()
        if environ.get(waiting.variable, UNKNOWN) < waiting.mark:
            waited_s = waiting.waited_s(environ[waiting.variable])
            if waiting.is_too_long(waited_s):
                return self._refuse(environ, start_response)
        answer = WsgiAnswer(self, environ, start_response)
        environ["wsgi.file_wrapper"] = FileWrapper
        environ["wsgi.errors"] = self.errors
        if not self.reads_bounded and environ.get("CONTENT_LENGTH"):
            environ["wsgi.input"] = Input(environ["wsgi.input"])
        begun = since = monotonic()
        if waited_s:
            answer.waited_s = waited_s
            since -= waiting.lead_s(waited_s)
        limit.open.add(answer)
        limit.running[answer] = since
        if self.lends_connection and environ.get("HTTP_UPGRADE"):
            return self._with_connection(environ, answer)
        try:
            answer.begin(self.app(environ, answer.start_response))
        except BaseException as error:
            answer.fail(error)
        if waited_s:
            waiting.learn(monotonic() - begun)
        return answer

    def _with_connection(self, environ: dict[str, Any], answer: WsgiAnswer) -> Iterable[bytes]:
        """Answer a request that may become a WebSocket. Raise StopIteration if it did: the server must not answer then."""
        lent, failure = self.server.lent.lend(answer), None
        environ["gunicorn.socket"] = lent
        try:
            answer.begin(self.app(environ, answer.start_response))
        except BaseException as error:
            failure = error
        if lent.is_taken:
            answer.end_taken(failure)
            raise StopIteration
        if failure is not None:
            answer.fail(failure)
        return answer

    def page(self, status: str) -> list[tuple[str, str]]:
        """Return the header that makes nginx answer with its page of this status, where there is one."""
        code = status[:3]
        return [("X-Accel-Redirect", ANSWERS + code)] if code in self.pages else []

    def _refuse(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        """Answer a request that has waited too long, without the app."""
        self.waiting.count()
        if environ.get(
            "CONTENT_LENGTH"
        ):  # the front may be sending it still, and would say 502 of a closed connection
            with contextlib.suppress(Exception):
                while environ["wsgi.input"].read(BLOCK_BYTES):
                    pass
        body = notice(environ, BUSY)
        start_response(BUSY, [*TEXT, COME_AGAIN, *self.page(BUSY), ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def plain_error(environ: dict[str, Any], _error: BaseException) -> tuple[str, list[tuple[str, str]], bytes]:
    """Return status, headers and body in place of the app's answer: without a word about the error."""
    return ERROR, TEXT, notice(environ, ERROR)
