"""Changed texts written to their files: all of them, or none; each with its owner, rights, attributes and names."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from enuf.doctor.backups import NEW_SUFFIX, Copies
from enuf.doctor.edits import FileChange
from enuf.system.switch_user import acting_as, keeper_of

_IN_PLACE = (errno.EBUSY, errno.EXDEV)
"""What a rename over a mounted file fails with."""


class WrittenFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was changed: its path without links, and the copy of its old content."""

    change: FileChange
    target: Path
    copy: Path

    @property
    def before(self) -> bytes:
        """The old content."""
        return self.change.before.encode(self.change.encoding)

    @property
    def after(self) -> bytes:
        """The new content."""
        return self.change.after.encode(self.change.encoding)


class NotWritten(OSError):
    """A file could not be changed; every other one is as it was before."""

    def __init__(self, message: str, *, is_changed: bool = False) -> None:
        super().__init__(message)
        self.is_changed = is_changed
        """True if another program changed the file since it was read."""


class _Changed(OSError):
    """Another program changed a file."""


def write_changes(changes: Sequence[FileChange], copies: Copies) -> tuple[WrittenFile, ...]:
    """Change all files and return them with the copies of their old content.

    Each keeps its mode, owner, access list, attributes and other names. As root, a file that others can change is
    written with its owner's rights alone. Raise NotWritten, and leave all files as they were, if one of them
    cannot be written or has changed since it was read.
    """
    written: list[WrittenFile] = []
    current = ""
    try:
        files = []
        for change in changes:
            current = change.path
            files.append(_kept(change, copies))
        for file in files:
            current = file.change.path
            with acting_as(keeper_of(Path(current))):
                _replace(file.target, file.before, file.after)
            written.append(file)
    except OSError as error:
        lost = put_back(written)
        if not lost:
            copies.discard()
        raise NotWritten(_refusal(current, error, lost), is_changed=isinstance(error, _Changed)) from None
    return tuple(written)


def _refusal(path: str, error: OSError, lost: Sequence[WrittenFile]) -> str:
    why = error.strerror or str(error)
    still = "".join(
        f"; {each.change.path} could not be put back, its old content is in {each.copy}" for each in lost
    )
    return f"{path} could not be changed: {why}{still or '; no file was changed'}"


def put_back(written: Sequence[WrittenFile]) -> tuple[WrittenFile, ...]:
    """Bring the old content of all files back. Return those that failed or were changed by another program since."""
    lost = []
    for file in reversed(written):
        try:
            with acting_as(keeper_of(Path(file.change.path))):
                _replace(file.target, file.after, file.before)
        except OSError:
            lost.append(file)
    return tuple(lost)


def _kept(change: FileChange, copies: Copies) -> WrittenFile:
    before = change.before.encode(change.encoding)
    with acting_as(keeper_of(Path(change.path))):
        target = Path(os.path.realpath(change.path))
        _refuse_changed(target.read_bytes(), before)
    return WrittenFile(change=change, target=target, copy=copies.keep(target, before))


def _refuse_changed(found: bytes, expected: bytes) -> None:
    if found != expected:
        raise _Changed("changed in the meantime")


def _replace(target: Path, before: bytes, after: bytes) -> None:
    descriptor = os.open(target, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "r+b") as stream:
        _refuse_changed(stream.read(), before)
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        if status.st_nlink > 1 or not _exchange(stream.fileno(), target, before, after):
            _overwrite(stream.fileno(), before, after)


def _exchange(original: int, target: Path, before: bytes, after: bytes) -> bool:
    """Put a new file in the place of the old one, in one step.

    Return False, with the old one untouched, where the new one would differ in owner, rights or attributes, or
    where the folder takes no new name.
    """
    _remove_leftovers(target)
    with contextlib.ExitStack() as undo:
        try:
            descriptor, temporary = tempfile.mkstemp(
                prefix=f".{target.name}.", suffix=NEW_SUFFIX, dir=target.parent
            )
        except PermissionError:
            return False
        undo.callback(lambda: Path(temporary).unlink(missing_ok=True))
        with os.fdopen(descriptor, "wb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            stream.write(after)
            stream.flush()
            # By the descriptor: in a folder that others can write, the name may lead to another file by now.
            if not _takes_after(stream.fileno(), original):
                return False
            os.fsync(stream.fileno())
            _refuse_changed(target.read_bytes(), before)
            try:
                Path(temporary).replace(target)
            except OSError as error:
                if error.errno in _IN_PLACE:
                    return False
                raise
            undo.pop_all()
            return True


def _remove_leftovers(target: Path) -> None:
    """Remove the new files of runs that were killed before the exchange. A run that lives holds a lock on its own."""
    try:
        names = [path.name for path in target.parent.iterdir()]
    except PermissionError:
        return
    for name in names:
        if name.startswith(f".{target.name}.") and name.endswith(NEW_SUFFIX):
            with contextlib.suppress(OSError):
                _remove_leftover(target.with_name(name), {os.geteuid(), target.stat().st_uid})


def _remove_leftover(path: Path, owners: set[int]) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(stream.fileno())
        if stat.S_ISREG(status.st_mode) and status.st_uid in owners:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def _takes_after(new: int, original: int) -> bool:
    """Give a new file the owner, the rights and the attributes of the original. Return False if that fails."""
    status = os.fstat(original)
    try:
        if (status.st_uid, status.st_gid) != (os.fstat(new).st_uid, os.fstat(new).st_gid):
            os.fchown(new, status.st_uid, status.st_gid)
        os.fchmod(new, stat.S_IMODE(status.st_mode))
        for name, value in _attributes(original):
            os.setxattr(new, name, value)  # type: ignore[attr-defined,unused-ignore] # Linux only, as _attributes
    except OSError:
        return False
    return dict(_attributes(new)) == dict(_attributes(original))


def _attributes(descriptor: int) -> Iterator[tuple[str, bytes]]:
    """Yield the extended attributes of a file, access lists among them; none on a system without them."""
    if not hasattr(os, "listxattr"):
        return
    try:
        names = os.listxattr(descriptor)
    except OSError:
        return
    for name in names:
        yield name, os.getxattr(descriptor, name)


def _overwrite(descriptor: int, before: bytes, after: bytes) -> None:
    """Write into the file itself. Where that fails, the old content is written again."""
    try:
        if len(after) > len(before) and hasattr(os, "posix_fallocate"):
            with _without_support():
                os.posix_fallocate(descriptor, 0, len(after))  # a full disk is noticed before a byte is lost
        _write_at_start(descriptor, after)
    except OSError:
        _write_at_start(descriptor, before)
        raise


@contextlib.contextmanager
def _without_support() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
            raise


def _write_at_start(descriptor: int, data: bytes) -> None:
    done = 0
    while done < len(data):
        done += os.pwrite(descriptor, data[done:], done)
    os.ftruncate(descriptor, len(data))
    os.fsync(descriptor)
