"""A file name in the place of a module name."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import AppTarget, Evidence
from enuf.doctor.facts.python_import import flask_names
from enuf.doctor.facts.uwsgi import comment_in
from enuf.doctor.rule import Diagnostic, Rule, at_option, write_value
from enuf.syntax.uwsgi_config import ParsedOption


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every `module` that ends in .py or contains a slash."""
    for server in evidence.servers:
        for option in server.config.all("module"):
            name, colon, tail = option.value.partition(":")
            if option.unresolved or comment_in(option) or not (name.endswith(".py") or "/" in name):
                continue
            target = next((each for each in server.targets if each.option is option), None)
            module = name.removesuffix(".py").strip("./").replace("/", ".")
            yield _diagnostic(option, module, tail if colon else _callable(target))


def _callable(target: AppTarget | None) -> str:
    """Return the name to write after the colon: the configured one, else the one in the source."""
    if target is None or target.callable_option:
        return ""
    names = flask_names(target.python_file) if target.python_file else ()
    return names[0] if len(names) == 1 else ""


def _diagnostic(option: ParsedOption, module: str, name: str) -> Diagnostic:
    value = f"{module}:{name}" if name else module
    return at_option(
        option,
        f"{option.key} takes the name of a module, and `{option.value}` is a file: Python finds no such module",
        hint=f"{option.key} = {value}",
        fix=write_value(option, value) if module else None,
    )


RULE = Rule("U013", "ini-callable-with-module-colon", "error", check)
