"""A Django project whose settings turn the debug mode on, behind a server for production."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.django_debug import DebugSwitch, debug_switch
from enuf.doctor.facts.workers import all_servers
from enuf.doctor.rule import Diagnostic, Rule, at_node, by_hand

_EFFECT = "an error shows the source, the settings and the variables, and each SQL query stays in memory"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every served settings module whose last DEBUG is on, or on for a text that means off."""
    for server in all_servers(evidence):
        switch = debug_switch(evidence, server)
        if switch:
            variable = switch.variable or "DEBUG"
            yield at_node(
                switch.python_file.path,
                switch.node,
                _message(switch),
                hint=f'DEBUG = os.environ.get("{variable}") == "1"',
                fix=by_hand("read DEBUG from the environment"),
            )


def _message(switch: DebugSwitch) -> str:
    name = switch.variable
    match switch.cause:
        case "text":
            return f'any text in {name} turns the debug mode on, "False" and "0" too: {_EFFECT}'
        case "inverted":
            return f"the debug mode is on unless {name} says otherwise, because the comparison is the wrong way round: {_EFFECT}"
        case "default":
            return f"no file sets {name}, so the debug mode is on for every visitor: {_EFFECT}"
    return f"debug mode is on for every visitor: {_EFFECT}"


RULE = Rule("A028", "django-debug", "warning", check)
