"""The folders that an installed service reads, and those that it may write."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

import enuf
from enuf.errors import SettingsInvalid
from enuf.install.tree import HostTree
from enuf.model.plan import Plan
from enuf.system.mounts import Mount, mounts_now, real_names
from enuf.system.trust import way_to

HOMES = ("/home", "/root", "/run/user")
"""Folders that a service with ProtectHome= does not see."""
TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108 - no file is made there
"""Folders that a service with PrivateTmp= does not see."""


SHARED_PREFIXES = ("/usr", "/usr/local")
"""Prefixes of Pythons that share their folders with the rest of a system."""


class ServiceFolders(msgspec.Struct, frozen=True, kw_only=True):
    """The folders for which the definition of a service has lines of its own."""

    writable: tuple[str, ...]
    """Paths that the app may write."""
    protected: tuple[str, ...]
    """Entries of writable folders that hold code, or lead to it."""
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
    writable = _writable(project, writable_names)
    read = _read(plan, tree)
    protected = protected_entries(writable, _code(plan, tree), mounts_now())
    return ServiceFolders(
        writable=tuple(tree.image_path(_above(path, protected)) for path in writable),
        protected=tuple(map(tree.image_path, protected)),
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
    """Return where the code that the service, and root's next `enuf`, run lies on this machine: Pythons, libraries, enuf."""
    python = plan.toolchain.python
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    # An image may run a project, and its Python, from outside of the image too.
    is_inside = tree.local_path(python.executable).exists()
    here: Callable[[str], Path] = tree.local_path if is_inside else Path
    named = [
        here(python.executable),
        Path(sys.executable),
        Path(enuf.__file__).parent,
        *map(Path, filter(None, sys.path)),
    ]
    pythons = (
        (python.prefix, python.base_prefix, python.minor, here),
        (sys.prefix, sys.base_prefix, own, Path),
    )
    for prefix, base, minor, place in pythons:
        named += [place(prefix)] if prefix != base else []
        # Of the system's own Python only the library: /usr holds much else.
        named.append(place(f"{base}/lib/python{minor}" if base in SHARED_PREFIXES else base))
    return tuple(dict.fromkeys(os.path.abspath(path) for path in named))  # noqa: PTH100 - links are judged


def protected_entries(
    writable: Sequence[str], code: Sequence[str], mounts: tuple[Mount, ...] = ()
) -> tuple[str, ...]:
    """Return the entries of the writable folders by which code is reached, also by links and second mounts.

    The whole entry stays read-only: a folder above the code could be renamed, with the code in it, and replaced. Raise
    SettingsInvalid for a writable path that is code itself, and where the app could replace a link on the way to code.
    """
    reals = {path: os.path.realpath(path) for path in writable}
    for path in writable:
        _refuse_movable(path, tuple(reals.values()))
    found = dict[str, None]()
    for place in code:
        passed = [*map(str, way_to(Path(place))), *real_names(place, mounts)]
        for path, real in reals.items():
            if is_in(real, real_names(place, mounts)):
                raise _writable_code(path)
            found |= dict.fromkeys(_entry(path, real, step) for step in passed if step.startswith(f"{real}/"))
    return tuple(found)


def _above(path: str, protected: Sequence[str]) -> str:
    """Return a writable path; without its links where it holds protected entries.

    systemd 252 mounts a writable folder behind a link last, over the read-only entries in the folder.
    """
    real = os.path.realpath(path)
    return real if any(is_in(entry, (real,)) for entry in protected) else path


def _entry(path: str, real: str, step: str) -> str:
    """Return the entry of a writable folder in which a step on the way to code lies. Raise SettingsInvalid for a link."""
    name = step[len(real) + 1 :].partition("/")[0]
    if Path(real, name).is_symlink():
        raise _movable(path, f"{real}/{name}", "the code that runs the app")
    return f"{real}/{name}"


def _refuse_movable(path: str, reals: tuple[str, ...]) -> None:
    """Raise SettingsInvalid for a writable path behind a link that the app could point elsewhere."""
    for step in way_to(Path(path)):
        if step.is_symlink() and is_in(str(step.parent), reals):
            raise _movable(path, str(step), "a writable path")


def _movable(path: str, link: str, what: str) -> SettingsInvalid:
    return SettingsInvalid(
        f"install.writable: {path} would let the app replace the link {link}, which leads to {what}",
        "name the folders that the app writes its data to, without that link",
    )


def _writable_code(path: str) -> SettingsInvalid:
    return SettingsInvalid(
        f"install.writable: {path} holds the code that runs the app",
        "name the folders that the app writes its data to",
    )


def _with_target(path: str, tree: HostTree) -> Iterator[str]:
    """Yield a path as it is written, and the path that its links lead to."""
    yield path
    yield tree.real_path(path)
