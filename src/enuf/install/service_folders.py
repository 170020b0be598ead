"""The folders that an installed service reads, and those that it may write."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

import enuf
from enuf.errors import SettingsInvalid
from enuf.install.tree import HostTree
from enuf.model.plan import Plan

HOMES = ("/home", "/root", "/run/user")
"""Folders that a service with ProtectHome= does not see."""
TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108 - no file is made there
"""Folders that a service with PrivateTmp= does not see."""


class ServiceFolders(msgspec.Struct, frozen=True, kw_only=True):
    """The folders for which the definition of a service has lines of its own."""

    writable: tuple[str, ...]
    """Paths that the app may write."""
    protected: tuple[str, ...]
    """Code below a writable path."""
    needs_home: bool
    """The service reads a folder below HOMES."""
    bound: tuple[str, ...]
    """Folders below TEMPORARY that the service reads."""


def service_folders(
    plan: Plan, project: Path, writable_names: Sequence[str], tree: HostTree
) -> ServiceFolders:
    """Return the folders of a service; `writable_names` is the setting install.writable.

    Raise SettingsInvalid for a writable path that does not exist, or that holds the code that runs the app.
    """
    writable = tuple(map(tree.image_path, _writable(project, writable_names)))
    code = _code(plan, tree)
    _refuse_writable_code(writable, code, tree)
    read = _read(plan, tree)
    return ServiceFolders(
        writable=writable,
        protected=tuple(path for path in code if is_in(path, writable)),
        needs_home=any(is_in(path, HOMES) for path in read),
        bound=tuple(path for path in read if is_in(path, TEMPORARY)),
    )


def is_in(path: str, folders: Sequence[str]) -> bool:
    """Return True for a path in one of the folders, or equal to one."""
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _writable(project: Path, names: Sequence[str]) -> tuple[str, ...]:
    paths = [os.path.normpath(project / name) for name in names]
    for path in paths:
        if not Path(path).exists():
            raise SettingsInvalid(
                f"install.writable: there is no {path}",
                f"make it, and give it to who runs the app: mkdir {shlex.quote(path)}",
            )
        if path == "/":
            raise SettingsInvalid(
                "install.writable: / is everything", "name the folders that the app writes to"
            )
    return tuple(paths)


def _read(plan: Plan, tree: HostTree) -> tuple[str, ...]:
    """Return the folders of all that the service reads: project, app, Pythons, enuf and static files."""
    python = plan.toolchain.python
    named = (
        plan.paths.project, plan.app.directory, python.prefix, python.base_prefix, *_of_enuf(tree), *(folder.directory for folder in plan.static_folders), *(folder.directory for folder in plan.protected),
    )  # fmt: skip
    return tuple(dict.fromkeys(path for name in named for path in _with_target(name, tree)))


def _of_enuf(tree: HostTree) -> tuple[str, str, str]:
    """Return the folders of the Python that runs enuf, and of enuf, as they are in the tree."""
    prefix, base = tree.image_path(sys.prefix), tree.image_path(sys.base_prefix)
    return prefix, base, tree.image_path(str(Path(enuf.__file__).parent))


def _code(plan: Plan, tree: HostTree) -> tuple[str, ...]:
    """Return the folders of the code that the service, and root's next `enuf`, run: Pythons and enuf."""
    python = plan.toolchain.python
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    own_prefix, own_base, package = _of_enuf(tree)
    libraries = (f"{python.base_prefix}/lib/python{python.minor}", f"{own_base}/lib/python{own}")
    environments = [
        prefix
        for prefix, base in ((python.prefix, python.base_prefix), (own_prefix, own_base))
        if prefix != base
    ]
    named = (*environments, *libraries, package)
    return tuple(dict.fromkeys(path for name in named for path in _with_target(name, tree)))


def _refuse_writable_code(writable: Sequence[str], code: Sequence[str], tree: HostTree) -> None:
    """Raise SettingsInvalid where the app could change the code that runs it: root runs that code too."""
    for path in writable:
        if is_in(tree.real_path(path), code):
            raise SettingsInvalid(
                f"install.writable: {path} holds the code that runs the app",
                "name the folders that the app writes its data to",
            )


def _with_target(path: str, tree: HostTree) -> Iterator[str]:
    """Yield a path as it is written, and the path that its links lead to."""
    yield path
    yield tree.real_path(path)
