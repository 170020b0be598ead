"""The limits of this machine, container or cgroup."""

from __future__ import annotations

import math
import os
import pwd
import resource
from pathlib import Path

from enuf.model.tool import Machine


def find_machine() -> Machine:
    """Return the limits in force for this process."""
    return Machine(
        cpus=_usable_cpus(),
        somaxconn=_somaxconn(),
        max_files=_max_files(),
        user=_user_name(),
        is_root=os.geteuid() == 0,
    )


def _usable_cpus() -> int:
    """Return the CPUs that this process may use: the smaller of its affinity and its cgroup's quota."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(affinity, cgroup_cpus(Path("/sys/fs/cgroup"))))


def cgroup_cpus(root: Path) -> int:
    """Return the CPU quota of the cgroup that a container sees as its root, rounded up.

    Without a quota the number is large.
    """
    try:
        quota, period = (root / "cpu.max").read_text().split()
        return math.ceil(int(quota) / int(period))
    except (OSError, ValueError):  # no cgroup v2, or "max"
        pass
    try:
        quota = (root / "cpu/cpu.cfs_quota_us").read_text()
        period = (root / "cpu/cpu.cfs_period_us").read_text()
        return math.ceil(int(quota) / int(period)) if int(quota) > 0 else 2**16
    except (OSError, ValueError):
        return 2**16


def _somaxconn() -> int:
    try:
        return int(Path("/proc/sys/net/core/somaxconn").read_text())
    except (OSError, ValueError):
        return 128


def _max_files() -> int:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return 2**20 if hard == resource.RLIM_INFINITY else int(hard)


def _user_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a container may run this process under a uid without a name
        return str(os.geteuid())
