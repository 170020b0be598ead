"""The options that are settings, and their way into an invocation."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from enuf.cli.completion import assignments
from enuf.cli.help import SettingOption
from enuf.cli.verb import current
from enuf.errors import SettingsInvalid
from enuf.start.invocation import Invocation

if TYPE_CHECKING:
    from enuf.settings.fields import FieldInfo


ALSO = {"serve.listen": ("-b", "--bind"), "serve.processes": ("-w", "--workers")}
"""Names of other servers' command lines for a setting's flag, by key."""


def settings_flags(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add a flag for every setting that has one, with its help from the schema, and `--set` for all of them.

    `--host` and `--port` are two parts of `--listen`.
    """
    from enuf.settings.fields import dotted_keys
    from enuf.settings.shapes import Items, OneOrMore

    function = click.option(
        "--set",
        "assignments",
        metavar="KEY=VALUE",
        multiple=True,
        shell_complete=assignments,
        help="Any setting, by its name in enuf.toml; repeatable.",
    )(function)
    for field in reversed(list(dotted_keys().values())):
        if field.flag:
            many = isinstance(field.kind, Items | OneOrMore)
            function = click.option(
                *ALSO.get(field.key, ()),
                field.flag,
                _option_of(field),
                metavar="VALUE",
                multiple=many,
                cls=SettingOption,
                setting=field,
                choices=words_of(field),
                shell_complete=_values_of(field),
            )(function)
    port = "The port of --listen, at --host; 0 for a free one."
    host = "The address of --listen, at --port: 127.0.0.1 for this machine only, 0.0.0.0 for all."
    function = click.option("-p", "--port", "setting_port", metavar="PORT", help=port)(function)
    return click.option("--host", "setting_host", metavar="HOST", help=host)(function)


def _values_of(field: FieldInfo) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Return a completer of the words that a setting takes."""
    return lambda _ctx, _option, typed: [word for word in _named_values(field) if word.startswith(typed)]


def _named_values(field: FieldInfo) -> list[str]:
    """Return the words of a setting, also of one that takes other values besides."""
    from enuf.settings.kinds import OneOf

    if field.key in ("nginx", "uwsgi"):
        return ["embedded", "system"]
    return words_of(field) or (list(field.kind.choices) if isinstance(field.kind, OneOf) else [])


def words_of(field: FieldInfo) -> list[str]:
    """Return the words of a setting that takes only a few words; an empty list for any other setting."""
    from enuf.plan.topologies import TOPOLOGIES
    from enuf.settings.kinds import OneOf

    if field.key == "topology":
        return list(TOPOLOGIES)
    return list(field.kind.choices) if isinstance(field.kind, OneOf) and field.kind.other is None else []


def words_of_flag(name: str) -> list[str]:
    """Return the words of the setting behind an option of `settings_flags`; an empty list where it takes others too."""
    from enuf.settings.fields import dotted_keys

    fields = (each for each in dotted_keys().values() if each.flag and name == _option_of(each))
    return next(map(words_of, fields), [])


def _option_of(field: FieldInfo) -> str:
    return f"setting_{field.key.replace('.', '__')}"


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
        value = words.get(_option_of(field))
        if field.flag and value not in (None, ()):
            flags[field.key] = (field.flag, value)
    _join_host_and_port(flags, words.get("setting_host"), words.get("setting_port"))
    folder = project or current().folder
    return Invocation(project=str(folder), target=target or _flask_target(), flags=flags, dev=dev)


def _join_host_and_port(
    flags: dict[str, tuple[str, str | tuple[str, ...]]], host: str | None, port: str | None
) -> None:
    """Set `serve.listen` from `--host` and `--port`. Raise UsageError beside `--listen`."""
    from enuf.model.address import TcpAddress
    from enuf.settings.fields import dotted_keys

    if host is None and port is None:
        return
    typed = " ".join(flag for flag, value in (("--host", host), ("--port", port)) if value is not None)
    if "serve.listen" in flags:
        raise click.UsageError(f"{typed} and --listen both say where to listen: keep one of them")
    if host is not None and host.startswith("unix:"):
        raise click.UsageError(f"--host {host}: write --listen {host}")
    usual = dotted_keys()["serve.listen"].default
    assert isinstance(usual, TcpAddress)
    name = usual.host if host is None else host.strip("[]")
    number = str(usual.port) if port is None else port
    flags["serve.listen"] = (typed, (f"[{name}]:{number}" if ":" in name else f"{name}:{number}",))


def _flask_target() -> str | None:
    """Return the app that `flask --app X enuf up` names: Flask's own object is the context's object there."""
    info = click.get_current_context().obj
    return info.app_import_path if info is not None else None


def environment() -> dict[str, str]:
    """Return the process environment without FLASK_RUN_FROM_CLI, which `flask enuf` sets and the app must not see."""
    return {name: value for name, value in os.environ.items() if name != "FLASK_RUN_FROM_CLI"}
