"""The changes of user: for good, for one task in a child process, or for file access alone.

Whoever is dropped to gets nothing of root's: no terminal, no session, no descriptor, no variable of root's
session.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import fcntl
import os
import resource
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn, TypeVar

import msgspec

from enuf.errors import EnufError, PrivilegeNeeded
from enuf.model.failure import Failure, failure_of
from enuf.system.trust import changeable_by_others, open_to_others
from enuf.system.user import User, user_named, user_of

T = TypeVar("T")

FALLBACKS = ("www-data", "nobody")
"""Users without files of their own, for a folder of root's."""

NOBODY = User("nobody", 65534, 65534, "/")

_OF_THE_SESSION = frozenset(
    {"MAIL", "OLDPWD", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "STY", "TMUX", "TMUX_PANE", "KRB5CCNAME", "GNUPGHOME", "HISTFILE",
     "BASH_ENV", "ENV", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "INVOCATION_ID", "JOURNAL_STREAM"}
)  # fmt: skip
_OF_THE_SESSION_PREFIXES = ("XDG_", "SUDO_", "SSH_", "GPG_", "DBUS_")
"""Variables that describe the session of the user who typed the command, and lead to that user's agents
and folders."""

_LOADED_WHEN_USED = ("utf-8-sig", "ascii", "idna", "cp949")
"""Codecs that Python imports from its library at their first use."""

_TEMPORARY = ("TMPDIR", "TEMP", "TMP")


class CannotBecome(OSError):
    """The system does not let this process become another user; `errno` tells why."""


def environment_for(user: User, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a process of `user` gets: all but those of our own session and of our own folders.

    The app's own variables stay: root said them on the command line of `enuf up`, as one does in a container.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if name not in _OF_THE_SESSION
        and not name.startswith(_OF_THE_SESSION_PREFIXES)
        and not (name in _TEMPORARY and not _is_for_everybody(value))
    }
    return {**kept, "HOME": user.home, "USER": user.name, "LOGNAME": user.name}


def _is_for_everybody(folder: str) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return stat.S_IMODE(Path(folder).stat().st_mode) & 0o1777 == 0o1777
    return False


def become(user: User, also: tuple[int, ...] = ()) -> None:
    """Make this process that user for good, with the groups `also` beside the user's own.

    The terminal stays, so that Ctrl-C works: it belongs to our own code alone, because every program that we
    start gets a session of its own, and nobody can trace a process that has changed its user (prctl(2),
    PR_SET_DUMPABLE). Raise CannotBecome where the system does not allow the change: root in a container may
    lack the right.
    """
    _close_inherited()
    os.umask(0o022)
    _lower_limits()
    _change_ids(user, also)
    kept = environment_for(user, os.environ)
    os.environ.clear()
    os.environ.update(kept)


def ask_as(user: User, work: Callable[[], T], kind: type[T], *, keep: tuple[int, ...] = ()) -> T:
    """Run `work` in a child process that is `user` and inherits nothing else of ours but `keep`. Return its result.

    The value crosses as JSON. Raise CannotBecome, the EnufError that the work raised, or OSError with the
    reason of any other failure.
    """
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        _work_and_leave(user, work, write_end, keep)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(pid, 0)
    return _understood(answer, kind)


@contextlib.contextmanager
def acting_as(user: User | None) -> Iterator[None]:
    """Open, write and remove files with the rights of `user` inside the block; None changes nothing.

    Only the effective ids change, so no program may be started inside: see `refuse_while_acting`. Raise
    CannotBecome.
    """
    if user is None or user.uid == os.geteuid():
        yield
        return
    for name in _LOADED_WHEN_USED:
        # Later would be too late: our Python's library may be closed to that user, below /root for example.
        codecs.lookup(name)
    before = (os.geteuid(), os.getegid(), os.getgroups())
    try:
        os.setgroups(_groups_of(user))
        os.setegid(user.gid)
        os.seteuid(user.uid)
    except OSError as error:
        _restore(before)
        raise CannotBecome(error.errno or errno.EPERM, error.strerror) from None
    try:
        yield
    finally:
        _restore(before)


def _restore(before: tuple[int, int, list[int]]) -> None:
    os.seteuid(before[0])
    os.setegid(before[1])
    os.setgroups(before[2])


def refuse_while_acting() -> None:
    """Raise RuntimeError inside `acting_as`.

    A program that is started there could take root's rights back.
    """
    if os.getuid() != os.geteuid():
        raise RuntimeError("no program may be started while another user's rights are used")


def keeper_of(path: Path) -> User | None:
    """Return the user with whose rights root handles the file or folder at `path`.

    None when root may do it itself.
    Root may where no other user can change what lies on the way: folders, links, and a folder's own entries when the
    path is one. Else that user is the owner of the folder, or of the first part that somebody else can change. A
    folder of root's that others can write belongs to nobody whom root could trust: then it is www-data or nobody.
    Always None when we are not root.
    """
    if os.geteuid() != 0:
        return None
    spoken = Path(os.path.abspath(path))  # noqa: PTH100 - links are judged, not resolved
    is_folder = spoken.is_dir() and not spoken.is_symlink()
    foreign = open_to_others(spoken) if is_folder else _foreign_entry(spoken)
    if foreign is None:
        return None
    seen = [place.lstat() for place in ((spoken, foreign) if is_folder else (foreign,))]
    owned = next((status for status in seen if status.st_uid != 0), None)
    return user_of(owned) if owned else _without_files()


