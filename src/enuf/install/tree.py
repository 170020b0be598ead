"""What stands in the file system of a host: seen, written and put back exactly, each step of its own and on disk."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from pathlib import Path

import msgspec
from msgspec.structs import replace

from enuf.errors import SettingsInvalid
from enuf.install.change import Change, File, Folder, Link, Log, Nothing, digest_of_file, digest_of_link


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What was at a path: enough to put it back."""

    kind: str = "nothing"
    """`nothing`, `file`, `link`, `folder`, or `other` for what we never touch."""
    mode: int = 0
    uid: int = 0
    gid: int = 0
    changed_ns: int = 0
    content: bytes = b""
    target: str = ""

    @property
    def digest(self) -> str:
        """The digest of a file or a link; empty for anything else."""
        if self.kind == "file":
            return digest_of_file(self.content)
        return digest_of_link(self.target) if self.kind == "link" else ""


class HostTree:
    """A host's files below a root, which is `/` on the host itself."""

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root

    def place(self, path: str) -> Path:
        """Where a path of the host is."""
        return self.root / path.lstrip("/")

    def refuse_escape(self, path: str) -> None:
        """Raise SettingsInvalid where a link on the way leads out of the tree: what is written there would be another host's."""
        folder = Path(os.path.realpath(self.place(path).parent))
        if not folder.is_relative_to(self.root):
            raise SettingsInvalid(
                f"{self.place(path).parent} leads to {folder}, outside of {self.root}",
                "make the link relative, as the tools that build images do",
            )

    def see(self, path: str) -> Seen:
        """What is there. Raises OSError where one may not look."""
        place = self.place(path)
        try:
            found = place.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return Seen()
        seen = Seen(
            mode=stat.S_IMODE(found.st_mode), uid=found.st_uid, gid=found.st_gid, changed_ns=found.st_mtime_ns
        )
        if stat.S_ISLNK(found.st_mode):
            return replace(seen, kind="link", target=str(place.readlink()))
        if stat.S_ISREG(found.st_mode):
            return replace(seen, kind="file", content=place.read_bytes())
        return replace(seen, kind="folder" if stat.S_ISDIR(found.st_mode) else "other")

    def make(self, change: Change) -> None:
        """What the change says is there, and on disk. Raises OSError."""
        place = self.place(change.path)
        match change:
            case Folder(mode=mode, group=group):
                with contextlib.suppress(FileExistsError):
                    place.mkdir()
                    _give(place, None, group)
                    place.chmod(mode)
            case Log(mode=mode, owner=owner, group=group):
                with contextlib.suppress(FileExistsError):
                    os.close(
                        os.open(
                            place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
                        )
                    )
                    place.chmod(mode)
                    _give(place, owner, group)
            case File(text=text, mode=mode):
                self._write(place, text.encode(), mode)
            case Link(target=target):
                self._link(place, target)
            case Nothing():
                _remove(place)
        _settle(place.parent)

    def restore(self, path: str, before: Seen) -> None:
        """What was there is there again: content, mode, owner and time. Doing it twice does no harm. Raises OSError."""
        place = self.place(path)
        _remove(_beside(place))
        if self.see(path) == before:
            return
        match before.kind:
            case "nothing":
                _remove(place)
            case "file":
                self._write(place, before.content, before.mode)
            case "link":
                self._link(place, before.target)
            case "folder":
                with contextlib.suppress(FileExistsError):
                    place.mkdir()
                place.chmod(before.mode)
        if before.kind != "nothing":
            os.chown(place, before.uid, before.gid, follow_symlinks=False)
            if before.kind != "folder":
                os.utime(place, ns=(before.changed_ns, before.changed_ns), follow_symlinks=False)
        _settle(place.parent)

    def names(self, folder: str) -> list[str]:
        """The names in a folder; none when it cannot be read."""
        try:
            return sorted(os.listdir(self.place(folder)))  # noqa: PTH208 - names, no paths
        except OSError:
            return []

    def number(self, name: str, table: str) -> int | None:
        """The number of a user (`passwd`) or a group (`group`) of this host; None when its own files name none such."""
        with contextlib.suppress(OSError, ValueError):
            for line in self.place(f"/etc/{table}").read_text(errors="replace").splitlines():
                fields = line.split(":")
                if fields[0] == name and len(fields) > 2:
                    return int(fields[2])
        return None

    def forget(self, path: str) -> None:
        """Nothing is there, whatever it was: for what a program has left in our name. A link is not followed."""
        place = self.place(path)
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                place.unlink()

    def forget_empty(self, path: str) -> None:
        """The folder is not there, unless somebody has something in it."""
        with contextlib.suppress(OSError):
            self.place(path).rmdir()

    @staticmethod
    def _write(place: Path, data: bytes, mode: int) -> None:
        beside = _beside(place)
        _remove(beside)
        descriptor = os.open(
            beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        beside.replace(place)

    @staticmethod
    def _link(place: Path, target: str) -> None:
        beside = _beside(place)
        _remove(beside)
        beside.symlink_to(target)
        beside.replace(place)


def _give(place: Path, owner: int | None, group: int | None) -> None:
    """It belongs to them; whoever is not root can give nothing away, and keeps it."""
    if os.geteuid() == 0:
        os.chown(place, -1 if owner is None else owner, -1 if group is None else group, follow_symlinks=False)


def _beside(place: Path) -> Path:
    """Where a file is written before it takes its name: hidden, so that no server reads it, and known, so that it can be removed."""
    return place.with_name(f".{place.name}.enuf-new")


def _remove(place: Path) -> None:
    if not os.path.lexists(place):  # a read-only file system would complain all the same
        return
    if place.is_dir() and not place.is_symlink():
        with contextlib.suppress(OSError):  # somebody else has put something in it
            place.rmdir()
    else:
        place.unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """The names in the folder are on disk."""
    with contextlib.suppress(FileNotFoundError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
