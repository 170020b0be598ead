"""What all verbs share: the global flags, before or after the verb, and the way a verb is declared."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
_KEY = "enuf.globals"


@dataclasses.dataclass
class Globals:
    """The global flags of this run."""

    json: bool = False
    quiet: bool = False
    debug: bool = False
    no_color: bool = False
    project: str = ""

    @property
    def folder(self) -> Path:
        """The project's folder, absolute. Raises AppNotFound when it cannot be entered."""
        from enuf.errors import AppNotFound

        folder = Path(self.project or Path.cwd()).absolute()
        if not folder.is_dir() or not os.access(folder, os.R_OK | os.X_OK):
            raise AppNotFound(
                f"the project folder {folder} cannot be read",
                "name another with --project, or change its permissions",
            )
        return folder.resolve()


def current() -> Globals:
    """The global flags, wherever they were written on the command line."""
    found: Globals = click.get_current_context().meta.setdefault(_KEY, Globals())
    return found


def global_options(function: F) -> F:
    """Add the global flags to a verb or to the group."""

    def remember(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
        def callback(ctx: click.Context, _parameter: click.Parameter, value: Any) -> None:
            if value:
                setattr(ctx.meta.setdefault(_KEY, Globals()), name, value)

        return callback

    for name, text in (
        ("--no-color", "Plain text (also NO_COLOR)."),
        ("--debug", "Show enuf's own traceback when it fails."),
        ("--quiet", "Only errors."),
        ("--json", "One JSON document on stdout."),
    ):
        key = name.strip("-").replace("-", "_")
        function = click.option(
            name, is_flag=True, expose_value=False, is_eager=True, callback=remember(key), help=text
        )(function)
    return click.option(
        "--project",
        metavar="DIR",
        expose_value=False,
        is_eager=True,
        callback=remember("project"),
        help="The project (default: this folder).",
    )(function)


def verb(name: str, *, example: str, short: str = "") -> Callable[[Callable[..., Any]], click.Command]:
    """Declare a verb with an example in its help."""

    def declare(function: Callable[..., Any]) -> click.Command:
        settings = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
        return click.command(name, epilog=f"Example: {example}", short_help=short, context_settings=settings)(
            global_options(function)
        )

    return declare