def _foreign_entry(path: Path) -> Path | None:
    """Return what other users can change on the way to a file, a link, or a path without a file yet.

    A plain file of somebody else in a folder where only root can replace it cannot become anything else.
    """
    folder = path.parent
    foreign = changeable_by_others(folder)
    if foreign is None and (path.is_symlink() or open_to_others(folder) is not None):
        foreign = changeable_by_others(path)
    if foreign is None and path.is_symlink() and path.is_dir():
        foreign = open_to_others(Path(os.path.realpath(path)))
    return foreign


def _without_files() -> User:
    return next(filter(None, map(user_named, FALLBACKS)), NOBODY)


# -- the change itself --------------------------------------------------------------------------------------------


def _change_ids(user: User, also: tuple[int, ...] = ()) -> None:
    try:
        os.setgroups([*_groups_of(user), *also])
        os.setresgid(user.gid, user.gid, user.gid)
        os.setresuid(user.uid, user.uid, user.uid)
    except OSError as error:
        raise CannotBecome(error.errno or errno.EPERM, error.strerror) from None
    if user.uid != 0 and _capabilities():
        raise CannotBecome(errno.EPERM, "capabilities of root would stay")


def _groups_of(user: User) -> list[int]:
    return os.getgrouplist(user.name, user.gid) if user_named(user.name) is not None else [user.gid]


def _capabilities() -> int:
    """Return the capabilities that this process may use, as a bit mask; 0 where the system has none."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("CapPrm:"):
                return int(line.split()[1], 16)
    return 0


def _lower_limits() -> None:
    """Forbid core files, which could hold memory of root, and scheduling rights that only root may raise."""
    for name in ("RLIMIT_CORE", "RLIMIT_RTPRIO", "RLIMIT_NICE"):
        if hasattr(resource, name):
            resource.setrlimit(getattr(resource, name), (0, 0))


def _close_inherited() -> None:
    """Close the descriptors that our caller left open; those of Python itself are close-on-exec (PEP 446)."""
    for name in _descriptors():
        with contextlib.suppress(OSError):
            if name > 2 and not fcntl.fcntl(name, fcntl.F_GETFD) & fcntl.FD_CLOEXEC:
                os.close(name)


def _descriptors() -> list[int]:
    for folder in ("/proc/self/fd", "/dev/fd"):
        with contextlib.suppress(OSError):
            return [int(name) for name in os.listdir(folder)]  # noqa: PTH208 - names are all that is wanted
    return []


# -- the child ----------------------------------------------------------------------------------------------------

_DONE, _NO, _FAILED, _REFUSED = b"+", b"-", b"!", b"?"
"""The first byte of a child's answer: the value, an EnufError, another failure, or it could not become
the user."""


def _work_and_leave(user: User, work: Callable[[], T], write_end: int, keep: tuple[int, ...]) -> NoReturn:
    try:
        answer = _try_work(user, work, (write_end, *keep))
        with os.fdopen(write_end, "wb") as pipe:
            pipe.write(answer)
    finally:
        os._exit(0)


def _try_work(user: User, work: Callable[[], T], keep: tuple[int, ...]) -> bytes:
    try:
        _leave_everything(keep)
        become(user)
    except OSError as error:
        return _REFUSED + str(error.errno or errno.EPERM).encode()
    try:
        return _DONE + msgspec.json.encode(work())
    except EnufError as error:
        return _NO + msgspec.json.encode(failure_of(error))
    except Exception as error:
        return _FAILED + os.fsencode(str(error) or type(error).__name__)


def _leave_everything(kept: tuple[int, ...]) -> None:
    """Leave the session and its terminal, and close every descriptor but `kept`."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    for descriptor in _descriptors():
        if descriptor > 2 and descriptor not in kept:
            with contextlib.suppress(OSError):
                os.close(descriptor)


def _understood(answer: bytes, kind: type[T]) -> T:
    head, rest = answer[:1], answer[1:]
    if head == _REFUSED:
        raise CannotBecome(int(rest), os.strerror(int(rest)))
    if head == _NO:
        raise msgspec.json.decode(rest, type=Failure).error()
    if head != _DONE:
        raise OSError(os.fsdecode(rest) or "it ended without an answer")
    return msgspec.json.decode(rest, type=kind)


def first_obstacle(user: User, paths: Callable[[], Iterator[Path]]) -> Path | None:
    """Return the first file or folder that keeps this user from reading one of the paths.

    None when nothing does.
    Tried as that user: no rule of ours about permissions could be as right. Each path is asked for only when those
    before it can be read, so finding one may run a program that an earlier one named.
    """

    def look() -> str:
        return next((str(way) for path in paths() if (way := obstacle(path))), "")

    closed = ask_as(user, look, str)
    return Path(closed) if closed else None


def refuse_unreadable_code(user: User) -> None:
    """Raise PrivilegeNeeded where this user cannot read the code that we have yet to import."""
    import enuf

    named = (Path(os.__file__), Path(enuf.__file__).parent, Path(msgspec.__file__))
    closed = first_obstacle(user, lambda: iter(named))
    if closed is not None:
        raise PrivilegeNeeded(
            f"this is done with the rights of {user.name}, who may not read {closed}",
            f"use an enuf that {user.name} can read, for example below /opt",
            slug="not-as-root",
        )


def obstacle(path: Path) -> Path | None:
    """Return the file or folder on the way to `path` that we may not enter or read.

    Return None when there is none, or no such path.
    """
    real = Path(os.path.realpath(path))
    for folder in reversed(real.parents):
        if not os.access(folder, os.X_OK):
            return folder if folder.exists() else None
    needed = os.R_OK | os.X_OK if real.is_dir() else os.R_OK
    return None if os.access(real, needed) or not real.exists() else real
