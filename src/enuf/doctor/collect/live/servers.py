"""The app servers of this machine, where they listen, and the files that their command lines name."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from enuf.discover.server_words import server_words
from enuf.doctor.collect.live.context import Collection
from enuf.doctor.collect.live.elsewhere import is_file_of
from enuf.doctor.collect.live.processes import process_seen, sockets_of
from enuf.doctor.evidence import Evidence
from enuf.doctor.live.evidence import APP_SERVERS, Backend, Listening, LiveProcess, Program
from enuf.model.address import UnixAddress

MOST_SERVERS = 80
_CONFIGURATIONS = (".ini", ".xml", ".yaml", ".yml", ".json", ".conf.py")
_NAMES = ("--ini", "--xml", "--yaml", "--json", "-c", "--config", "-i")


def find_servers(programs: dict[int, Program], collection: Collection) -> tuple[LiveProcess, ...]:
    """Return the processes of app servers, main processes first, within bounds."""
    pids = [pid for pid, program in programs.items() if program in APP_SERVERS]
    looked_at = collection.within(pids[:MOST_SERVERS], "the processes of app servers")
    found = [process for pid in looked_at if (process := process_seen(pid))]
    own = {each.pid for each in found}
    return tuple(sorted(found, key=lambda each: (each.parent in own, each.pid)))


def sockets_of_servers(
    servers: Iterable[LiveProcess], tables: Iterable[Sequence[Listening]]
) -> tuple[Listening, ...]:
    """Return the listening sockets that app servers hold, as far as this user may see them."""
    listeners = {each.inode: each for table in tables for each in table}
    pids: dict[str, list[int]] = {}
    for server in servers:
        for inode in sockets_of(server.pid) & listeners.keys():
            pids.setdefault(inode, []).append(server.pid)
    return tuple(msgspec.structs.replace(listeners[inode], pids=tuple(held)) for inode, held in pids.items())


def configuration_files(server: LiveProcess) -> Iterator[Path]:
    """Yield the existing files that an app server's command line names as its configuration."""
    words = server_words(server.words)
    arguments = words.arguments if words else ()
    for number, word in enumerate(arguments):
        value = word.partition("=")[2] if word.startswith("--") and "=" in word else word
        is_named = number > 0 and arguments[number - 1] in _NAMES
        if value.startswith("-") or not (is_named or value.partition(":")[0].endswith(_CONFIGURATIONS)):
            continue
        for folder in (server.started_in, server.directory):
            path = posixpath.normpath(posixpath.join(folder or "/", value.partition(":")[0]))
            if (folder or value.startswith("/")) and is_file_of(server, path):
                yield Path(path)
                break


def likely_holders(
    backend: Backend, servers: Sequence[LiveProcess], static: Evidence
) -> tuple[LiveProcess, ...]:
    """Return the server with its workers whose command line or configuration names the address of a backend.

    For a listener whose processes this user may not look into.
    """
    address = backend.address
    name = address.path if isinstance(address, UnixAddress) else f":{address.port}"
    named = {
        server.config.main_file
        for server in static.servers
        if any(listener.address == address for listener in server.listeners)
    }
    own = {each.pid for each in servers}
    mains = [each for each in servers if each.parent not in own]
    found = [
        each
        for each in mains
        if any(word.endswith(name) for word in each.words)
        or any(str(file) in named for file in configuration_files(each))
    ]
    if len(found) != 1:
        return ()
    return (found[0], *(each for each in servers if each.parent == found[0].pid))
