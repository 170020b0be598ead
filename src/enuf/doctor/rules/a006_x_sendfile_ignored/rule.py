"""Files that Flask leaves to the server by a header that nginx does not know."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_settings import flask_settings
from enuf.doctor.facts.load_steps import value_behind
from enuf.doctor.rule import Diagnostic, Rule, at_node, by_hand


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every USE_X_SENDFILE that is on in an app behind nginx."""
    if any("X-Accel-Redirect" in python_file.text for python_file in evidence.python_files):
        return
    for server in evidence.servers:
        behind = bool(evidence.pairs_of(server))
        for setting in flask_settings(evidence, server):
            if setting.name != "USE_X_SENDFILE":
                continue
            value = value_behind(setting.step, setting.value) if setting.step else setting.value
            if not isinstance(value, ast.Constant) or not value.value:
                continue  # off, or left to the environment
            sure = behind and setting.sure
            yield at_node(
                setting.python_file.path,
                setting.node,
                "with USE_X_SENDFILE Flask sends an X-Sendfile header in place of the file, and nginx does not know it: "
                "downloads arrive empty",
                severity=None if sure else "warning" if behind else "advice",
                hint="take USE_X_SENDFILE out; nginx knows X-Accel-Redirect and an `internal` location",
                fix=by_hand("take USE_X_SENDFILE out, or answer with X-Accel-Redirect"),
            )


RULE = Rule("A006", "x-sendfile-ignored", "error", check)
