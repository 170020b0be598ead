"""Warnings about an image: parts that the service needs and that the image does not have yet."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from enuf.install.services.base import ServiceUser
from enuf.install.target_host import TargetHost
from enuf.model.plan import Plan


def image_warnings(plan: Plan, user: ServiceUser, host: TargetHost) -> Iterator[str]:
    """Yield a sentence for each missing part.

    A running host has them all: its own files were planned with.
    """
    if host.servers.are_live:
        return
    needed = {
        plan.paths.project: "the project",
        plan.toolchain.python.executable: "the app's Python",
        host.tree.image_path(sys.executable): "the Python that runs enuf",
    }
    for path, what in needed.items():
        if not os.path.lexists(host.tree.local_path(path)):
            yield f"the image has no {path} yet, {what}: without it the service does not start"
    if not user.dynamic and user.name != "root" and host.tree.account_id(user.name, "passwd") is None:
        yield f"the image has no user {user.name} yet: without it the service does not start"
