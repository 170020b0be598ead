"""The stack that the command line names: that of an installed site, or of a project."""

from __future__ import annotations

from pathlib import Path

import click

from enuf.cli.site_names import asked_site
from enuf.cli.verb import current
from enuf.control import client
from enuf.errors import AppNotFound
from enuf.model.paths import StackPaths


def entered_stack() -> StackPaths:
    """Return the folders of the named stack, and become its user when we are root. Raise NotRunning or PrivilegeNeeded."""
    return client.enter_located(located_stack())


def located_stack() -> StackPaths:
    """Return the folders of the named stack, and stay who we are. Raise NotRunning or PrivilegeNeeded."""
    word = current().site
    return client.locate_site(asked_site(word)) if word else client.locate_stack(_project(), _verb())


def _project() -> Path:
    """Return the project's folder, also one that is gone, or a link to nowhere, while its stack runs.

    Raise AppNotFound.
    """
    try:
        return current().typed_folder
    except AppNotFound:
        folder = current().named_folder
        if client.stack_of_missing(folder) is None:
            raise
        return folder


def _verb() -> str:
    return str(click.get_current_context().info_name)
