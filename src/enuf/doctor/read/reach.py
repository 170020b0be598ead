"""Which files one file's configuration can mean: those of its container, or those of the machine that it is from.

The machine that runs the doctor decides nothing about a checkout that is meant for another one: its own /etc/nginx
is read for configurations that lie in the host's own folders, and for no others.
"""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Callable, Mapping, Sequence

import msgspec

from enuf.doctor.file_places import FileTree
from enuf.doctor.machine import Container

_OF_THIS_HOST = ("/etc/", "/usr/", "/opt/", "/srv/", "/var/", "/lib/", "/run/")
"""Where installed configurations lie, and checkouts do not."""


def is_of_this_host(path: str) -> bool:
    """Return True for a configuration in a folder of an installed system, which a checkout does not lie in."""
    return path.startswith(_OF_THIS_HOST)


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """The ways to files, from the point of view of a configuration."""

    texts: Mapping[str, str]
    tree: FileTree
    roots: Sequence[str]
    machines: Sequence[Container]
    read_host: Callable[[str], str | None]
    glob_host: Callable[[str], Sequence[str]]
    exists_host: Callable[[str, str], bool | None]

    def machines_with(self, path: str) -> tuple[Container, ...]:
        """Return the containers in which a checked file lies."""
        return tuple(each for each in self.machines if each.paths_of(path))

    def may_ask_host(self, owner: str, path: str, machines: Sequence[Container]) -> bool:
        """Return True if a path in the file `owner` means a path of the machine that runs the doctor."""
        around = posixpath.dirname(posixpath.dirname(owner)).rstrip("/")
        near = path.startswith((f"{around}/", *(f"{root.rstrip('/')}/" for root in self.roots)))
        return near or (not machines and is_of_this_host(owner))

    def reader(self, owner: str, machines: Sequence[Container]) -> Callable[[str], str | None]:
        """Return a function that reads the file which a path in `owner` means."""

        def read(path: str) -> str | None:
            text = self.texts.get(self.located(path, machines))
            if text is None and self.may_ask_host(owner, path, machines):
                text = self.read_host(path)
            return text

        return read

    def globber(self, owner: str, machines: Sequence[Container]) -> Callable[[str], Sequence[str]]:
        """Return a function that lists the files which a pattern in `owner` means, by names that can be read."""

        def glob(pattern: str) -> Sequence[str]:
            found = [path for path in self.tree.matching(pattern) if self.tree.is_file(path)]
            for machine in machines:
                for path in self.texts:
                    held = machine.paths_of(path)
                    if any(fnmatch.fnmatchcase(each, pattern) for each in held):
                        found.append(path)
            if self.may_ask_host(owner, pattern, machines):
                found += self.glob_host(pattern)
            return sorted(dict.fromkeys(found))

        return glob

    def exists(self, owner: str, machines: Sequence[Container]) -> Callable[[str, str], bool | None]:
        """Return a function that says whether a path of `owner`'s machine exists, None where that is unknown."""

        def is_there(path: str, kind: str) -> bool | None:
            held = self.located(path, machines)
            if self.tree.is_file(held):
                return kind != "dir"
            if self.tree.is_folder(held):
                return kind != "file"
            return self.exists_host(path, kind) if self.may_ask_host(owner, path, machines) else None

        return is_there

    def located(self, path: str, machines: Sequence[Container]) -> str:
        """Return the checked path behind a path of a container, else the path itself."""
        for machine in machines:
            found = machine.source(path)
            if found and (self.tree.is_file(found) or self.tree.is_folder(found)):
                return found
        return path
