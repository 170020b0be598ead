"""The uWSGI and gunicorn that run on this machine for a project, started by somebody else than enuf."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import psutil

from enuf.discover.server_words import Program, ServerWords, server_words
from enuf.system import files

_TITLES: dict[str, Program] = {"gunicorn: master": "gunicorn", "uWSGI master": "uwsgi"}
"""Titles that a server gives itself in place of its command line."""
_SUPERVISOR_WORDS = 5
"""The first words of a command line, among which the supervisor of enuf is called `enuf`."""
_OF_MANY = frozenset(
    f"{name}.service"
    for name in (
        "cron",
        "crond",
        "atd",
        "ssh",
        "sshd",
        "rc-local",
        "docker",
        "containerd",
        "supervisor",
        "supervisord",
        "runit",
    )
)
"""Units in which many programs run: to stop one of them would stop the others too."""
_CGROUP_LIMIT_BYTES = 4096


class RunningServer(msgspec.Struct, frozen=True, kw_only=True):
    """The main process of a running app server."""

    program: Program
    pid: int
    words: tuple[str, ...]
    """The arguments; empty where the server has replaced its command line with a title."""
    path: str
    """The word for the program, with its folder if that is given."""
    directory: str
    user: str
    unit: str
    """The unit of systemd that started the process; empty for any other way."""
    manager: str = ""
    """What started the process in place of systemd: `supervisor`, `emperor` or `runit`; empty for any other way."""
    sockets: tuple[str, ...]
    """The addresses on which the server listens, as far as this user may know: paths, and `host:port`."""

    @property
    def words_of_message(self) -> str:
        """The server in words of a message."""
        at = f", at {', '.join(self.sockets)}" if self.sockets else ""
        by = f", started by {self.unit}" if self.unit else ""
        return f"{self.program} (pid {self.pid}{at}{by})"


def running_servers(project: Path) -> tuple[RunningServer, ...]:
    """Return the servers whose working folder is the project or lies in it, in the order of their pids."""
    return tuple(sorted(_found(str(project)), key=lambda server: server.pid))


def _found(project: str) -> Iterator[RunningServer]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            server = _server_of(process, project)
            if server is not None:
                yield server


def _server_of(process: psutil.Process, project: str) -> RunningServer | None:
    words = process.cmdline()
    started = _started(words)
    if started is None:
        return None
    directory = process.cwd()
    if not _is_in(directory, project):
        return None
    parent = process.parent()
    above = parent.cmdline() if parent is not None else []
    manager = _manager_of(above)
    if (_started(above) is not None and manager != "emperor") or _is_supervisor(above):
        return None  # a worker, or a server of enuf's own
    if manager == "" and _is_emperor(words):
        return None  # it serves no app itself
    return RunningServer(
        program=started.program,
        pid=process.pid,
        words=started.arguments,
        path=started.path,
        directory=directory,
        user=process.username(),
        unit="" if manager else _unit_of(process.pid),
        manager=manager,
        sockets=_sockets_of(process),
    )


def _started(words: Sequence[str]) -> ServerWords | None:
    title = words[0] if words else ""
    for begin, program in _TITLES.items():
        if title.startswith(begin):
            return ServerWords(program=program, arguments=())
    return server_words(words)


def _manager_of(above: Sequence[str]) -> str:
    """Return the manager whose process has started a server."""
    names = [word.rpartition("/")[2] for word in above[:_SUPERVISOR_WORDS]]
    if "supervisord" in names:
        return "supervisor"
    if names[:1] == ["runsv"]:
        return "runit"
    return "emperor" if _is_emperor(above) else ""


def _is_emperor(words: Sequence[str]) -> bool:
    return any(word == "--emperor" or word.startswith(("--emperor=", "uWSGI Emperor")) for word in words)


def _is_supervisor(words: Sequence[str]) -> bool:
    return any(word == "enuf" or word.endswith("/enuf") for word in words[:_SUPERVISOR_WORDS])


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def _unit_of(pid: int) -> str:
    """Return the unit in which systemd keeps the process, from its control group; empty without one."""
    text = files.read_regular(Path(f"/proc/{pid}/cgroup"), _CGROUP_LIMIT_BYTES).decode("utf-8", "replace")
    parts = [part for line in text.splitlines() for part in line.split("/")]
    units = (part for part in parts if part.endswith(".service") and not part.startswith("user@"))
    return next((unit for unit in units if unit not in _OF_MANY), "")


def _sockets_of(process: psutil.Process) -> tuple[str, ...]:
    found: list[str] = []
    with contextlib.suppress(psutil.Error, OSError):
        for each in process.net_connections("all"):
            address: object = each.laddr
            if isinstance(address, str):
                found.append(address)
            elif each.status == psutil.CONN_LISTEN:
                host = f"[{each.laddr.ip}]" if ":" in each.laddr.ip else each.laddr.ip
                found.append(f"{host}:{each.laddr.port}")
    return tuple(dict.fromkeys(filter(None, found)))
