"""`module` and `wsgi-file` side by side: uWSGI serves the module, and skips the file."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_option


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every wsgi-file beside a module."""
    for server in evidence.servers:
        module, file = server.config.last("module"), server.config.last("wsgi-file")
        if module and file and not module.conditional and not file.conditional:
            yield at_option(
                file,
                f"uWSGI serves module = {module.value} and skips this file: one of the two lines is a leftover",
                hint=f"remove {file.key}, or {module.key}",
            )


RULE = Rule("U062", "second-app-skipped", "advice", check)
