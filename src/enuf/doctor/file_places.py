"""Where files lie in an image or a container: its paths, and the checked files or volumes behind them."""

from __future__ import annotations

import fnmatch
import posixpath
from bisect import bisect_left
from collections.abc import Iterable

import msgspec

_MOST = 500
"""Copies and mounts of one container that are followed."""
_FOLDERS = frozenset(
    [
        *(
            "/app",
            "/code",
            "/src",
            "/srv",
            "/opt",
            "/usr/src/app",
            "/root",
            "/home",
            "/bin",
            "/usr/bin",
            "/etc",
        ),
        *("/usr/local/bin", "/var/www", "/var/www/html", "/usr/share/nginx/html", "/etc/nginx"),
        *(f"/etc/nginx/{name}" for name in ("sites-enabled", "sites-available", "snippets", "templates")),
    ]
)
"""Folders that images have, so that a file that is copied to such a path goes inside."""


class FileTree:
    """The paths of the checked files, for the question whether a path is a file or a folder of theirs."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = sorted(paths)
        self._files = frozenset(self._paths)

    def is_file(self, path: str) -> bool:
        """Return True for one of the files."""
        return path in self._files

    def below(self, folder: str) -> list[str]:
        """Return the files below a folder."""
        start = folder.rstrip("/") + "/"
        first = bisect_left(self._paths, start)
        last = bisect_left(self._paths, start[:-1] + "0")  # the character behind the slash
        return self._paths[first:last]

    def is_folder(self, path: str) -> bool:
        """Return True if one of the files lies below the path."""
        start = path.rstrip("/") + "/"
        first = bisect_left(self._paths, start)
        return first < len(self._paths) and self._paths[first].startswith(start)

    def matching(self, pattern: str) -> list[str]:
        """Return the path, or the files that match the wildcards in it."""
        if not any(char in pattern for char in "*?["):
            return [pattern]
        folder = posixpath.dirname(pattern)
        while any(char in folder for char in "*?["):
            folder = posixpath.dirname(folder)
        depth = pattern.count("/")
        found = [each for each in self.below(folder) if each.count("/") == depth]
        return [each for each in found if fnmatch.fnmatchcase(each, pattern)][:_MOST]


class HeldPath(msgspec.Struct, frozen=True):
    """A path in a container, and what is there: a checked path, or with a prefix a `volume:` or an `image:`'s own."""

    target: str
    source: str


class FilePlaces(msgspec.Struct, frozen=True):
    """The copies and mounts of one container, the later over the earlier."""

    places: tuple[HeldPath, ...]

    def added(self, source: str, target: str) -> FilePlaces:
        """Return the places with one more, unless there are too many."""
        return FilePlaces((*self.places, HeldPath(target, source))) if len(self.places) < _MOST else self

    def copied(self, source: str, target: str, into: bool, tree: FileTree) -> FilePlaces:
        """Return the places after `COPY source target`. A file goes into a folder, the content of a folder on it."""
        is_file = tree.is_file(source) or (source.startswith("image:") and "." in posixpath.basename(source))
        if is_file and (into or self._is_folder(source, target)):
            return self.added(source, posixpath.join(target, posixpath.basename(source)))
        return self.added(source, target)

    def linked(self, source: str, target: str) -> FilePlaces:
        """Return the places after `ln -s source target` in the container."""
        if target.endswith("/") or self._is_folder(source, target):
            target = posixpath.join(target, posixpath.basename(source))
        found = self.source(source)
        return self.added(found, posixpath.normpath(target)) if found else self

    def _is_folder(self, source: str, target: str) -> bool:
        if target in _FOLDERS or target.endswith(".d"):
            return True
        name = posixpath.basename(target)
        return (
            "." in posixpath.basename(source)
            and "." not in name
            and any(each.target == target and posixpath.basename(each.source) != name for each in self.places)
        )

    def source(self, path: str, *, volumes: bool = True) -> str:
        """Return what lies at a path of the container, empty if that is the image's own or unknown.

        Without `volumes` that is what the image has there: Docker fills a new volume with it.
        """
        for place in reversed(self.places):
            if not volumes and place.source.startswith("volume:"):
                continue
            if path == place.target:
                return place.source
            if path.startswith(place.target.rstrip("/") + "/"):
                rest = path[len(place.target.rstrip("/")) + 1 :]
                return f"{place.source.rstrip('/')}/{rest}"
        return ""

    def targets(self, source: str) -> list[str]:
        """Return the paths of the container at which a checked file lies."""
        found = []
        for place in self.places:
            if source == place.source:
                found.append(place.target)
            elif source.startswith(place.source.rstrip("/") + "/"):
                rest = source[len(place.source.rstrip("/")) + 1 :]
                found.append(f"{place.target.rstrip('/')}/{rest}")
        return [each for each in found if self.source(each, volumes=False) == source]
