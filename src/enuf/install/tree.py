"""A host's files: the state of a path is read, changed and restored exactly, and flushed to the disk."""

from __future__ import annotations

import contextlib
import errno
import os
import shlex
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec.structs import replace

from enuf.errors import SettingsInvalid
from enuf.install.change import (
    HostChange,
    MakeFolder,
    MakeLink,
    MakeLog,
    RemovePath,
    WriteFile,
    digest_of_link,
)
from enuf.model.site import digest_of_bytes
from enuf.plan.in_image import path_in_image
from enuf.system import files

TEXT_LIMIT_BYTES = 2**24
STORES = ("/nix/store", "/gnu/store")
"""Folders of package managers that build the whole system, /etc included, from a configuration."""


class PathState(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a path, complete enough to restore it."""

    kind: str = "nothing"
    """`nothing`, `file`, `link`, `folder`, or `other` for a kind that enuf never changes."""
    mode: int = 0
    uid: int = 0
    gid: int = 0
    changed_ns: int = 0
    """Modification time in nanoseconds since the epoch."""
    content: bytes = b""
    target: str = ""

    @property
    def exists(self) -> bool:
        """False where there is no file, link or folder."""
        return self.kind != "nothing"

    @property
    def digest(self) -> str:
        """The digest of a file or a link; empty for any other kind."""
        if self.kind == "file":
            return digest_of_bytes(self.content)
        return digest_of_link(self.target) if self.kind == "link" else ""


class HostTree:
    """A host's files below a root, which is `/` on the host itself."""

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root

    @property
    def where(self) -> str:
        """The tree in words of a message: `on this host`, or `in /srv/image`."""
        return "on this host" if self.is_this_host else f"in {self.root}"

    @property
    def root_option(self) -> str:
        """The end of a command line that names this tree; empty for the host itself."""
        return "" if self.is_this_host else f" --root {shlex.quote(str(self.root))}"

    @property
    def is_this_host(self) -> bool:
        """False for the tree of an image."""
        return self.root == Path("/")

    def local_path(self, path: str) -> Path:
        """Return the path here of a path of the host."""
        return self.root / path.lstrip("/")

    def image_path(self, path: str) -> str:
        """Return a path of this machine as it is in the tree: without the tree's root where the path lies in there."""
        return path if self.is_this_host else path_in_image(path, str(self.root))

    def real_path(self, path: str) -> str:
        """Return a path of the host with all links followed; as it is where a link leads out of the tree."""
        real = os.path.realpath(self.local_path(path))
        return self.image_path(real) if Path(real).is_relative_to(self.root) else path

    def refuse_escape(self, path: str) -> None:
        """Raise SettingsInvalid where a link on the way leads out of the tree, into another host's files.

        Also where the folder lies in the store of a package manager, whose files nobody else may change.
        """
        folder = Path(os.path.realpath(self.local_path(path).parent))
        store = next((each for each in STORES if folder.is_relative_to(self.local_path(each))), None)
        if store:
            raise SettingsInvalid(
                f"{self.local_path(path).parent} lies in {store}: the files there are made from the system's own configuration, and replaced with it",
                "declare the site and the service in that configuration: enuf render DIR writes the lines",
                slug="store",
            )
        if not folder.is_relative_to(self.root):
            raise SettingsInvalid(
                f"{self.local_path(path).parent} leads to {folder}, outside of {self.root}",
                "make the link relative, as the tools that build images do",
            )

    def state(self, path: str, *, with_content: bool = True) -> PathState:
        """Return the state of a path, which holds no content of a file unless `with_content`. Raise OSError where it cannot be read.

        For a user other than root, who can only be shown a change, a file of root's alone has no content, and a folder of
        root's alone is empty.
        """
        place = self.local_path(path)
        try:
            status = place.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return PathState()
        except PermissionError:
            if os.geteuid() == 0:
                raise
            return PathState()
        state = PathState(
            mode=stat.S_IMODE(status.st_mode),
            uid=status.st_uid,
            gid=status.st_gid,
            changed_ns=status.st_mtime_ns,
        )
        if stat.S_ISLNK(status.st_mode):
            return replace(state, kind="link", target=str(place.readlink()))
        if stat.S_ISREG(status.st_mode):
            return replace(state, kind="file", content=_content(place) if with_content else b"")
        return replace(state, kind="folder" if stat.S_ISDIR(status.st_mode) else "other")

    def apply(self, change: HostChange) -> None:
        """Make a change and flush it to the disk. Raise OSError."""
        place = self.local_path(change.path)
        match change:
            case MakeFolder(mode=mode, group=group):
                with contextlib.suppress(FileExistsError):
                    place.mkdir()
                    with _held(place, os.O_DIRECTORY) as folder:
                        _change_owner(folder, None, group)
                        os.fchmod(folder, mode)
            case MakeLog(mode=mode, owner=owner, group=group):
                # The folder of nginx's logs belongs to nginx's user, who could replace the file at once.
                with (
                    contextlib.suppress(FileExistsError),
                    _held(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as file,
                ):
                    _change_owner(file, owner, group)
                    os.fchmod(file, mode)
            case WriteFile(text=text, mode=mode):
                _write_file(place, text.encode(), mode)
            case MakeLink(target=target):
                _make_link(place, target)
            case RemovePath():
                _remove(place)
        _sync_existing_folder(place.parent)

    def close_log(self, log: MakeLog) -> bool:
        """Give a log that everybody may open its own owner and mode. Return True for such a log.

        nginx makes a log that is missing, readable for everybody.
        """
        try:
            with _held(self.local_path(log.path), os.O_RDONLY | os.O_NONBLOCK) as file:
                status = os.fstat(file)
                if not stat.S_ISREG(status.st_mode) or not status.st_mode & stat.S_IRWXO:
                    return False
                _change_owner(file, log.owner, log.group)
                os.fchmod(file, log.mode)
                return True
        except OSError:
            return False

    def restore(self, path: str, before: PathState) -> None:
        """Restore a path with content, mode, owner and time. Repeating it is harmless. Raise OSError."""
        place = self.local_path(path)
        _remove(_temporary_path(place))
        if self.state(path) == before:
            return
        match before.kind:
            case "nothing":
                _remove(place)
            case "file":
                _write_file(place, before.content, before.mode, before)
            case "link":
                _make_link(place, before.target)
                os.chown(place, before.uid, before.gid, follow_symlinks=False)
                os.utime(place, ns=(before.changed_ns, before.changed_ns), follow_symlinks=False)
            case "folder":
                with contextlib.suppress(FileExistsError):
                    place.mkdir()
                with _held(place, os.O_DIRECTORY) as folder:
                    os.fchown(folder, before.uid, before.gid)
                    os.fchmod(folder, before.mode)
        _sync_existing_folder(place.parent)

    def read_text(self, path: str) -> str:
        """Return the text of a regular file of the host.

        Raise OSError, also for a link that leads out of the tree.
        """
        place = Path(os.path.realpath(self.local_path(path)))
        if not place.is_relative_to(self.root):
            raise OSError(errno.EXDEV, f"it leads to {place}, outside of {self.root}", str(place))
        return files.read_regular(place, TEXT_LIMIT_BYTES).decode(errors="replace")

    def names_in(self, folder: str) -> list[str]:
        """Return the sorted names in a folder; an empty list when it cannot be read."""
        try:
            return sorted(os.listdir(self.local_path(folder)))  # noqa: PTH208 - names, no paths
        except OSError:
            return []

    def account_name(self, number: int, table: str) -> str:
        """Return the name of a user (`passwd`) or group (`group`) in the host's own table; empty if unknown."""
        return next((fields[0] for fields in self._accounts(table) if fields[2] == str(number)), "")

    def primary_group(self, user: str) -> str:
        """Return the name of a user's own group in the host's tables; empty if unknown."""
        rows = (fields for fields in self._accounts("passwd") if fields[0] == user and len(fields) > 3)
        number = next((fields[3] for fields in rows), "")
        return self.account_name(int(number), "group") if number.isdecimal() else ""

    def _accounts(self, table: str) -> Iterator[list[str]]:
        with contextlib.suppress(OSError):
            for line in self.read_text(f"/etc/{table}").splitlines():
                fields = line.split(":")
                if len(fields) > 2:
                    yield fields

    def account_id(self, name: str, table: str) -> int | None:
        """Return the id of a user (`passwd`) or group (`group`) in the host's own table; None if unknown."""
        numbers = (fields[2] for fields in self._accounts(table) if fields[0] == name)
        return next((int(number) for number in numbers if number.isdecimal()), None)

    def remove_all(self, path: str) -> None:
        """Remove what a program has made in enuf's name: file, link or whole folder.

        A link is not followed; errors are ignored.
        """
        place = self.local_path(path)
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                place.unlink()

    def remove_empty_folder(self, path: str) -> None:
        """Remove a folder unless it contains anything; errors are ignored."""
        with contextlib.suppress(OSError):
            self.local_path(path).rmdir()


def _content(place: Path) -> bytes:
    try:
        with _held(place, os.O_RDONLY | os.O_NONBLOCK) as file, os.fdopen(os.dup(file), "rb") as source:
            return source.read() if stat.S_ISREG(os.fstat(file).st_mode) else b""
    except PermissionError:
        if os.geteuid() == 0:
            raise
        return b""


def _write_file(place: Path, data: bytes, mode: int, before: PathState | None = None) -> None:
    """Write a file whole, under its name only when it is complete; with owner and time as they were `before`."""
    temporary = _temporary_path(place)
    _remove(temporary)
    descriptor = os.open(
        temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
    )
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        if before:
            os.fchown(file.fileno(), before.uid, before.gid)
            os.utime(file.fileno(), ns=(before.changed_ns, before.changed_ns))
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())
    temporary.replace(place)


def _make_link(place: Path, target: str) -> None:
    temporary = _temporary_path(place)
    _remove(temporary)
    temporary.symlink_to(target)
    temporary.replace(place)


@contextlib.contextmanager
def _held(place: Path, flags: int) -> Iterator[int]:
    """Open a path without following a link, so that what is changed is what was opened."""
    descriptor = os.open(place, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _change_owner(descriptor: int, owner: int | None, group: int | None) -> None:
    """Change owner and group to the given ids; skipped for a user other than root, who may not do that."""
    if os.geteuid() == 0:
        os.fchown(descriptor, -1 if owner is None else owner, -1 if group is None else group)


def _temporary_path(place: Path) -> Path:
    """Return the name under which a file is written first: servers skip it, and an undoing removes it."""
    return place.with_name(f".{place.name}.enuf-new")


def _remove(place: Path) -> None:
    if not os.path.lexists(place):  # unlink() fails on a read-only file system even without a file
        return
    if place.is_dir() and not place.is_symlink():
        with contextlib.suppress(OSError):  # the folder is not empty
            place.rmdir()
    else:
        place.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk. Raise OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_existing_folder(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        sync_folder(folder)
