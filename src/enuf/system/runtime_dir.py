"""The place of a stack's files: its runtime folder and its folder in the project, located or made."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec

from enuf.errors import EnufError, NotReady, PrivilegeNeeded
from enuf.model.paths import StackPaths
from enuf.system import files
from enuf.system.closed import make_closed
from enuf.system.files import private_folder
from enuf.system.home_folder import HOME
from enuf.system.stack_lock import StackLock, identity_of, is_locked, lock_stack
from enuf.system.switch_user import acting_as, keeper_of
from enuf.system.user import name_of_uid, owner_of, user_named

CLAIM = "claim"
TRIES = 100
"""A stack that ends may remove the runtime folder while another one takes it; each try is the end of
another stack."""
_SHORT_NAME = 24
_LONGEST_BASE_BYTES = 40


class RuntimeOwner(msgspec.Struct, frozen=True):
    """The owner of a runtime folder, from a file in it that only the owner can have written.

    A link alone proves nothing: a copied project has the link of the original, and a downloaded one may have
    any.
    """

    project: str
    """Device and inode of the project's folder."""
    in_project: bool
    """True when configurations and logs are in the project, not in the runtime folder itself."""
    path: str = ""
    """The project's folder as it was at the last start, to show."""


def locate(project: Path) -> StackPaths:
    """Return the paths of the project's stack, running or not. Create nothing.

    The link `.enuf/run` tells where a running one is, also to root, after a move, or with another
    XDG_RUNTIME_DIR.
    """
    places = list(_places(project))
    running = (place for place in places if is_locked(place))
    runtime = next(running, places[0] if places else _usual_place(project))
    claim = _claim(runtime)
    home = project / HOME if claim is None or claim.in_project else runtime
    return StackPaths(project=str(project), home=str(home), runtime=str(runtime))


def running_places() -> Iterator[StackPaths]:
    """Yield the paths of every stack of this user that runs; of every user for root.

    `project` is empty where an earlier version of enuf did not record the folder.
    """
    return (
        _paths_of(folder) for folder in _all_runtime_folders() if _is_private(folder) and is_locked(folder)
    )


def abandoned_places() -> Iterator[StackPaths]:
    """Yield the paths of every runtime folder of this user in which no stack runs and whose project is gone.

    Those of every user for root.
    """
    for folder in _all_runtime_folders():
        claim = _claim(folder) if _is_private(folder) and not is_locked(folder) else None
        if claim and claim.path and not os.path.lexists(claim.path):
            yield _paths_of(folder)


def _paths_of(folder: Path) -> StackPaths:
    claim = _claim(folder)
    project = claim.path if claim and claim.path.startswith("/") and claim.path.isprintable() else ""
    home = Path(project) / HOME if claim and claim.in_project and project else folder
    return StackPaths(project=project, home=str(home), runtime=str(folder))


def _all_runtime_folders() -> Iterator[Path]:
    bases = _bases(os.geteuid())
    if os.geteuid() == 0:
        bases += [*Path("/run/user").glob("*/enuf"), *Path("/tmp").glob("enuf-*")]  # noqa: S108 - checked to be private
    for base in dict.fromkeys(bases):
        with contextlib.suppress(OSError):
            yield from sorted(base.iterdir())


def foreign_owner(project: Path) -> str:
    """Return the other user who owns the runtime folder that the project's link names and we may not enter.

    The text is empty for none.
    """
    linked = _linked(project)
    folder, closed = linked or project / HOME / "run", False
    while folder is not None and folder != folder.parent:
        try:
            uid = folder.lstat().st_uid
        except PermissionError:
            folder, closed = folder.parent, True
            continue
        except OSError:
            return ""
        if not closed or uid == os.geteuid():
            return ""
        return name_of_uid(uid)
    return ""


