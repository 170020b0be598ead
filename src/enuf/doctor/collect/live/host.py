"""The machine: limits, free space, SELinux, and what the kernel's log says about killed processes."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from enuf.doctor.collect.live.context import Collection
from enuf.doctor.live.evidence import HostFacts
from enuf.system.files import free_bytes
from enuf.system.subprocesses import answer_of
from enuf.system.user import name_of_uid

FULL_BELOW_BYTES = 64 * 1024
_KERNEL_WITHIN_S, _KERNEL_LINES = 0.4, 20
_KILLED = re.compile(r"Out of memory|oom-kill|Memory cgroup out of memory|segfault at", re.IGNORECASE)


def host_facts(folders: Iterable[str]) -> HostFacts:
    """Return what the machine says; `folders` are those of logs, sockets and temporary files."""
    return HostFacts(
        now=time.time(),
        uid=os.geteuid(),
        user=name_of_uid(os.geteuid()),
        network=_link("/proc/self/ns/net"),
        mounts=_link("/proc/self/ns/mnt"),
        somaxconn=_number("/proc/sys/net/core/somaxconn"),
        booted_at=psutil.boot_time(),
        selinux={0: False, 1: True}.get(
            -1 if (found := _number("/sys/fs/selinux/enforce")) is None else found
        ),
        full_disks=tuple(
            folder
            for folder in dict.fromkeys(folders)
            if os.path.isdir(folder) and free_bytes(Path(folder)) < FULL_BELOW_BYTES  # noqa: PTH112
        ),
    )


def kernel_lines(collection: Collection) -> tuple[str, ...]:
    """Return the lines of the kernel's log about killed processes; none where this user may not read it."""
    within_s = collection.left_s(_KERNEL_WITHIN_S, "the kernel's log")
    if not within_s:
        return ()
    try:
        done = answer_of(["dmesg", "--time-format=iso"], within_s=within_s)
    except OSError:
        return ()
    if done.returncode:
        collection.hinder_by_rights("the kernel's log")
        return ()
    return tuple(line[:400] for line in done.stdout.splitlines() if _KILLED.search(line))[-_KERNEL_LINES:]


def _number(path: str) -> int | None:
    try:
        return int(Path(path).read_text().strip())
    except (OSError, ValueError):
        return None


def _link(path: str) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115
    except OSError:
        return ""
