"""A socket path that does not fit: Linux takes 107 bytes, uWSGI itself only 102 (F22)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, at_option
from enuf.model.address import UNIX_PATH_LIMIT_BYTES, UnixAddress

UWSGI_LIMIT_BYTES = 102
"""uWSGI 2.0 keeps five bytes for itself."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every unix socket whose path, as written, is too long for the program that opens it."""
    for server in evidence.servers:
        for listener in server.listeners:
            option, length = listener.option, len(listener.option.value.encode())
            if (
                isinstance(listener.address, UnixAddress)
                and length > UWSGI_LIMIT_BYTES
                and not option.conditional
            ):
                yield at_option(
                    option,
                    f"this path has {length} bytes, and uWSGI takes {UWSGI_LIMIT_BYTES}: "
                    "it exits with `invalid socket name`",
                    hint="use a short path such as /run/app/app.sock, in nginx too",
                )
    for site_pass in evidence.passes:
        if not isinstance(site_pass.address, UnixAddress) or is_template(evidence, site_pass.named_by.file):
            continue
        length = len(site_pass.address.path.encode())
        if length > UNIX_PATH_LIMIT_BYTES:
            yield at_directive(
                site_pass.named_by,
                f"this path has {length} bytes, and a unix socket takes {UNIX_PATH_LIMIT_BYTES}: "
                "nginx does not start",
                hint="use a short path such as /run/app/app.sock, in uWSGI too",
            )


RULE = Rule("L007", "socket-path-too-long", "error", check)
