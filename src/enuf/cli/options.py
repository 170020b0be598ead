"""The options that are settings, and their way into an invocation."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from enuf.cli.verb import current
from enuf.errors import SettingsInvalid
from enuf.start.invocation import Invocation


def settings_flags(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add a flag for every setting that has one, with its help from the schema, and `--set` for all of them."""
    from enuf.settings.fields import dotted_keys
    from enuf.settings.shapes import Items, OneOrMore

    function = click.option(
        "--set",
        "assignments",
        metavar="KEY=VALUE",
        multiple=True,
        help="Any setting, by its name in enuf.toml; repeatable.",
    )(function)
    for field in reversed(list(dotted_keys().values())):
        if field.flag:
            many = isinstance(field.kind, Items | OneOrMore)
            first_sentence = field.description.partition(". ")[0].rstrip(".") + "."
            function = click.option(
                field.flag,
                f"setting_{field.key.replace('.', '__')}",
                metavar="VALUE",
                multiple=many,
                help=first_sentence,
            )(function)
    return function


def invocation(
    target: str | None, dev: bool = False, *, project: Path | None = None, **words: Any
) -> Invocation:
    """Return the typed target and flags as an invocation, for the project without links, or for the one that is given.

    Raise SettingsInvalid for a `--set` without `=`.
    """
    from enuf.settings.fields import dotted_keys

    flags: dict[str, tuple[str, str | tuple[str, ...]]] = {}
    for assignment in words.get("assignments", ()):
        key, separator, value = assignment.partition("=")
        if not separator:
            raise SettingsInvalid(f"--set {assignment}: there is no =", "write it as --set serve.threads=4")
        flags[key.strip()] = (f"--set {key.strip()}", value)
    for field in dotted_keys().values():
        value = words.get(f"setting_{field.key.replace('.', '__')}")
        if field.flag and value not in (None, ()):
            flags[field.key] = (field.flag, value)
    folder = project or current().folder
    return Invocation(project=str(folder), target=target or _flask_target(), flags=flags, dev=dev)


def _flask_target() -> str | None:
    """Return the app that `flask --app X enuf up` names: Flask's own object is the context's object there."""
    info = click.get_current_context().obj
    return info.app_import_path if info is not None else None


def environment() -> dict[str, str]:
    """Return the process environment without FLASK_RUN_FROM_CLI, which `flask enuf` sets and the app must not see."""
    return {name: value for name, value in os.environ.items() if name != "FLASK_RUN_FROM_CLI"}
