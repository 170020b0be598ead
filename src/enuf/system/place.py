"""Where the files of a project's stack are: found, or made."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec

from enuf.errors import PrivilegeNeeded
from enuf.model.paths import StackPaths
from enuf.system.closed import make_closed
from enuf.system.files import is_locked, private_folder
from enuf.system.user import owner_of, user_named

HOME = ".enuf"
LOCK = "lock"
_SHORT_NAME = 24
_LONGEST_BASE_BYTES = 40


class Claim(msgspec.Struct, frozen=True):
    """What the lock file of a runtime folder says: whose it is. Only its owner can have written it.

    A link alone proves nothing: a copied project has the link of the original, and a downloaded one may have any.
    """

    project: str
    """Device and inode of the project's folder."""
    in_project: bool
    """Configs and logs are in the project, not in the runtime folder itself."""


def locate(project: Path) -> StackPaths:
    """The paths of the project's stack, whether it runs or not; nothing is created.

    The link `.enuf/run` tells where a running one is, also to root, after a move, or with another XDG_RUNTIME_DIR.
    """
    found = list(_places(project))
    running = (place for place in found if is_locked(place / LOCK))
    runtime = next(running, found[0] if found else _usual_place(project))
    claim = _claim(runtime)
    home = project / HOME if claim is None or claim.in_project else runtime
    return StackPaths(project=str(project), home=str(home), runtime=str(runtime))


def stranger(project: Path) -> str:
    """The other user whose runtime folder the project's link names, so that we cannot look into it; empty for none."""
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
        user = user_named(str(uid))
        return user.name if user else str(uid)
    return ""


def prepare_place(project: Path) -> tuple[StackPaths, str]:
    """Folders for a stack, created, and a warning where the project itself cannot be written (else empty)."""
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
    for folder in (paths.conf, paths.log):
        make_closed(Path(folder))
    Path(paths.temp).mkdir(mode=0o700, exist_ok=True)
    _write_claim(runtime, Claim(_identity(project), in_project=not problem))
    return paths, warning


# -- finding ------------------------------------------------------------------------------------------------------


def _places(project: Path) -> Iterator[Path]:
    """Existing runtime folders of this project that may be trusted, the linked one first."""
    linked = _linked(project)
    if linked and _is_private(linked):
        claim = _claim(linked)
        if claim and claim.project == _identity(project):
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
    """Who may run the project's stack: we do, or as root those whom we would choose."""
    me = os.geteuid()
    if me != 0:
        return [me]
    others = [user.uid for user in (owner_of(project), user_named("www-data"), user_named("nobody")) if user]
    return list(dict.fromkeys([me, *others]))


def _is_private(folder: Path) -> bool:
    """True for a folder in a folder that both belong to the same user, who is us unless we are root, and to nobody else."""
    try:
        around, inside = folder.parent.lstat(), folder.lstat()
    except OSError:
        return False
    closed = all(stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077 for found in (around, inside))
    return closed and around.st_uid == inside.st_uid and os.geteuid() in (0, inside.st_uid)


# -- making -------------------------------------------------------------------------------------------------------


def _make_home(home: Path) -> str:
    """The project's own folder is there and can be written; else why not, in words."""
    try:
        make_closed(home)
        if not (home / ".gitignore").exists():
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
        f"remove it, or set XDG_RUNTIME_DIR to a folder that only {_my_name()} can enter",
    )


def _my_name() -> str:
    user = user_named(str(os.geteuid()))
    return user.name if user else str(os.geteuid())


def _bases(uid: int, *, with_xdg: bool = True) -> list[Path]:
    """Short folders that can be a user's own: a socket path may have 107 bytes."""
    named = [os.environ.get("XDG_RUNTIME_DIR", "")] if with_xdg else []
    bases = [Path(name) / "enuf" for name in (*named, f"/run/user/{uid}") if _may_hold(name, uid)]
    return list(dict.fromkeys([*bases, Path("/tmp") / f"enuf-{uid}"]))  # noqa: S108 - checked to be private


def _may_hold(folder: str, uid: int) -> bool:
    try:
        found = Path(folder).stat()
    except (OSError, ValueError):
        return False
    is_short = folder.startswith("/") and len(os.fsencode(folder)) <= _LONGEST_BASE_BYTES
    return is_short and found.st_uid == uid and stat.S_ISDIR(found.st_mode) and os.access(folder, os.W_OK)


def _name(project: Path) -> str:
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", project.name).strip("-")[:_SHORT_NAME] or "app"
    digest = hashlib.sha256(os.fsencode(project)).hexdigest()[:8]
    return f"{readable}-{digest}"


# -- claims -------------------------------------------------------------------------------------------------------


def _identity(project: Path) -> str:
    found = project.stat()
    return f"{found.st_dev}:{found.st_ino}"


def _claim(runtime: Path) -> Claim | None:
    try:
        return msgspec.json.decode((runtime / LOCK).read_bytes()[:65536], type=Claim)
    except (OSError, msgspec.DecodeError):
        return None


def _write_claim(runtime: Path, claim: Claim) -> None:
    """Into the lock file, in place: another file there would not be locked."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(runtime / LOCK, flags, 0o600)
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, msgspec.json.encode(claim))
    finally:
        os.close(descriptor)
