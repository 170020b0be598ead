"""The nginx that listens at the URL, its workers, and the main file of its configuration."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from enuf.doctor.collect.deployment import collect
from enuf.doctor.collect.live.context import Collection
from enuf.doctor.collect.live.elsewhere import is_file_of
from enuf.doctor.collect.live.listening import with_queue
from enuf.doctor.collect.live.processes import holders, may_see, process_seen
from enuf.doctor.facts.listens import listens
from enuf.doctor.live.evidence import Listening, LiveFront, LiveProcess, Program
from enuf.model.address import TcpAddress
from enuf.system.marks import all_pids
from enuf.system.own_command import with_sudo
from enuf.system.subprocesses import answer_of
from enuf.system.trust import changeable_by_others

DEFAULT_PREFIX, DEFAULT_CONFIGURATION = "/etc/nginx", "/etc/nginx/nginx.conf"
MOST_WORKERS, MOST_HIDDEN = 64, 8
_MASTER = re.compile(r"nginx: master process (?P<command>.*)")
_BUILT_IN = re.compile(r"--(?P<name>prefix|conf-path|error-log-path)=(?P<value>\S+)")
_ASKED_WITHIN_S = 0.5


def find_front(
    collection: Collection, listeners: Sequence[Listening], programs: dict[int, Program]
) -> LiveFront:
    """Return what listens at the port of the URL."""
    port = collection.requested.port
    at_port = [
        with_queue(each)
        for each in listeners
        if isinstance(each.address, TcpAddress) and each.address.port == port
    ]
    pids = [pid for pid, program in programs.items() if program == "nginx"]
    held = holders([each.inode for each in at_port], collection.within(pids, "the processes of nginx"))
    if at_port and not any(held.values()):
        held = holders(
            [each.inode for each in at_port],
            collection.within(all_pids(), f"which process listens at port {port}"),
        )
    at_port = [msgspec.structs.replace(each, pids=tuple(held.get(each.inode, ()))) for each in at_port]
    looked_at = collection.within(pids, "the processes of nginx")
    processes = [found for pid in looked_at if (found := process_seen(pid))]
    masters = [each for each in processes if _MASTER.match(each.line)]
    main = _main(at_port, masters, held, collection)
    if at_port and main is None:
        collection.hinder_by_rights(f"which process listens at port {port}")
    front = LiveFront(
        listeners=tuple(at_port),
        main=main,
        workers=_workers(main, processes[:MOST_WORKERS]) if main and main.program == "nginx" else (),
        others=tuple(each for each in masters if (main is None or each.pid != main.pid) and _is_near(each)),
    )
    if main is None or main.program != "nginx":
        return front
    prefix, configuration = _configuration(main, collection)
    is_readable = is_file_of(main, configuration, os.R_OK)
    problem = "" if is_readable else _why_unreadable(main, configuration, collection)
    return msgspec.structs.replace(front, prefix=prefix, configuration=configuration, problem=problem)


def error_logs_built_in(main: LiveProcess, collection: Collection) -> str:
    """Return the path of the error log that is compiled in, empty if it is unknown."""
    return _built_in(main, collection).get("error-log-path", "")


def _main(
    listeners: Sequence[Listening],
    masters: Sequence[LiveProcess],
    held: dict[str, list[int]],
    collection: Collection,
) -> LiveProcess | None:
    """Return the process that listens: nginx's master, or any other program.

    A master of another user hides its sockets: one of the user that made the socket is taken then, by its configuration.
    """
    pids = {pid for each in listeners for pid in each.pids}
    for master in masters:
        if master.pid in pids:
            return master
    found = [process for pid in sorted(pids) if (process := process_seen(pid))]
    workers = [each for each in found if each.program == "nginx"]
    for worker in workers:
        for master in masters:
            if worker.parent == master.pid:
                return master
    if found:
        return workers[0] if workers else found[0]
    makers = {each.uid for each in listeners}
    hidden = [each for each in masters if each.uid in makers and _is_near(each) and not may_see(each.pid)]
    return _configured_at(hidden[:MOST_HIDDEN], collection) if not any(held.values()) else None


def _configured_at(masters: Sequence[LiveProcess], collection: Collection) -> LiveProcess | None:
    """Return the only master, or the only one whose configuration has a server block at the port of the URL."""
    if len(masters) < 2:
        return masters[0] if masters else None
    port = collection.requested.port
    found = []
    for master in masters:
        _, file = _configuration(master, collection)
        sites = collect([Path(file)]).sites if os.access(file, os.R_OK) else ()
        blocks = (block.directive for site in sites if site.file == file for block in site.servers())
        if any(each.port == port for block in blocks for each in listens(block)):
            found.append(master)
    return found[0] if len(found) == 1 else None


def _is_near(process: LiveProcess) -> bool:
    """Return False for a process that is certainly in another network, as in a container."""
    try:
        return not process.network or process.network == os.readlink("/proc/self/ns/net")  # noqa: PTH115
    except OSError:
        return True


def _workers(main: LiveProcess, processes: Sequence[LiveProcess]) -> tuple[LiveProcess, ...]:
    return tuple(each for each in processes if each.parent == main.pid and "worker process" in each.line)


def _configuration(main: LiveProcess, collection: Collection) -> tuple[str, str]:
    """Return the prefix and the main file of nginx's configuration."""
    match = _MASTER.match(main.line)
    words = (match["command"] if match else main.line).split()
    prefix = _value_of("-p", words)
    named = _value_of("-c", words)
    if not prefix or not named:
        built = _built_in(main, collection)
        prefix = prefix or built.get("prefix", DEFAULT_PREFIX)
        named = named or built.get("conf-path", DEFAULT_CONFIGURATION)
    here = main.started_in or main.directory or "/"
    prefix = posixpath.normpath(posixpath.join(here, prefix))
    return prefix, posixpath.normpath(posixpath.join(prefix, named))


def _value_of(flag: str, words: Sequence[str]) -> str:
    for number, word in enumerate(words[:-1]):
        if word == flag:
            return words[number + 1]
    return next((word[2:] for word in words if word.startswith(flag) and len(word) > 2), "")


def _built_in(main: LiveProcess, collection: Collection) -> dict[str, str]:
    """Return the paths that are compiled into nginx. Only a program that no third user can change is asked."""
    if main.root:  # the program of a container is not run
        return {}
    match = _MASTER.match(main.line)
    first = match["command"].partition(" ")[0] if match else ""
    program = main.executable or (first if first.startswith("/") else "/usr/sbin/nginx")
    trusted = frozenset({0, os.geteuid()})
    within_s = collection.left_s(_ASKED_WITHIN_S, "the paths that are compiled into nginx")
    if not Path(program).is_file() or changeable_by_others(Path(program), trusted) or not within_s:
        return {}
    try:
        done = answer_of([program, "-V"], within_s=within_s)
    except OSError:
        return {}
    return {found["name"]: found["value"].strip("'\"") for found in _BUILT_IN.finditer(done.stderr)}


def _why_unreadable(main: LiveProcess, path: str, collection: Collection) -> str:
    if main.container and not collection.is_root:
        collection.hinder(
            "nginx's configuration",
            f"nginx runs in the container {main.container}",
            f"{with_sudo()}; docker exec {main.container} nginx -T",
        )
        return f"nginx runs in a container: {path} is in there"
    is_ours = collection.is_root or bool(main.mounts)
    if is_ours and Path(path).parent.is_dir() and not os.path.lexists(path):
        return f"{path} is not there any more"
    collection.hinder_by_rights(f"nginx's configuration {path}")
    return f"{path} cannot be read by this user"
