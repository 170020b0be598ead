"""The processes of this machine, as `/proc` shows them to this user (Linux)."""

from __future__ import annotations

import contextlib
import os
import re
import resource
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil

from enuf.discover.server_words import server_words
from enuf.doctor.collect.live.context import Collection
from enuf.doctor.live.evidence import LiveProcess, Program
from enuf.inspect.oom_kills import oom_kills
from enuf.model.numbers import decimal
from enuf.system import files
from enuf.system.foreign_root import has_foreign_root
from enuf.system.marks import all_pids
from enuf.system.user import name_of_uid

PROC = Path("/proc")
TEXT_LIMIT_BYTES = 64 * 1024
MOST_PROCESSES = 20_000
MOST_DESCRIPTORS = 4096
_TITLES: tuple[tuple[str, Program], ...] = (
    ("nginx: master process", "nginx"),
    ("nginx: worker process", "nginx"),
    ("gunicorn: master", "gunicorn"),
    ("gunicorn: worker", "gunicorn"),
    ("uWSGI master", "uwsgi"),
    ("uWSGI worker", "uwsgi"),
)
_OTHERS: dict[str, Program] = {
    "uvicorn": "uvicorn", "hypercorn": "hypercorn", "daphne": "daphne", "waitress-serve": "waitress", "waitress": "waitress", "granian": "granian",
}  # fmt: skip
"""The word of a command line that starts an app server without a parser of its own here."""
_BEFORE_LIMIT = 4
_RUNS = re.compile(r"(?:.*/)?(?:python[\d.]*|uwsgi[\w.-]*|pyuwsgi|gunicorn[\d.]*|granian)")
"""The first word of a command line of an app server."""
_CONTAINER = re.compile(
    r"(?:docker|libpod|cri-containerd|crio|lxc)[-/]([0-9a-f]{12})|/(?:docker|kubepods[^ ]*)/([0-9a-f]{12})"
)
_UNIT = re.compile(r"/([\w.@:\\-]+\.service)(?:/|$)")


def command_line_of(pid: int) -> tuple[str, ...]:
    """Return the command line of a process; empty for a kernel thread, and for a process that has ended."""
    data = _read(pid, "cmdline").rstrip("\0")
    return tuple(data.split("\0")) if data else ()


def program_of_words(words: tuple[str, ...]) -> Program:
    """Return what program a command line runs."""
    title = words[0] if words else ""
    for begin, program in _TITLES:
        if title.startswith(begin):
            return program
    if _RUNS.fullmatch(title):
        found = server_words(words)
        if found is not None:
            return found.program
        return next(
            (_OTHERS[name] for word in words[:_BEFORE_LIMIT] if (name := word.rpartition("/")[2]) in _OTHERS),
            "other",
        )
    return "nginx" if title.rpartition("/")[2] == "nginx" else "other"


def running_programs(collection: Collection) -> dict[int, Program]:
    """Return the processes of nginx, uWSGI and gunicorn, with their programs."""
    looked_at = collection.within(all_pids()[:MOST_PROCESSES], "the processes of this machine")
    found = ((pid, program_of_words(command_line_of(pid))) for pid in looked_at)
    return {pid: program for pid, program in found if program != "other"}


def process_seen(pid: int) -> LiveProcess | None:
    """Return what is known about a process; None if it has ended."""
    words = command_line_of(pid)
    status = _status(pid)
    if not status:
        return None
    uid = decimal(
        (status.get("Uid", "").split() or [""])[1:2][0] if len(status.get("Uid", "").split()) > 1 else ""
    )
    gids = [*status.get("Gid", "").split()[1:2], *status.get("Groups", "").split()]
    cgroup = _read(pid, "cgroup").strip()
    open_for_writing, deleted, count = _descriptors(pid)
    container = _container(cgroup)
    return LiveProcess(
        pid=pid,
        parent=decimal(status.get("PPid", "")) or 0,
        program=program_of_words(words),
        words=words or (f"[{status.get('Name', '?')}]",),
        executable=_link(pid, "exe"),
        directory=_link(pid, "cwd"),
        started_in=_started_in(pid),
        uid=-1 if uid is None else uid,
        user="" if uid is None else name_of_uid(uid),
        groups=tuple(dict.fromkeys(number for each in gids if (number := decimal(each)) is not None)),
        started_at=_started_at(pid),
        unit=unit_of_cgroup(cgroup),
        cgroup=cgroup[:1000],
        container=container,
        root=(container or f"process {pid}") if has_foreign_root(pid) else "",
        mounts=_link(pid, "ns/mnt"),
        network=_link(pid, "ns/net"),
        logs=open_for_writing,
        deleted_files=deleted,
        descriptors=count,
        descriptors_limit=_descriptors_limit(pid),
        rss_bytes=(decimal(status.get("VmRSS", "").split(" ")[0]) or 0) * 1024,
        oom_kills=_oom_kills(cgroup),
        memory_limit=_memory_limit(cgroup),
        state=status.get("State", "")[:1],
    )


