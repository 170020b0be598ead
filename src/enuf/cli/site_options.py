"""The options that `enuf install` and `enuf adopt` share, and their way into a request."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from enuf.install.requests import InstallOptions

F = TypeVar("F", bound=Callable[..., Any])


def site_name_option(function: F) -> F:
    """Add the option --name to a verb."""
    return click.option(
        "--name",
        metavar="NAME",
        help="Name of the site on this host (default: the name of the project's folder).",
    )(function)


def taken_install_options(words: dict[str, Any]) -> InstallOptions:
    """Take the options of an install out of the typed words, which keep the flags of settings, and return them."""
    from enuf.install.requests import InstallOptions

    return InstallOptions(**{key: words.pop(key) for key in InstallOptions.__struct_fields__ if key in words})
