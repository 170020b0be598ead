"""Find the stack of a project, and ask its supervisor."""

from __future__ import annotations

import contextlib
import os
import shlex
import time
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from msgspec.structs import replace

from enuf.control.recovery import other_owner
from enuf.errors import AnswerIsNo, EnufError, NotRunning, PrivilegeNeeded
from enuf.model.paths import StackPaths
from enuf.model.protocol import ControlRequest, StatusRequest
from enuf.model.status import StackStatus
from enuf.system.control_client import Reply, not_running, send_request
from enuf.system.home_folder import make_home_for
from enuf.system.own_command import is_code_of_others, with_sudo
from enuf.system.process import is_suspended
from enuf.system.runtime_dir import foreign_owner, locate, running_places
from enuf.system.sites import KnownSite, site_of
from enuf.system.stack_lock import is_running
from enuf.system.switch_user import ask_as, become, refuse_unreadable_code
from enuf.system.user import user_named

LOOK_EVERY_S = 0.5
ASK_EVERY_S, WITHIN_S, MOST_UNANSWERED = 5.0, 5.0, 3
"""While a reply is awaited, the supervisor is asked for its status; it is given up after so many times without one."""
MOST_NAMED = 2


def enter_located(paths: StackPaths) -> StackPaths:
    """Become the user of a located stack when we are root, and return its folders as that user can open them.

    Files in another user's folder deserve no more than that user's rights.
    """
    owner = other_owner(paths)
    if owner is not None:
        refuse_unreadable_code(owner)
        paths = _with_open_logs(paths)
        make_next_home(paths)
        become(owner, _readers(paths))
    return paths


def make_next_home(paths: StackPaths) -> None:
    """Make, as root, the folder of a running stack in a release of root's that has none yet, for the stack's user."""
    owner = other_owner(paths)
    if owner and not paths.service and paths.home != paths.runtime and is_running(paths):
        make_home_for(owner, Path(paths.project))


def locate_stack(project: Path, verb: str) -> StackPaths:
    """Locate the project's stack without switching user.

    A running service takes precedence over a stack in the project.
    Raise PrivilegeNeeded when the stack belongs to another user; the hint names `verb`.
    """
    if missing := stack_of_missing(project):
        return missing
    installed = _installed_paths(project)
    paths = locate(project)
    if installed and (is_running(installed) or not is_running(paths)):
        return installed
    if not is_running(paths) and (name := foreign_owner(project)):
        raise PrivilegeNeeded(
            f"the stack of {project} belongs to {name}",
            with_sudo((verb, "--project", str(project)), user=name),
        )
    return paths


def stack_of_missing(project: Path) -> StackPaths | None:
    """Return the running stack of a folder that is gone, or of a link to nowhere; None for any other folder."""
    if os.path.isdir(project):  # noqa: PTH112 - False, and no error, below a folder that is closed to us
        return None
    return next((paths for paths in running_places() if paths.project == str(project)), None)


def _installed_paths(project: Path) -> StackPaths | None:
    """Return the folders of the project's service, None without one.

    Raise PrivilegeNeeded for another user's service.
    """
    record = site_of(project)
    if record is None:
        return None
    paths = record.site.paths(record.project)
    _refuse_service_of_others(paths, record.user)
    return paths


def locate_site(site: KnownSite) -> StackPaths:
    """Return the folders of an installed site's service, running or not. Raise PrivilegeNeeded for another user's."""
    _refuse_service_of_others(site.paths, site.user)
    return site.paths


def _refuse_service_of_others(paths: StackPaths, user: str) -> None:
    if os.geteuid() != 0 and (_is_others(Path(paths.runtime)) or _is_closed(Path(paths.log))):
        # Of a dynamic user there is no account; and an enuf of root's becomes the right user by itself.
        account = user if is_code_of_others() and user_named(user) else ""
        raise PrivilegeNeeded(
            f"the service {paths.service} of {paths.project} belongs to {user}", with_sudo(user=account)
        )


