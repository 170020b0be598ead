"""A command that gunicorn had once: `gunicorn_django`, `gunicorn_paster`, `manage.py run_gunicorn`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_line

_KINDS = ("supervisor", "unit", "procfile", "script", "compose", "dockerfile")
_REMOVED = re.compile(
    r"^(?P<before>[^#;\n]{0,400}?)\b(?P<command>gunicorn_django|gunicorn_paster|run_gunicorn)(?![\w.-])"
)
_OLD = re.compile(r"^[ \t]*gunicorn[ \t]*[=<~]=?[ \t]*(?:0|1[0-8])\.", re.MULTILINE | re.IGNORECASE)
_INSTEAD = {
    "gunicorn_django": "gunicorn project.wsgi:application",
    "run_gunicorn": "gunicorn project.wsgi:application",
    "gunicorn_paster": "gunicorn --paste production.ini",
}


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every start by such a command, unless the requirements pin a gunicorn that still has it."""
    if any(_OLD.search(file.text) for file in evidence.of_kind("packages")):
        return
    for file in evidence.of_kind(*_KINDS):
        yield from _in_file(evidence, file)


def _in_file(evidence: Evidence, file: SourceFile) -> Iterator[Diagnostic]:
    if not any(name in file.text for name in _INSTEAD) or is_template(evidence, file.path):
        return
    for number, line in enumerate(file.text.splitlines(), 1):
        found = _REMOVED.match(line)
        before = found["before"] if found else ""
        if found and not re.search(r"\b(?:pkill|killall|pgrep|grep|ps|install|echo)\b", before):
            name = found["command"]
            yield at_line(
                file.path,
                number,
                f"no current gunicorn has the command {name}: the server does not start",
                found.start("command") + 1,
                found.end("command") + 1,
                severity="warning" if file.kind == "script" else None,
                hint=_INSTEAD[name],
            )


RULE = Rule("G031", "removed-command", "error", check)
