"""A file name where a module name belongs."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import AppTarget, Evidence
from enuf.doctor.facts.programs import flask_names
from enuf.doctor.facts.uwsgi import comment_in
from enuf.doctor.rule import Rule, Sign, at_option, write_value
from enuf.syntax.uwsgi_config import Option


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every `module` that ends in .py or has a slash in it."""
    for server in evidence.servers:
        for option in server.config.all("module"):
            name, colon, tail = option.value.partition(":")
            if option.open or comment_in(option) or not (name.endswith(".py") or "/" in name):
                continue
            target = next((each for each in server.targets if each.option is option), None)
            module = name.removesuffix(".py").strip("./").replace("/", ".")
            yield _sign(option, module, tail if colon else _callable(target))


def _callable(target: AppTarget | None) -> str:
    """The name to put behind the colon: what is configured, else what the source has."""
    if target is None or target.callable_option:
        return ""
    names = flask_names(target.program) if target.program else ()
    return names[0] if len(names) == 1 else ""


def _sign(option: Option, module: str, name: str) -> Sign:
    value = f"{module}:{name}" if name else module
    return at_option(
        option,
        f"{option.key} takes the name of a module, and `{option.value}` is a file: Python finds no such module",
        hint=f"{option.key} = {value}",
        fix=write_value(option, value) if module else None,
    )


RULE = Rule("U013", "ini-callable-with-module-colon", "error", check)
