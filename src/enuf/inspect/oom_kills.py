"""How many processes of our control group the kernel has killed for lack of memory (Linux)."""

from __future__ import annotations

import contextlib
from pathlib import Path

CGROUP_OF_US = Path("/proc/self/cgroup")
MOUNT = Path("/sys/fs/cgroup")
OF_MACHINE = Path("/proc/vmstat")


def oom_kills(cgroup: Path = CGROUP_OF_US, mount: Path = MOUNT, machine: Path = OF_MACHINE) -> int:
    """Return the count of our control group, or that of the machine where the group does not tell; 0 if neither does."""
    for file in (*_events_files(cgroup, mount), machine):
        with contextlib.suppress(OSError, ValueError):
            for line in file.read_text().splitlines():
                name, _, count = line.partition(" ")
                if name == "oom_kill":
                    return int(count)
    return 0


def _events_files(cgroup: Path, mount: Path) -> list[Path]:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        lines = cgroup.read_text().splitlines()
        return [mount / line[3:].lstrip("/") / "memory.events" for line in lines if line.startswith("0::")]
    return []
