"""A harakiri shorter than what the code itself waits (F165)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonFile
from enuf.doctor.facts.python_import import dotted
from enuf.doctor.rule import Diagnostic, Rule, at_option


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every harakiri that is shorter than a constant sleep in a function of the app."""
    for server in evidence.servers:
        option = server.config.last("harakiri")
        seconds = option.number if option else None
        if option is None or not seconds:
            continue
        for python_file in server.python_files:
            longest = max(_sleeps(python_file), default=0.0)
            if longest >= seconds:
                file = python_file.path.rpartition("/")[2]
                yield at_option(
                    option,
                    f"harakiri ends a request after {seconds} s, but {file} sleeps {longest:g} s in one: "
                    "the worker is killed and nginx answers 502",
                    hint=f"harakiri = {int(longest) + 30}, and a uwsgi_read_timeout a few seconds above it",
                )


def _sleeps(python_file: PythonFile) -> Iterator[float]:
    """Yield the constant sleeps inside functions."""
    for function in python_file.nodes:
        if not isinstance(function, ast.FunctionDef) or not function.decorator_list:
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and dotted(node.func) in ("time.sleep", "sleep") and node.args:
                value = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
                if isinstance(value, int | float):
                    yield float(value)


RULE = Rule("U004", "harakiri-502", "warning", check)
