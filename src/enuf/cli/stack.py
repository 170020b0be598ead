"""The stack of the project that the command line names."""

from __future__ import annotations

import click

from enuf.cli.verb import current
from enuf.control import client
from enuf.model.paths import StackPaths


def entered_stack() -> StackPaths:
    """Return the folders of the project's stack, and become its user when we are root.

    Raise PrivilegeNeeded.
    """
    return client.enter_stack(current().typed_folder, _verb())


def located_stack() -> StackPaths:
    """Return the folders of the project's stack, and stay who we are. Raise PrivilegeNeeded."""
    return client.locate_stack(current().typed_folder, _verb())


def _verb() -> str:
    return str(click.get_current_context().info_name)
