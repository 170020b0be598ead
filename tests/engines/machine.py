"""Whether this machine can run an engine of containers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAMS = ("dockerd", "containerd", "runc", "iptables", "ip", "mmdebstrap", "setpriv", "unshare", "nsenter")
_TRIED = ("unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--mount-proc", "--propagation=private")


def missing(*more: str) -> str:
    """Return why no engine can be run here, with `more` programs than Docker's; an empty text when one can."""
    if sys.platform != "linux":
        return "needs Linux"
    if os.geteuid() != 0:
        return "needs root, for hosts with a network of their own"
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    if lacking := [name for name in (*PROGRAMS, *more) if not shutil.which(name, path=path)]:
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
