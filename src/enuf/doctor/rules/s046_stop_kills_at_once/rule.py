"""An `ExecStop` that kills the server, so that requests at work are cut off."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.service_units import services
from enuf.doctor.read.supervisor import supervisor_programs
from enuf.doctor.rule import Diagnostic, Rule, at_setting
from enuf.syntax.unit import UnitFile

_KILLS = re.compile(r"\b(?P<program>kill|pkill|killall)\b.*\s(?:-s\s*|--signal[ =]|-)(?:SIG)?(?:KILL|9)\b")
_SERVER = re.compile(r"uwsgi|gunicorn|uvicorn|hypercorn|daphne|granian|nginx")

_ONE = "this kills the server at once: requests at work are cut off, and no socket or pid file is removed"
_ALL = (
    "this kills every process of this name on the machine, those of other sites too: requests at work are cut off, "
    "and no socket or pid file is removed"
)


_QUICK = re.compile(r"\bkill\b.*\s(?:-s\s*|--signal[ =]|-)(?:SIG)?(?P<signal>QUIT|INT|3|2)\b")
_QUICK_SIGNALS = ("QUIT", "INT", "SIGQUIT", "SIGINT")
_KILL = ("KILL", "SIGKILL", "9")
_CUTS = "gunicorn ends at once on this signal and cuts off the requests at work: it finishes them on SIGTERM alone"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every stop command of a server with the signal that no process can handle."""
    yield from _of_supervisor(evidence)
    for unit in services(evidence):
        if not any(_SERVER.search(setting.value) for setting in unit.all("ExecStart")):
            continue
        yield from _of_gunicorn(unit)
        for setting in unit.all("ExecStop"):
            match = _KILLS.search(setting.value)
            if match:
                yield at_setting(
                    setting,
                    _ONE if match["program"] == "kill" else _ALL,
                    hint="KillSignal=SIGQUIT  in place of this line",
                )


def _of_supervisor(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the programs of supervisor that are stopped by SIGKILL, or gunicorn by a signal for a quick end."""
    for file in evidence.of_kind("supervisor"):
        for program in supervisor_programs(file):
            setting = next((each for each in program.settings if each.name == "stopsignal"), None)
            signal = program.stop_signal.upper()
            if setting is None or not _SERVER.search(program.command):
                continue
            if signal in _KILL:
                yield at_setting(setting, _ONE, hint="stopsignal=TERM")
            elif signal in _QUICK_SIGNALS and _runs_gunicorn(program.command):
                yield at_setting(setting, _CUTS, severity="advice", hint="stopsignal=TERM")


def _of_gunicorn(unit: UnitFile) -> Iterator[Diagnostic]:
    """Report the stop of gunicorn's unit by SIGQUIT or SIGINT, as uWSGI wants it and gunicorn does not."""
    if not any(_runs_gunicorn(setting.value) for setting in unit.all("ExecStart")):
        return
    signal = unit.last("KillSignal")
    if signal and signal.value.upper() in _QUICK_SIGNALS:
        yield at_setting(signal, _CUTS, severity="advice", hint="KillSignal=SIGTERM")
    for setting in unit.all("ExecStop"):
        if _QUICK.search(setting.value):
            yield at_setting(
                setting, _CUTS, severity="advice", hint="no ExecStop at all: systemd sends SIGTERM"
            )


def _runs_gunicorn(command: str) -> bool:
    return re.search(r"(?:^|[/\s])gunicorn3?(?:\s|$)", command) is not None


RULE = Rule("S046", "stop-kills-at-once", "warning", check)
