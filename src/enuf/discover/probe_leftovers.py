"""Finds what the import of an app has left open or running, and a fork of the process would share or lose.

It runs in the probe's process, after the import and from its text: only the standard library, from Python 3.8
on, and of that only what the app itself has loaded.
"""

# ruff: noqa: PTH115, PTH208

from __future__ import annotations

import _thread
import gc
import os
import stat
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

MOST = 5
"""So many leftovers are reported: one is reason enough."""
HARMLESS_THREADS = ("jemalloc_bg_thd",)
"""Threads of C libraries that are started anew after a fork."""
DATABASE_MARKS = ((0, b"SQLite format 3\0", "SQLite"), (8, b"DUCK", "DuckDB"))
"""Where in a database's file its kind is written, and how."""


def open_files() -> dict[int, tuple[int, int]]:
    """Return the file (device and inode) that each descriptor of this process leads to."""
    found = {}
    for name in os.listdir("/dev/fd"):
        try:
            state = os.fstat(int(name))
        except (OSError, ValueError):  # the descriptor of this very listing
            continue
        found[int(name)] = (state.st_dev, state.st_ino)
    return found


def leftovers(before: dict[int, tuple[int, int]]) -> list[str]:
    """Return what the import has left behind, as phrases that complete "the app has ...".

    `before` are the files that were open before the import.
    """
    opened = [fd for fd, file in sorted(open_files().items()) if before.get(fd) != file]
    found = [*connections(opened), *databases(opened), *event_loops(opened), *piped_programs()]
    if not is_listening(opened):  # only one process can listen: such an app must be loaded once
        found += running_threads()
    return [on_one_line(phrase) for phrase in dict.fromkeys(found)][:MOST]


def connections(descriptors: list[int]) -> Iterator[str]:
    """Yield the sockets that are connected to another program."""
    for descriptor in descriptors:
        peer = peer_of(descriptor)
        if peer:
            yield f"an open connection to {peer}"


def mode_of(descriptor: int) -> int:
    """Return what kind of file a descriptor leads to; 0 once a thread of the app has closed the descriptor."""
    try:
        return os.fstat(descriptor).st_mode
    except OSError:
        return 0


def peer_of(descriptor: int) -> str:
    """Return the address at the other end of a socket.

    Empty where there is none, or where answers are never read.
    """
    if not stat.S_ISSOCK(mode_of(descriptor)):
        return ""
    socket = __import__("socket")  # loaded already: something has made this socket
    try:
        with socket.socket(fileno=os.dup(descriptor)) as one:
            peer = one.getpeername()
            is_one_way = one.family == socket.AF_UNIX and one.type == socket.SOCK_DGRAM  # a syslog
    except (OSError, ValueError):  # not connected
        return ""
    if isinstance(peer, tuple):
        host = f"[{peer[0]}]" if ":" in peer[0] else peer[0]
        return f"{host}:{peer[1]}"
    name = os.fsdecode(peer)
    return (
        "" if is_one_way or not name else name.replace("\0", "@")
    )  # without a name: the other end is here too


def is_listening(descriptors: list[int]) -> bool:
    """Return True when the import has bound a socket that takes connections."""
    socket: Any = sys.modules.get("socket")
    for descriptor in descriptors:
        if socket is None or not stat.S_ISSOCK(mode_of(descriptor)):
            continue
        try:
            with socket.socket(fileno=os.dup(descriptor)) as one:
                if one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    return True
        except OSError:
            continue
    return False


def databases(descriptors: list[int]) -> Iterator[str]:
    """Yield the databases that are open: their locks and their state in memory do not survive a fork."""
    for descriptor in descriptors:
        if stat.S_ISREG(mode_of(descriptor)):
            for offset, mark, kind in DATABASE_MARKS:
                if read_at(descriptor, offset, len(mark)) == mark:
                    yield f"the {kind} database {path_of(descriptor)} open"
    sqlite: Any = sys.modules.get("sqlite3")
    if sqlite:
        for connection in instances(sqlite.Connection):
            path = sqlite_path(connection)
            if path is not None:
                yield f"the SQLite database {path or ':memory:'} open"


def read_at(descriptor: int, offset: int, size: int) -> bytes:
    """Return bytes of a file without moving its position; nothing where it may not be read."""
    try:
        return os.pread(descriptor, size, offset)
    except OSError:
        return b""


def path_of(descriptor: int) -> str:
    """Return the path of an open file, or words for it where the system does not tell."""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return "of a file"


def sqlite_path(connection: Any) -> str | None:
    """Return the file of a connection, empty for one in memory, None for one that is closed."""
    try:
        cursor = connection.cursor()
        cursor.row_factory = None
        rows = cursor.execute("PRAGMA database_list").fetchall()
        return str(rows[0][2])
    except Exception as error:  # closed; or made in a thread, and only to be used in that
        return "of another thread" if "thread" in str(error) else None


def event_loops(descriptors: list[int]) -> Iterator[str]:
    """Yield the kernel's queues of events: a fork would share them."""
    for descriptor in descriptors:
        if path_of(descriptor) in ("anon_inode:[eventpoll]", "anon_inode:[kqueue]"):
            yield "an event loop"


def piped_programs() -> Iterator[str]:
    """Yield the programs that run and are talked to through pipes."""
    subprocess: Any = sys.modules.get("subprocess")
    for program in instances(subprocess.Popen) if subprocess else ():
        if program.returncode is None and (program.stdin or program.stdout):
            words = program.args if isinstance(program.args, (list, tuple)) else str(program.args).split()
            name = os.path.basename(os.fsdecode(words[0])) if words else "a program"  # noqa: PTH119
            yield f"a pipe to the program {name}"


def instances(kind: type) -> list[Any]:
    """Return the living objects of a class. An object whose class is computed, and fails, is none."""
    return [each for each in gc.get_objects() if issubclass(type(each), kind)]


def running_threads() -> Iterator[str]:
    """Yield the threads that run beside the main one: none of them runs on after a fork."""
    names = {ident: thread.name for ident, thread in named_threads().items()}
    for ident in sys._current_frames():  # noqa: SLF001 - the only list that is complete
        if ident != _thread.get_ident():
            yield f"a running thread, {names.get(ident, 'without a name')}"
    yield from native_threads()


def named_threads() -> dict[int, Any]:
    """Return the threads that the module threading knows, by their numbers."""
    threading: Any = sys.modules.get("threading")
    return {thread.ident: thread for thread in threading.enumerate()} if threading else {}


def native_threads() -> Iterator[str]:
    """Yield the threads of C libraries that have given them a name of their own (Linux).

    Those of numerical libraries bear the name of the program; these libraries prepare for a fork themselves.
    """
    known = {getattr(thread, "native_id", None) for thread in named_threads().values()}
    main = comm_of(os.getpid())
    try:
        numbers = [int(name) for name in os.listdir("/proc/self/task")]
    except OSError:
        return
    for number in numbers:
        name = comm_of(number)
        if number not in known and name not in ("", main, *HARMLESS_THREADS):
            yield f"a running thread, {name}"


def comm_of(thread: int) -> str:
    """Return the kernel's name of a thread; empty when it has ended."""
    try:
        with open(f"/proc/self/task/{thread}/comm", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            return file.read().strip()
    except OSError:
        return ""


def on_one_line(phrase: str) -> str:
    """Return the phrase on one line of at most 200 printable characters."""
    return "".join(sign if sign.isprintable() else "?" for sign in phrase)[:200]
