"""All running stacks of a user: those of projects, and the services of installed sites."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from enuf.control.client import ask_supervisor
from enuf.errors import EnufError
from enuf.inspect.service_states import states_of_sites
from enuf.model.paths import StackPaths
from enuf.model.protocol import StatusRequest
from enuf.model.service_state import ServiceState
from enuf.model.site import Installed
from enuf.model.status import JobStatus, SideProcessStatus, StackStatus
from enuf.observe.live.units_beside import with_units
from enuf.system.runtime_dir import running_places
from enuf.system.sites import installed_sites
from enuf.system.stack_lock import is_running
from enuf.system.switch_user import acting_as, keeper_of

ASK_WITHIN_S = 1.0


class ListedStack(msgspec.Struct, frozen=True, kw_only=True):
    """One running stack, in few words."""

    project: str
    """The project's folder; the runtime folder where that is not known."""
    state: str
    """The phase of the stack, or why its supervisor does not answer: `suspended`, `not-answering`, ..."""
    url: str = ""
    pid: int | None = None
    """The supervisor's process; None while it does not answer."""
    note: str = ""
    """What else is to be known: `suspended: uwsgi worker (pid 7)`, `ends again and again: worker`."""
    beside: tuple[SideProcessStatus, ...] = ()
    """The processes that run beside the app."""
    jobs: tuple[JobStatus, ...] = ()
    """The commands that run at certain times."""


def running_stacks() -> list[ListedStack]:
    """Return the running stacks of this user, of all users for root, by project.

    Each supervisor has a second to answer.
    """
    # One after the other: root takes the rights of each owner, which are those of the whole process.
    sites = dict(_running_sites())
    services = states_of_sites({paths.site: record for paths, record in sites.values() if record.beside})
    found = [_described(paths) for paths in running_places()]
    found += (_described(paths, services.get(name)) for name, (paths, _) in sites.items())
    return sorted(found, key=lambda stack: stack.project)


def _running_sites() -> Iterator[tuple[str, tuple[StackPaths, Installed]]]:
    for record in installed_sites():
        paths = record.site.paths(record.project)
        if Path(paths.runtime).exists() and is_running(paths):
            yield paths.site, (paths, record)


def _described(paths: StackPaths, service: ServiceState | None = None) -> ListedStack:
    project = paths.project or paths.runtime
    try:
        status = ask_supervisor(paths, StatusRequest(), StackStatus, ASK_WITHIN_S)
        log = Path(paths.log)
        with acting_as(keeper_of(log)):
            status = with_units(status, service, log)
    except EnufError as error:
        return ListedStack(project=project, state=error.slug)
    return ListedStack(
        project=project,
        state=status.state,
        url=status.url,
        pid=status.supervisor.pid,
        note="; ".join(_notes(status)),
        beside=status.beside,
        jobs=status.jobs,
    )


def _notes(status: StackStatus) -> Iterator[str]:
    if status.suspended:
        yield f"suspended: {', '.join(map(str, status.suspended))}"
    if looping := [each.name for each in status.beside if each.is_in_a_loop]:
        yield f"ends again and again: {', '.join(looping)}"
