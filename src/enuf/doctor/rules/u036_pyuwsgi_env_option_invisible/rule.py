"""An env option of pyuwsgi, whose Python runs before the option is read (F210)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import may_be_pyuwsgi
from enuf.doctor.rule import Diagnostic, Rule, at_option


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the first env of each server that is, or may be, pyuwsgi."""
    for server in evidence.servers:
        option = next(iter(server.config.all("env")), None)
        if option is None or not may_be_pyuwsgi(server):
            continue
        sure = server.build == "pyuwsgi"
        yield at_option(
            option,
            f"{'pyuwsgi' if sure else 'if this is pyuwsgi, it'} reads this after Python has started: os.environ does not have it",
            severity=None if sure else "advice",
            hint="set it where uWSGI is started: Environment= in the unit, `env` in a compose file, export in a script",
        )


RULE = Rule("U036", "pyuwsgi-env-option-invisible", "warning", check)
