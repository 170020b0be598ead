"""Options of cheaper mode that change nothing: no `cheaper`, or an algorithm that uWSGI does not know."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import complete_servers
from enuf.doctor.rule import Diagnostic, Rule, at_key, at_option

_NEEDS_CHEAPER = (
    "cheaper-initial",
    "cheaper-step",
    "cheaper-algo",
    "cheaper-overload",
    "cheaper-busyness-max",
)
_ALGORITHMS = ("spare", "spare2", "backlog", "busyness", "manual")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report options of cheaper mode without cheaper, and unknown algorithms, for which uWSGI takes `spare`."""
    for server in complete_servers(evidence):
        config = server.config
        algorithm = config.last("cheaper-algo")
        first = config.last(*_NEEDS_CHEAPER)
        if first and config.last("cheaper") is None and not first.conditional:
            yield at_key(
                first,
                f"without cheaper, {first.key} does nothing: all workers run all the time",
                hint="cheaper = 2",
            )
        elif (
            algorithm
            and not algorithm.unresolved
            and algorithm.value not in _ALGORITHMS
            and not config.last("plugins")
        ):
            yield at_option(
                algorithm,
                f"uWSGI knows no algorithm {algorithm.value}, and takes spare without a word",
                hint=f"cheaper-algo = {_ALGORITHMS[0]}",
            )


RULE = Rule("U069", "cheaper-without-effect", "advice", check)
