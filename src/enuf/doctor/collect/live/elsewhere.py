"""Files as a process of the stack sees them, also one whose root folder is not ours."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import msgspec

from enuf.doctor.collect.deployment import collect
from enuf.doctor.collect.foreign import collect_in
from enuf.doctor.collect.live.context import Collection, rights_of
from enuf.doctor.evidence import Evidence
from enuf.doctor.live.evidence import FILES, LiveProcess
from enuf.model.address import Address, UnixAddress
from enuf.system import files
from enuf.system.foreign_root import ForeignRoot

_JOINED = (
    "roots", "files", "sites", "servers", "starts", "units", "machines", "python_files", "passes", "pairs", "app_servers", "app_pairs",
    "certificate_faults", "unread",
)  # fmt: skip


def stat_of(process: LiveProcess | None, path: str) -> os.stat_result:
    """Return what stat says about a path of a process. Raise OSError."""
    if process is None or not process.root:
        return os.stat(path)  # noqa: PTH116
    with ForeignRoot(process.pid) as root:
        return root.stat(path)


def is_file_of(process: LiveProcess | None, path: str, right: int = os.F_OK) -> bool:
    """Return True if there is a regular file at a path of a process, and we have a right to it."""
    try:
        is_file = stat.S_ISREG(stat_of(process, path).st_mode)
    except (OSError, ValueError):
        return False
    is_foreign = process is not None and process.root
    return is_file and (bool(is_foreign) or os.access(path, right))


def tail_of(process: LiveProcess | None, path: str, most_bytes: int) -> tuple[bytes, os.stat_result]:
    """Return the last bytes of a regular file of a process, and its state. Raise OSError."""
    if process is not None and process.root:
        with ForeignRoot(process.pid) as root, rights_of(process):
            return root.tail(path, most_bytes)
    with rights_of(process), files.open_regular(Path(path)) as file:
        status = os.fstat(file.fileno())
        file.seek(max(0, status.st_size - most_bytes))
        return file.read(most_bytes), status


@contextlib.contextmanager
def address_for(process: LiveProcess | None, address: Address) -> Iterator[Address]:
    """Give the address at which we reach a socket of a process, inside the block. Raise OSError."""
    if process is None or not process.root or not isinstance(address, UnixAddress):
        yield address
        return
    with ForeignRoot(process.pid) as root, root.opened(address.path) as descriptor:
        yield UnixAddress(f"/proc/self/fd/{descriptor}")


def collect_of(
    named: Iterable[tuple[LiveProcess | None, str]], own: Sequence[Path], collection: Collection
) -> tuple[Evidence, dict[str, str]]:
    """Collect the evidence in the files that processes name, and in our own ones.

    Return it with the files that lie below another root folder, and the names of those.
    """
    pairs = list(named)
    ours = [Path(path) for process, path in pairs if process is None or not process.root]
    reach = collection.reach(FILES)
    found = collect(list(dict.fromkeys([*ours, *own])), reach)
    elsewhere: dict[str, str] = {}
    foreign = [(process, path) for process, path in pairs if process is not None and process.root]
    for name, group in groupby(sorted(foreign, key=lambda each: each[0].root), lambda each: each[0].root):
        chosen = list(group)
        first = chosen[0][0]
        with contextlib.suppress(OSError), ForeignRoot(first.pid) as root, rights_of(first):
            inside = collect_in(root, list(dict.fromkeys(path for _, path in chosen)), reach)
            found = _joined(found, inside)
            elsewhere |= dict.fromkeys((each.path for each in inside.files), name)
            elsewhere |= dict.fromkeys((file for site in inside.sites for file in site.files), name)
    return found, elsewhere


def _joined(evidence: Evidence, other: Evidence) -> Evidence:
    """Return the evidence of two file systems. A server of the one and a pass of the other are no pair."""
    lists = {name: (*getattr(other, name), *getattr(evidence, name)) for name in _JOINED}
    return msgspec.structs.replace(
        evidence,
        **lists,
        packages=evidence.packages | other.packages,
        facts={**evidence.facts, **other.facts},
    )
