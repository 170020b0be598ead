"""Whether this machine can run an engine of containers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

PROGRAMS = ("dockerd", "containerd", "runc", "iptables", "ip", "mmdebstrap", "setpriv", "unshare", "nsenter")
_TRIED = ("unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--mount-proc", "--propagation=private")


def require_engine(*more: str) -> None:
    """Skip the test where no engine can be run, with `more` programs than Docker's; fail for missing programs in CI.

    A kernel may lack what an engine needs. Programs are installed, by scripts/test-tools.
    """
    lacking = _lacking((*PROGRAMS, *more))
    if lacking and os.environ.get("CI") and os.geteuid() == 0:
        pytest.fail(f"the system has no {', '.join(lacking)}: scripts/test-tools engines")
    if reason := _reason(lacking):
        pytest.skip(reason)


def _lacking(programs: Sequence[str]) -> list[str]:
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    return [name for name in programs if not shutil.which(name, path=path)]


def _reason(lacking: Sequence[str]) -> str:
    """Return why no engine can be run here; an empty text when one can."""
    if sys.platform != "linux":
        return "needs Linux"
    if os.geteuid() != 0:
        return "needs root, for hosts with a network of their own"
    if lacking:
        return f"the system has no {', '.join(lacking)}: scripts/test-tools engines"
    if "\toverlay\n" not in Path("/proc/filesystems").read_text():
        return "the kernel has no overlayfs"
    tried = subprocess.run(
        (
            *_TRIED,
            "sh",
            "-c",
            "ip link add port1 type veth peer name port2 && ip link add switch type bridge",
        ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return f"no hosts can be made here: {tried.stderr.strip()}" if tried.returncode else ""
