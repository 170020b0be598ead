"""A harakiri that ends requests which the code itself makes longer (F165)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Program
from enuf.doctor.facts.programs import dotted
from enuf.doctor.rule import Rule, Sign, at_option


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every harakiri that is shorter than a constant sleep in a function of the app."""
    for server in evidence.servers:
        option = server.config.last("harakiri")
        seconds = option.number if option else None
        if option is None or not seconds:
            continue
        for program in server.programs:
            longest = max(_sleeps(program), default=0.0)
            if longest >= seconds:
                file = program.path.rpartition("/")[2]
                yield at_option(
                    option,
                    f"harakiri ends a request after {seconds} s, but {file} sleeps {longest:g} s in one: "
                    "the worker is killed and nginx answers 502",
                    hint=f"harakiri = {int(longest) + 30}, and a uwsgi_read_timeout a few seconds above it",
                )


def _sleeps(program: Program) -> Iterator[float]:
    """The constant sleeps inside of functions."""
    for function in ast.walk(program.tree) if program.tree else ():
        if not isinstance(function, ast.FunctionDef) or not function.decorator_list:
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and dotted(node.func) in ("time.sleep", "sleep") and node.args:
                value = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
                if isinstance(value, int | float):
                    yield float(value)


RULE = Rule("U004", "harakiri-502", "warning", check)
