"""The stack of a project, for the verbs that ask or change it."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from enuf.cli.verb import current
from enuf.errors import AnswerIsNo, NotRunning, PrivilegeNeeded
from enuf.model.paths import StackPaths
from enuf.system.files import is_locked
from enuf.system.orders import Order, give_order
from enuf.system.place import locate, stranger

if TYPE_CHECKING:
    from enuf.system.user import User


def paths_of_ours() -> StackPaths:
    """Where the project's stack is, running or not. Raises PrivilegeNeeded when another user has it.

    Root goes on as the stack's own user: the files in a folder of that user are not to be trusted with more.
    """
    paths = known_paths()
    owner = other_owner(paths)
    if owner is not None:
        from enuf.system.user import become

        become(owner)
    return paths


def known_paths() -> StackPaths:
    """The same, and we stay who we are."""
    project = current().folder
    paths = locate(project)
    if not is_locked(Path(paths.lock)) and (name := stranger(project)):
        raise PrivilegeNeeded(
            f"the stack of {project} belongs to {name}",
            f"sudo enuf {click.get_current_context().info_name} --project {shlex.quote(str(project))}",
        )
    return paths


def other_owner(paths: StackPaths) -> User | None:
    """As root: the user who has the stack, unless that is root too."""
    if os.geteuid() != 0 or not Path(paths.runtime).is_dir():
        return None
    from enuf.system.user import owner_of

    owner = owner_of(Path(paths.runtime))
    return owner if owner.uid != 0 else None


def ask(paths: StackPaths, order: Order, timeout_s: float | None = None) -> dict[str, Any]:
    """The supervisor's answer. Raises NotRunning, AnswerIsNo when it runs and is silent, or the EnufError that it answers."""
    try:
        return give_order(paths, order, timeout_s)
    except NotRunning:
        if not is_locked(Path(paths.lock)):
            raise
        raise AnswerIsNo(
            f"the stack of {paths.project} takes no orders: it is just starting or ending",
            f"wait for it with: enuf status --wait 30s; it writes to {paths.log}/enuf.log",
            slug="not-answering",
        ) from None