def take_place(project: Path) -> tuple[StackPaths, str, StackLock | None]:
    """Make the folders of a stack and take its lock; None for the lock when another process has it.

    The text is a warning where the project itself cannot be written, else empty. Raise NotReady or
    PrivilegeNeeded.
    """
    for _ in range(TRIES):
        try:
            paths, warning = prepare_place(project)
            lock = lock_stack(paths)
            if lock:
                _make_contents(paths)  # a stack that ended just before may have removed them
        except (FileNotFoundError, FileExistsError) as error:
            if not project.is_dir():
                raise
            # A folder was removed between two checks, and may be there again; anything else is in the way.
            where = Path(error.filename or "")
            if isinstance(error, FileExistsError) and os.path.lexists(where) and not where.is_dir():
                raise no_room(error) from error
        except OSError as error:
            raise no_room(error) from error
        else:
            return paths, warning, lock
    raise NotReady(f"the runtime folder of {project} is removed again and again", "find out what removes it")


def leave_place(paths: StackPaths, lock: StackLock) -> None:
    """Remove the runtime folder of a stack that has ended, and give its lock up.

    The folder is removed while its lock is held, so that no other stack is in it. It stays where it is the
    only place for configs and logs.
    """
    runtime = Path(paths.runtime)
    is_ours = lock.is_at(runtime) or lock.follow(runtime)
    if is_ours and not paths.service and paths.home != paths.runtime:
        with contextlib.suppress(OSError):
            for entry in runtime.iterdir():
                files.remove(entry)
            runtime.rmdir()
    lock.close()


def prepare_place(project: Path) -> tuple[StackPaths, str]:
    """Make the folders of a stack.

    Return its paths, and a warning where the project itself cannot be written (else empty).
    """
    home = project / HOME
    problem = _make_home(home)
    # Without a link, a folder that depends on the environment would not be found again.
    runtime = _make_runtime(project, _bases(os.geteuid(), with_xdg=not problem))
    problem = problem or _make_link(home / "run", runtime)
    warning = ""
    if problem:
        warning = f"{problem}: configs and logs are in {runtime}"
        home = runtime
    paths = StackPaths(project=str(project), home=str(home), runtime=str(runtime))
    _make_contents(paths)
    return paths, warning


def _make_contents(paths: StackPaths) -> None:
    for folder in (paths.conf, paths.log):
        make_closed(Path(folder))
    Path(paths.temp).mkdir(mode=0o700, exist_ok=True)
    ensure_owner_file(paths)


def put_home_back(paths: StackPaths) -> str:
    """Make what is missing in the project: `.enuf`, its folders, the link to the runtime folder.

    Return why not, in words.
    """
    home = Path(paths.home)
    return _make_home(home) or _make_link(home / "run", Path(paths.runtime))


def no_room(error: OSError) -> EnufError:
    """Return the error for folders of a stack that cannot be made."""
    what = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
    summary = f"the folders of the stack cannot be made: {what}"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return PrivilegeNeeded(summary, "make that place writable for the user who starts the stack")
    return NotReady(summary, _ROOM.get(error.errno or 0, "see what is at that place"))


_ROOM = {
    errno.ENOSPC: "free some room there (df -h, df -i), or set XDG_RUNTIME_DIR to another folder of your own",
    errno.EDQUOT: "your quota there is used up: free some room",
    errno.EMFILE: "allow more open files: ulimit -n 1024",
    errno.ENFILE: "the whole system has no open file left: see /proc/sys/fs/file-max",
}


# -- finding ------------------------------------------------------------------------------------------------------


def _places(project: Path) -> Iterator[Path]:
    """Yield the existing runtime folders of this project that may be trusted, the linked one first."""
    linked = _linked(project)
    if linked and _is_private(linked):
        claim = _claim(linked)
        if claim and claim.project == identity_of(project):
            yield linked
    for uid in _possible_users(project):
        for base in _bases(uid):
            if _is_private(base / _name(project)):
                yield base / _name(project)


def _usual_place(project: Path) -> Path:
    return _bases(os.geteuid())[0] / _name(project)


def _linked(project: Path) -> Path | None:
    with contextlib.suppress(OSError):
        return (project / HOME / "run").readlink()
    return None


def _possible_users(project: Path) -> list[int]:
    """Return the uids that may run the project's stack: ours, and for root those that enuf would choose."""
    me = os.geteuid()
    if me != 0:
        return [me]
    others = [user.uid for user in (owner_of(project), user_named("www-data"), user_named("nobody")) if user]
    return list(dict.fromkeys([me, *others]))


