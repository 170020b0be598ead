"""Hosts on this machine: each has a network, processes and mounts of its own, and all end with its first process.

No name is left on the machine: the namespaces have none, and the cgroups are removed with the host. A host ends with the
tests also where these are killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support.stack import until

from .commands import answer

NETWORK = "10.231.0"
"""Inside of the hosts alone: nothing outside of them can reach it."""
VISITORS = 254
"""The last number of the switch's own address, from which visitors ask."""
_FIRST_PROCESS = 'mount -t tmpfs tmpfs /run; ip link set lo up; exec "$@"'
_NAMESPACES = ("--net", "--mount", "--uts", "--pid", "--fork", "--kill-child=KILL", "--mount-proc")
_NEW_NETWORK = 0x40000000


class Host:
    """A host that runs one program as its first process."""

    def __init__(self, folder: Path, name: str, number: int) -> None:
        self.folder = folder / name
        self.folder.mkdir(mode=0o700)
        self.name = name
        self.number = number
        self.group = f"enuf-engines-{secrets.token_hex(4)}"
        """The cgroup of its containers."""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """The address in the network of the hosts."""
        return f"{NETWORK}.{self.number}"

    @property
    def log(self) -> str:
        """What the program has said."""
        return (self.folder / "log").read_text(errors="replace")

    def start(self, *program: str, prepare: str = "") -> None:
        """Start the program. `prepare` is a line of shell, run before with the host's mounts."""
        words = ("setpriv", "--pdeathsig=KILL", "unshare", *_NAMESPACES, "--propagation=private")
        script = f"set -e; hostname {self.name}; {prepare or ':'}; {_FIRST_PROCESS}"
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                (*words, "sh", "-c", script, "sh", *program),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until(self._pid, what=f"the first process of {self.name}: {self.log[-2000:]}")

    def _pid(self) -> int:
        """Return the pid of the host's first process; 0 while there is none."""
        assert self._process
        pid = self._process.pid
        with contextlib.suppress(OSError, IndexError):
            return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
        return 0

    @property
    def pid(self) -> int:
        """The pid of its first process, as this machine counts."""
        pid = self._pid() if self._process else 0
        assert pid, f"{self.name} has ended: {self.log[-3000:]}"
        return pid

    def run(self, *words: str) -> str:
        """Run a command in the network of the host, and return what it says."""
        return answer("nsenter", f"--net=/proc/{self.pid}/ns/net", *words)

    def end(self) -> None:
        """Kill the host, and assert that none of its processes and cgroups is left."""
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait(60)
            self._process = None
        groups = [found for top in cgroup_folders() if (found := top / self.group).is_dir()]
        until(lambda: not _members(groups), what=f"the end of the processes of {self.name}")
        for inner in [path for group in groups for path in sorted(group.glob("**/"), reverse=True)]:
            inner.rmdir()


class Switch(Host):
    """The network between the hosts, and the place from which visitors ask."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "switch", VISITORS)

    def begin(self) -> None:
        """Make the network."""
        self.start("sleep", "infinity")
        self.run("ip", "link", "add", "sw", "type", "bridge")
        self.run("ip", "address", "add", f"{self.address}/24", "dev", "sw")
        self.run("ip", "link", "set", "sw", "up")

    def plug(self, host: Host) -> None:
        """Connect a host."""
        port = f"port{host.number}"
        self.run(*f"ip link add {port} type veth peer name eth0 netns {host.pid}".split())
        self.run("ip", "link", "set", port, "master", "sw", "up")
        host.run("ip", "address", "add", f"{host.address}/24", "dev", "eth0")
        host.run("ip", "link", "set", "eth0", "up")
        host.run("ip", "route", "add", "default", "via", self.address)

    def cut(self, host: Host) -> None:
        """Cut the cable of a host."""
        self.run("ip", "link", "set", f"port{host.number}", "down")

    def mend(self, host: Host) -> None:
        """Mend the cable of a host."""
        self.run("ip", "link", "set", f"port{host.number}", "up")


@contextlib.contextmanager
def in_network_of(host: Host) -> Iterator[None]:
    """Move this thread, and those that it starts, into the network of a host."""
    libc = ctypes.CDLL(None, use_errno=True)
    with (
        Path("/proc/thread-self/ns/net").open("rb") as before,
        Path(f"/proc/{host.pid}/ns/net").open("rb") as inside,
    ):
        assert libc.setns(inside.fileno(), _NEW_NETWORK) == 0, os.strerror(ctypes.get_errno())
        try:
            yield
        finally:
            assert libc.setns(before.fileno(), _NEW_NETWORK) == 0, os.strerror(ctypes.get_errno())


def cgroup_folders() -> list[Path]:
    """Return the folders in which a cgroup may have been made: one for each controller, or one for all."""
    top = Path("/sys/fs/cgroup")
    return [top, *(path for path in top.iterdir() if path.is_dir() and not path.is_symlink())]


def _members(groups: Sequence[Path]) -> list[str]:
    return [
        pid for group in groups for each in group.rglob("cgroup.procs") for pid in each.read_text().split()
    ]