def holders(inodes: Iterable[str], pids: Iterable[int]) -> dict[str, list[int]]:
    """Return the processes among `pids` that hold each of these sockets, as far as this user may see them."""
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    found: dict[str, list[int]] = {inode: [] for inode in wanted.values()}
    for pid in pids if wanted else ():
        for target in {link for _, link in _links(pid)} & wanted.keys():
            found[wanted[target]].append(pid)
    return found


def sockets_of(pid: int) -> set[str]:
    """Return the inodes of the sockets that a process holds."""
    links = (link for _, link in _links(pid))
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def may_see(pid: int) -> bool:
    """Return True if this user may see the open files of a process."""
    return os.access(PROC / str(pid) / "fd", os.R_OK)


def unit_of_cgroup(cgroup: str) -> str:
    """Return the unit in a text of /proc/PID/cgroup; empty without one, and for a user's own manager."""
    units = [unit for unit in _UNIT.findall(cgroup) if not unit.startswith("user@")]
    return units[-1] if units else ""


def _links(pid: int) -> Iterator[tuple[int, str]]:
    folder = f"{PROC}/{pid}/fd"
    with contextlib.suppress(OSError):
        for name in os.listdir(folder)[:MOST_DESCRIPTORS]:  # noqa: PTH208
            with contextlib.suppress(OSError):
                yield int(name), os.readlink(f"{folder}/{name}")  # noqa: PTH115


def _descriptors(pid: int) -> tuple[tuple[str, ...], tuple[str, ...], int | None]:
    """Return the regular files that a process has open for writing, the deleted ones, and the number of descriptors."""
    if not may_see(pid):
        return (), (), None
    written: list[str] = []
    deleted: list[str] = []
    count = 0
    for number, link in _links(pid):
        count += 1
        if not link.startswith("/") or link.startswith(("/dev/", "/memfd:", "/proc/")):
            continue
        if link.endswith(" (deleted)"):
            deleted.append(link.removesuffix(" (deleted)"))
        elif number in (1, 2) or link.endswith((".log", ".err", ".out")) or ".log." in link:
            written.append(link)
    return tuple(dict.fromkeys(written)), tuple(dict.fromkeys(deleted)), count


def _status(pid: int) -> dict[str, str]:
    pairs = (line.partition(":") for line in _read(pid, "status").splitlines())
    return {name: value.strip() for name, _, value in pairs}


def _read(pid: int, name: str) -> str:
    try:
        return files.read_regular(PROC / str(pid) / name, TEXT_LIMIT_BYTES).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""


def _link(pid: int, name: str) -> str:
    try:
        return os.readlink(f"{PROC}/{pid}/{name}")  # noqa: PTH115
    except OSError:
        return ""


def _started_in(pid: int) -> str:
    """Return PWD of the process's environment. Nothing else of the environment is kept."""
    for each in _read(pid, "environ").split("\0"):
        if each.startswith("PWD=/"):
            return each[4:]
    return ""


def _started_at(pid: int) -> float:
    with contextlib.suppress(psutil.Error, OSError):
        return float(psutil.Process(pid).create_time())
    return 0.0


def _descriptors_limit(pid: int) -> int | None:
    with contextlib.suppress(OSError, AttributeError, ValueError):
        return int(resource.prlimit(pid, resource.RLIMIT_NOFILE)[0])
    for line in _read(pid, "limits").splitlines():
        if line.startswith("Max open files"):
            return decimal(line.split()[3])
    return None


def _container(cgroup: str) -> str:
    match = _CONTAINER.search(cgroup)
    return next(filter(None, match.groups()), "") if match else ""


def _group_folder(cgroup: str) -> Path | None:
    line = next((each[3:] for each in cgroup.splitlines() if each.startswith("0::")), "")
    return Path("/sys/fs/cgroup", line.lstrip("/")) if line.strip("/") and ".." not in line else None


def _oom_kills(cgroup: str) -> int | None:
    folder = _group_folder(cgroup)
    events = folder / "memory.events" if folder else None
    if events is None or not events.is_file():
        return None
    return oom_kills(Path("/nonexistent"), machine=events)


def _memory_limit(cgroup: str) -> int | None:
    folder = _group_folder(cgroup)
    try:
        return decimal((folder / "memory.max").read_text().strip()) if folder else None
    except (OSError, ValueError):
        return None