def _is_others(folder: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return folder.stat().st_uid != os.geteuid()
    return False


def _is_closed(folder: Path) -> bool:
    return os.path.lexists(folder) and not os.access(folder, os.R_OK | os.X_OK)


def _with_open_logs(paths: StackPaths) -> StackPaths:
    """Open the log folder of a dynamic user while we are root: nobody else may enter the folder above."""
    if not Path(paths.log).is_symlink():
        return paths
    folder = os.open(paths.log, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    return replace(paths, logs=f"/proc/self/fd/{folder}")


def _readers(paths: StackPaths) -> tuple[int, ...]:
    """Return the groups that may read the nginx logs of a service on the host.

    The user whom root becomes keeps them.
    """
    record = site_of(Path(paths.project)) if paths.service else None
    with contextlib.suppress(OSError):
        return (Path(record.site.access_log).stat().st_gid,) if record else ()
    return ()


def ask_supervisor(
    paths: StackPaths, request: ControlRequest, reply: type[Reply], timeout_s: float | None = None
) -> Reply:
    """Send one request to the supervisor and return its reply as a `reply` struct.

    Raise NotRunning, AnswerIsNo when the supervisor is suspended or silent, or the EnufError that it replies
    with.
    """
    if not isinstance(
        request, StatusRequest
    ):  # an order would be carried out once the supervisor is continued
        _refuse_suspended(paths)
    try:
        return _wait_for_reply(paths, request, reply, timeout_s)
    except NotRunning as error:
        if not is_running(paths):
            raise _not_running(paths) from None
        _refuse_suspended(paths)
        if isinstance(error.__cause__, TimeoutError):
            raise _silent(paths, timeout_s or WITHIN_S) from None
        raise AnswerIsNo(
            f"the stack of {paths.project} does not accept commands yet: it is just starting or ending",
            f"wait for it with: enuf status --wait 30s; it writes to {paths.log}/enuf.log",
            slug="not-answering",
        ) from None


def ask_as_owner(
    paths: StackPaths, request: ControlRequest, reply: type[Reply], timeout_s: float | None = None
) -> Reply:
    """Do what `ask_supervisor` does, as root in a process of the stack's own user; this process keeps its user."""
    owner = other_owner(paths)
    if owner is None:
        return ask_supervisor(paths, request, reply, timeout_s)
    refuse_unreadable_code(owner)
    return ask_as(owner, lambda: ask_supervisor(paths, request, reply, timeout_s), reply)


def _wait_for_reply(
    paths: StackPaths, request: ControlRequest, reply: type[Reply], timeout_s: float | None
) -> Reply:
    """Wait for the reply, without a timeout as long as the supervisor answers other requests meanwhile."""
    received: SimpleQueue[Reply | BaseException] = SimpleQueue()

    def send() -> None:
        try:
            received.put(send_request(paths, request, reply, timeout_s))
        except BaseException as error:
            received.put(error)

    Thread(target=send, daemon=True).start()
    asked_at, unanswered = time.monotonic(), 0
    while (answer := _received(received)) is None:
        _refuse_suspended(paths)
        if not timeout_s and time.monotonic() - asked_at >= ASK_EVERY_S:
            unanswered = 0 if _answers(paths) else unanswered + 1
            asked_at = time.monotonic()
            if unanswered == MOST_UNANSWERED:
                raise _silent(paths, MOST_UNANSWERED * WITHIN_S)
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _received(queue: SimpleQueue[Reply | BaseException]) -> Reply | BaseException | None:
    """Return what comes within LOOK_EVERY_S, or None."""
    try:
        return queue.get(timeout=LOOK_EVERY_S)
    except Empty:
        return None


def _answers(paths: StackPaths) -> bool:
    """Return True if the supervisor answers a request for its status, in whatever words."""
    try:
        send_request(paths, StatusRequest(), StackStatus, WITHIN_S)
    except NotRunning:
        return False
    except EnufError:
        return True
    return True


def _silent(paths: StackPaths, waited_s: float) -> AnswerIsNo:
    """Return the error for a supervisor that runs, is not suspended, and does not answer."""
    return AnswerIsNo(
        f"the supervisor of {paths.project} has not answered for {waited_s:.0f} s: it is very busy, or it hangs",
        f"try it again; `enuf down --now` ends it in any case; it writes to {paths.log}/enuf.log",
        slug="not-answering",
    )


def _refuse_suspended(paths: StackPaths) -> None:
    """Raise AnswerIsNo when the supervisor is suspended: it answers only after it has been continued."""
    from enuf.run.state import read_state, supervisors

    state = read_state(paths)
    for pid in supervisors(paths, state) if state else []:
        if state and is_suspended(pid):
            raise AnswerIsNo(
                f"the stack of {paths.project} does not accept commands: its supervisor, pid {pid}, is suspended (Ctrl-Z?)",
                f"`fg` in its terminal, or: kill -CONT {pid}"
                + ("; the site still answers" if state.generation else ""),
                slug="suspended",
            )


def _not_running(paths: StackPaths) -> NotRunning:
    """Return the error for a stack that does not run; its summary says when the last supervisor was killed."""
    from enuf.run.state import read_state, sudden_end

    error, state = not_running(paths), read_state(paths)
    summary = error.summary
    if state:
        summary = f"no stack of {paths.project} is running, because {sudden_end(paths, state)}"
    return NotRunning(summary, error.hint + _elsewhere())


def _elsewhere() -> str:
    """Return the part of a hint that points to the stacks of other projects; empty while none runs."""
    projects = [paths.project for paths in running_places() if paths.project]
    if not projects:
        return ""
    if len(projects) > MOST_NAMED:
        return f"; {len(projects)} stacks of other projects run: enuf ps"
    named = ", ".join(f"enuf --project {shlex.quote(project)} status" for project in projects)
    return f"; or look at one that runs: {named}"
