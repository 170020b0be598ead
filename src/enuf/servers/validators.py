"""Strong validators: an answer with a strong ETag is marked so that nginx does not compress it.

A compressed answer has other bytes, so nginx makes its ETag weak (`W/"v1"`), and a client that sends a weak
ETag back as If-Match or If-Range is turned away by HTTP's own rules. nginx never compresses an answer that
has a Content-Encoding (F275).
"""

from __future__ import annotations

from enuf.servers.base import ServerRequest
from enuf.syntax.uwsgi_ini import Heading, IniOption, Line


def is_needed(request: ServerRequest) -> bool:
    """Return True where nginx may compress answers; also while http.gzip is off, which is for nginx alone."""
    return request.has_front


def uwsgi_lines(request: ServerRequest) -> list[Line]:
    """Return the options of uWSGI that mark such answers."""
    if not is_needed(request) or "routes" not in request.toolchain.tools["uwsgi"].features:
        return []
    why = "nginx would compress an answer and make its ETag weak, and a client could not use that for If-Match or ranges."
    return [
        Heading("Answers with a strong ETag stay as they are"),
        IniOption("collect-header", "ETag ENUF_ETAG", why),
        IniOption("collect-header", "Content-Encoding ENUF_CODED"),
        IniOption("response-route-if-not", "empty:${ENUF_CODED} last:"),
        IniOption("response-route-if", 'startswith:${ENUF_ETAG};" addheader:Content-Encoding: identity'),
    ]


GUNICORN_CALL = "    worker.wsgi = with_strong_validators(worker.wsgi)\n"
"""The line of `post_worker_init` that wraps the app."""

GUNICORN_FUNCTION = '''\
def with_strong_validators(app):
    """Mark an answer with a strong ETag: compressed by nginx, its ETag would be weak, and of no use for If-Match or ranges."""

    def called(environ, start_response):
        def start(status, headers, *rest):
            given = {name.lower(): value for name, value in headers}
            if given.get("etag", "").startswith('"') and "content-encoding" not in given:
                headers = [*headers, ("Content-Encoding", "identity")]
            return start_response(status, headers, *rest)

        return app(environ, start)

    return called'''
"""The function of `gunicorn.conf.py` that marks such answers."""