def _is_private(folder: Path) -> bool:
    """Return True if both the folder and its parent are 0700 and owned by one user.

    The user is ours, or any user when we are root.
    """
    try:
        around, inside = folder.parent.lstat(), folder.lstat()
    except OSError:
        return False
    closed = all(stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o077 for status in (around, inside))
    return closed and around.st_uid == inside.st_uid and os.geteuid() in (0, inside.st_uid)


# -- making -------------------------------------------------------------------------------------------------------


def _make_home(home: Path) -> str:
    """Make the project's own folder. Return why that is impossible, in words, or an empty string."""
    if keeper_of(home) is not None:
        # A supervisor that runs as root writes only where no other user can place a link.
        return f"{home} is not root's alone"
    try:
        make_closed(home)
        if not os.path.lexists(home / ".gitignore"):
            (home / ".gitignore").write_text("*\n")
        for folder in (home, home / "conf", home / "log"):
            make_closed(folder)
            if not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(13, "Permission denied", str(folder))
    except FileExistsError as error:
        return f"{error.filename} is not a folder"
    except OSError as error:
        return f"{home.parent if not home.is_dir() else home} cannot be written ({error.strerror})"
    return ""


def _make_link(link: Path, runtime: Path) -> str:
    try:
        if not link.is_symlink() or link.readlink() != runtime:
            link.unlink(missing_ok=True)
            link.symlink_to(runtime)
    except OSError as error:
        return f"{link} cannot be made ({error.strerror})"
    return ""


def _make_runtime(project: Path, bases: list[Path]) -> Path:
    problem: OSError | None = None
    for base in bases:
        try:
            private_folder(base)
            folder = base / _name(project)
            private_folder(folder)
        except OSError as error:
            problem = error
        else:
            return folder
    raise PrivilegeNeeded(
        f"no private folder for sockets can be made: {problem}",
        f"remove it, or set XDG_RUNTIME_DIR to a folder that only {name_of_uid(os.geteuid())} can enter",
    )


def _bases(uid: int, *, with_xdg: bool = True) -> list[Path]:
    """Return short folders that may hold a user's runtime folders: a socket path may have 107 bytes."""
    named = [os.environ.get("XDG_RUNTIME_DIR", "")] if with_xdg else []
    bases = [Path(name) / "enuf" for name in (*named, f"/run/user/{uid}") if _may_hold(name, uid)]
    return list(dict.fromkeys([*bases, Path("/tmp") / f"enuf-{uid}"]))  # noqa: S108 - checked to be private


def _may_hold(folder: str, uid: int) -> bool:
    try:
        status = Path(folder).stat()
    except (OSError, ValueError):
        return False
    is_short = folder.startswith("/") and len(os.fsencode(folder)) <= _LONGEST_BASE_BYTES
    return is_short and status.st_uid == uid and stat.S_ISDIR(status.st_mode) and os.access(folder, os.W_OK)


def _name(project: Path) -> str:
    import hashlib  # here: it loads OpenSSL, and a running supervisor names no folder

    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", project.name).strip("-")[:_SHORT_NAME] or "app"
    digest = hashlib.sha256(os.fsencode(project)).hexdigest()[:8]
    return f"{readable}-{digest}"


# -- claims -------------------------------------------------------------------------------------------------------


def ensure_owner_file(paths: StackPaths) -> bool:
    """Write the file that names the owner of the runtime folder, unless it is there.

    Return True when it was written. Raise OSError.
    """
    claim = RuntimeOwner(
        identity_of(Path(paths.project)), in_project=paths.home != paths.runtime, path=paths.project
    )
    if _claim(Path(paths.runtime)) == claim:
        return False
    path = Path(paths.claim)
    if path.is_dir() and not path.is_symlink():
        files.remove(path)
    files.write_whole(path, msgspec.json.encode(claim).decode(), 0o600, durable=False)
    return True


def _claim(runtime: Path) -> RuntimeOwner | None:
    try:
        with acting_as(keeper_of(runtime)):
            return msgspec.json.decode(files.read_regular(runtime / CLAIM, follow=False), type=RuntimeOwner)
    except (OSError, msgspec.DecodeError, RecursionError):
        return None
