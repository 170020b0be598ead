"""The word that names an installed site, or another project, on the command line of every verb but `up`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from enuf.cli.site_names import is_site, names_of_sites, unknown_site
from enuf.cli.verb import current

F = TypeVar("F", bound=Callable[..., Any])


def site_argument(function: F) -> F:
    """Add the argument [SITE] to a verb: the name of an installed site, or a folder of a project.

    Without the argument, the project of --project is meant, or that of the current folder.
    """
    return click.argument(
        "site",
        required=False,
        metavar="[SITE]",
        expose_value=False,
        callback=lambda _ctx, _parameter, word: name_site(word) if word else None,
        shell_complete=names_of_sites,
    )(function)


def name_site(word: str) -> None:
    """Let this run be about an installed site, or about the project in a folder.

    Raise NotRunning where the word is neither; click's UsageError beside --project.
    """
    flags = current()
    if flags.project:
        raise click.UsageError(f"{word} and --project {flags.project} both name a project: keep one of them")
    if is_site(word):
        flags.site = word
    elif os.sep in word or Path(word).is_dir():
        flags.project = word
    else:
        raise unknown_site(word)
