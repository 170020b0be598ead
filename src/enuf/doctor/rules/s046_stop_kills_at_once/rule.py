"""An `ExecStop` that kills the server, so that requests at work are cut off."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.service_units import services
from enuf.doctor.rule import Diagnostic, Rule, at_setting

_KILLS = re.compile(r"\b(?P<program>kill|pkill|killall)\b.*\s(?:-s\s*|--signal[ =]|-)(?:SIG)?(?:KILL|9)\b")
_SERVER = re.compile(r"uwsgi|gunicorn|uvicorn|hypercorn|daphne|granian|nginx")

_ONE = "this kills the server at once: requests at work are cut off, and no socket or pid file is removed"
_ALL = (
    "this kills every process of this name on the machine, those of other sites too: requests at work are cut off, "
    "and no socket or pid file is removed"
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every stop command of a server with the signal that no process can handle."""
    for unit in services(evidence):
        if not any(_SERVER.search(setting.value) for setting in unit.all("ExecStart")):
            continue
        for setting in unit.all("ExecStop"):
            match = _KILLS.search(setting.value)
            if match:
                yield at_setting(
                    setting,
                    _ONE if match["program"] == "kill" else _ALL,
                    hint="KillSignal=SIGQUIT  in place of this line",
                )


RULE = Rule("S046", "stop-kills-at-once", "warning", check)
