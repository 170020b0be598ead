"""`touch-chain-reload` without `lazy-apps`: workers are made anew from a master that keeps the old code."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import complete_servers
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_key

_WORKERS_ALONE = ("touch-chain-reload", "touch-workers-reload")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every reload of workers alone in a configuration that loads the app in the master."""
    for server in complete_servers(evidence):
        config = server.config
        option = config.last(*_WORKERS_ALONE)
        if option is None or option.conditional:
            continue
        if any(config.is_on(name) is not False for name in ("lazy-apps", "lazy")):
            continue
        yield at_key(
            option,
            "this reloads the workers alone, and without lazy-apps the master has loaded the app: they serve the old code again",
            hint="lazy-apps = true",
            fix=add_options(
                config, "lazy-apps = true", asks="each worker then holds its own copy of the app in memory"
            ),
        )


RULE = Rule("U066", "chain-reload-keeps-old-code", "warning", check)
