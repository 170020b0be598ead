"""A socket path that does not fit: Linux takes 107 bytes, uWSGI itself only 102 (F22)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Rule, Sign, at_directive, at_option
from enuf.model.address import UNIX_PATH_LIMIT_BYTES, UnixAddress

UWSGI_LIMIT_BYTES = 102
"""uWSGI 2.0 keeps five bytes for itself."""


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every unix socket whose path, as it is written, is too long for the one who opens it."""
    for server in evidence.servers:
        for listener in server.listeners:
            option, length = listener.option, len(listener.option.value.encode())
            if isinstance(listener.address, UnixAddress) and length > UWSGI_LIMIT_BYTES and not option.maybe:
                yield at_option(
                    option,
                    f"this path has {length} bytes, and uWSGI takes {UWSGI_LIMIT_BYTES}: "
                    "it exits with `invalid socket name`",
                    hint="use a short path such as /run/app/app.sock, in nginx too",
                )
    for way in evidence.passes:
        if not isinstance(way.address, UnixAddress) or is_template(evidence, way.named_by.file):
            continue
        length = len(way.address.path.encode())
        if length > UNIX_PATH_LIMIT_BYTES:
            yield at_directive(
                way.named_by,
                f"this path has {length} bytes, and a unix socket takes {UNIX_PATH_LIMIT_BYTES}: "
                "nginx does not start",
                hint="use a short path such as /run/app/app.sock, in uWSGI too",
            )


RULE = Rule("L007", "socket-path-too-long", "error", check)
