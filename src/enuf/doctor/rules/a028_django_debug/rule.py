"""A Django project whose settings turn the debug mode on, behind a server for production."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.evidence import AnyServer, Evidence, PythonServer
from enuf.doctor.facts.app_servers import service_is_dev
from enuf.doctor.facts.django_debug import DebugSwitch, debug_switch
from enuf.doctor.facts.server_machines import machines_of
from enuf.doctor.facts.workers import all_servers
from enuf.doctor.rule import Diagnostic, Rule, at_line, at_node, by_hand
from enuf.doctor.service_variables import DeployedVariable

_FOR_WORK = re.compile(r"(?:^|[._-])(?:dev|devel|development|local|example|sample|template|test)(?:[._-]|$)")
_EFFECT = "an error shows the source, the settings and the variables, and each SQL query stays in memory"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every served settings module whose last DEBUG is on, or on for a text that means off."""
    for server in all_servers(evidence):
        switch = debug_switch(evidence, server)
        if switch and switch.cause == "set":
            if switch.set_by and _is_served(evidence, server, switch.set_by):
                yield _of_variable(switch.set_by)
        elif switch:
            variable = switch.variable or "DEBUG"
            yield at_node(
                switch.python_file.path,
                switch.node,
                _message(switch),
                hint=f'DEBUG = os.environ.get("{variable}") == "1"',
                fix=by_hand("read DEBUG from the environment"),
            )


def _of_variable(variable: DeployedVariable) -> Diagnostic:
    return at_line(
        variable.file,
        variable.line,
        f"{variable.name} turns the debug mode on for every visitor: {_EFFECT}",
        hint=f"{variable.name}=   (empty, or the word that the settings take for off)",
        fix=by_hand("turn the debug mode off"),
    )


def _is_served(evidence: Evidence, server: AnyServer, variable: DeployedVariable) -> bool:
    """Return True for a variable of a deployment that is no one for development, and that C008 does not report."""
    if _FOR_WORK.search(posixpath.basename(variable.file)):
        return False
    services = [each.service for each in machines_of(evidence, server)]
    if any(each and service_is_dev(each, evidence) for each in services):
        return False
    file = evidence.file(variable.file)
    of_image = file is not None and file.kind == "dockerfile"
    return of_image or not isinstance(server, PythonServer)


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
