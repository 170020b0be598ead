"""Files and folders."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import BinaryIO

LARGEST_BYTES = 2**20


def write_whole(path: Path, text: str, mode: int = 0o644, *, durable: bool = True) -> None:
    """Replace the content of a file in one step: readers see the old or the new text, never a part.

    When `durable`, that holds also after a power cut. Raise OSError.
    """
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def open_regular(path: Path, *, follow: bool = True) -> BinaryIO:
    """Open a regular file for reading.

    Raise OSError as the kernel does, and for anything else at this path: opening a FIFO would wait for its
    writer, and reading a device need not end. Pass `follow=False` for a file that only enuf itself writes.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    descriptor = os.open(path, flags if follow else flags | os.O_NOFOLLOW)
    _refuse_irregular(descriptor, path)
    return os.fdopen(descriptor, "rb")


def read_regular(path: Path, limit_bytes: int = LARGEST_BYTES, *, follow: bool = True) -> bytes:
    """Read the beginning of a regular file, at most `limit_bytes` of it.

    Raise OSError as open_regular does.
    """
    with open_regular(path, follow=follow) as file:
        return file.read(limit_bytes)


def open_log(path: Path) -> int:
    """Open a regular file for appending, made with mode 0640 where there is none. Return its descriptor.

    Raise OSError for anything else at this path, without waiting for the reader of a FIFO. A symbolic link is
    followed to an existing file of our own user only: others could make us write to a file of theirs.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW, 0o640)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        descriptor = os.open(path, flags)
        if os.fstat(descriptor).st_uid != os.geteuid():
            os.close(descriptor)
            raise PermissionError(errno.EPERM, "leads to a file of another user", str(path)) from None
    _refuse_irregular(descriptor, path)
    os.set_blocking(descriptor, True)
    return descriptor


def _refuse_irregular(descriptor: int, path: Path) -> None:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))


def private_folder(path: Path) -> None:
    """Make a folder that is ours and closed to every other user (0700).

    Raise PermissionError when another user made it, or put a link in its place: below /tmp any user may try.
    """
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise PermissionError(f"{path} is not a folder of ours")
    path.chmod(0o700)


def make_log(path: Path) -> None:
    """Make an empty file that its owner and group alone can read, whatever the umask. Never raise.

    A file that exists stays as it is.
    """
    with contextlib.suppress(OSError):  # it exists, or its writer will report the failure
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640))


def tail(path: Path, limit_bytes: int = 8192) -> str:
    """Return the end of a text file, whole lines only; empty when it cannot be read."""
    try:
        with open_regular(path) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - limit_bytes))
            text = file.read(limit_bytes).decode("utf-8", "replace")
    except OSError:
        return ""
    return text.partition("\n")[2] if size > limit_bytes else text


def read_range(path: Path, start: int, end: int) -> str:
    """Return the text between two offsets; empty when it cannot be read."""
    try:
        with open_regular(path) as file:
            file.seek(start)
            return file.read(end - start).decode("utf-8", "replace")
    except OSError:
        return ""


def size_of(path: Path) -> int:
    """Return the size of a file in bytes; 0 without a file."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def modified_at(path: Path) -> float:
    """Return when the file was written last, in seconds since the epoch; 0 if there is none. Links are not followed."""
    try:
        return path.lstat().st_mtime
    except (OSError, ValueError):
        return 0.0


def free_bytes(folder: Path) -> int:
    """Return the bytes that are free for us on the file system; a large number when that is unknown."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 2**62


def remove(path: Path) -> None:
    """Remove a file, link, socket or directory tree; ignore errors."""
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


def replace_symlink(link: Path, target: str) -> None:
    """Point a symlink at the target, without a moment in which it does not exist. Raise OSError."""
    temporary = link.with_name(f".{link.name}.new")
    remove(temporary)
    temporary.symlink_to(target)
    temporary.replace(link)


def lock_folder(folder: Path) -> int | None:
    """Lock the folder itself.

    Return the descriptor that holds the lock until it is closed; None when another process holds it.
    """
    return _locked(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC))


def _locked(descriptor: int) -> int | None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def is_locked_folder(folder: Path) -> bool:
    """Return True when some process holds the lock on the folder."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def nameless(label: str) -> int:
    """Return the descriptor of a new file without a name: in memory where the system can."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create(label, os.MFD_CLOEXEC)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
