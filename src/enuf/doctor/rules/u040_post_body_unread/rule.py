"""An app that may answer without reading the body, which then stays unread (F155)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import complete_servers
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_config


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every complete server behind the uwsgi protocol without post-buffering."""
    for server in complete_servers(evidence):
        behind = any(listener.protocol == "uwsgi" for listener in server.listeners)
        if (
            behind
            and server.config.number("post-buffering", 0) == 0
            and not server.config.last("upload-progress")
        ):
            yield at_config(
                server.config,
                "when the app answers a POST without reading its body (401, 413), the connection breaks now and then: 502",
                hint="post-buffering = 8192",
                fix=add_options(server.config, "post-buffering = 8192"),
            )


RULE = Rule("U040", "post-body-unread", "advice", check)
