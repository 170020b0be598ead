"""A Debian that really boots in a container: systemd as pid 1, the distribution's own nginx, no network."""

from __future__ import annotations

import contextlib
import email
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.support.debian import MOUNT_OVERLAY, VENV, Layers, in_own_mounts, overlay_words
from tests.support.stack import Finished, Response, until

ENV = {"PATH": f"{VENV}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
BOOT_S = 120
IN_CGROUPS = 'for group in $1; do echo $$ > "$group/cgroup.procs"; done; shift'
NSPAWN = ("systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--private-network")
PLAIN = ("--console=pipe", "--link-journal=no", "--settings=no", "--timezone=off", "--resolv-conf=off")


class Booted:
    """A machine with a disk of its own, which can be switched off and on again. It leaves no process, mount or file."""

    def __init__(self, layers: Layers, folder: Path) -> None:
        self.folder = folder
        self.name = f"enuf-{secrets.token_hex(4)}"
        self.disk = folder / "disk"
        """The files that differ from the Debian that the machine was made from."""
        self._layers = (self.disk, *layers)
        self._console = folder / "console"
        self._groups = [group / self.name for group in _cgroups()]
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._systemd = 0
        for made in (self.disk, folder / "work", folder / "root"):
            made.mkdir(mode=0o755)

    # -- on and off

    def boot(self, *failing: str, retried: str = "") -> None:
        """Switch the machine on and wait until every unit of the boot is up. Assert that exactly the units `failing` failed.

        The unit `retried` may have failed, or be tried again right now.
        """
        for group in self._groups:
            group.mkdir(exist_ok=True)
        root, options = overlay_words(self.folder / "root", self._layers, self.folder / "work")
        script = in_own_mounts(f'{IN_CGROUPS}; {MOUNT_OVERLAY}; exec "$@"')
        groups = " ".join(map(str, self._groups))
        # The mount is nspawn's own and ends with it, and nspawn ends with the tests.
        words = ("setpriv", "--pdeathsig=KILL", *script, groups, root, options)
        with self._console.open("ab") as console:
            self._nspawn = subprocess.Popen(
                (*words, *NSPAWN, *PLAIN, f"--directory={root}", f"--machine={self.name}"),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._systemd = until(self._find_systemd, timeout=BOOT_S, what="a process 1")
        state = until(self._state, timeout=BOOT_S, what="the end of the boot")
        failed = self.do("systemctl", "list-units", "--failed", "--plain", "--no-legend")
        names = [line.split()[0] for line in failed.splitlines()]
        assert sorted(name for name in names if name != retried) == sorted(failing), self.journal()
        assert state in ("running", "degraded"), state

    def _find_systemd(self) -> int:
        assert self._nspawn
        if self._nspawn.poll() is not None:
            raise AssertionError(f"systemd-nspawn has ended: {self._console.read_text(errors='replace')}")
        pid = self._nspawn.pid
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with contextlib.suppress(OSError):
                status = Path(f"/proc/{child}/status").read_text()
                if any(line.split()[-1] == "1" for line in status.splitlines() if line.startswith("NSpid:")):
                    return int(child)
        return 0

    def _state(self) -> str:
        told = self.run("systemctl", "is-system-running", "--wait", timeout=BOOT_S).out.strip()
        return told if told in ("running", "degraded", "maintenance") else ""

    def power_off(self) -> None:
        """Run `systemctl poweroff`, which stops every service in order, and wait for the end."""
        assert self._nspawn
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.run("systemctl", "poweroff", timeout=60)
            self._nspawn.wait(120)
        clean = self._nspawn.poll() == 0
        self.pull_the_plug()
        assert clean, f"it did not switch itself off: {self._console.read_text(errors='replace')[-3000:]}"

    def pull_the_plug(self) -> None:
        """Kill the machine if it runs, and assert that no process, mount or network interface is left."""
        if self._nspawn and self._nspawn.poll() is None:
            for pid in filter(None, (self._systemd, self._nspawn.pid)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._nspawn.wait(60)
        self._nspawn, self._systemd = None, 0
        until(lambda: not self._processes(), what=f"the end of the processes {self._processes()}")
        for inner in [path for group in self._groups for path in sorted(group.glob("**/"), reverse=True)]:
            inner.rmdir()
        assert str(self.folder) not in Path("/proc/self/mountinfo").read_text()
        assert not [name for _, name in socket.if_nameindex() if self.name in name]
        with contextlib.suppress(FileNotFoundError):
            Path("/run/systemd/nspawn/propagate", self.name).rmdir()

    def _processes(self) -> list[str]:
        found = []
        for group in self._groups:
            for list_of_pids in group.rglob("cgroup.procs"):
                found += list_of_pids.read_text().split()
        return found

    # -- inside

    def run(self, *words: str, stdin: str = "", timeout: float = 60) -> Finished:
        """Run a command inside the machine as root and wait for its end."""
        done = subprocess.run(
            self.words(*words),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**ENV, "HOME": "/root"},
            check=False,
        )
        return Finished(done)

    def do(self, *words: str, stdin: str = "", timeout: float = 60) -> str:
        """Run a command inside the machine, assert that it succeeds, and return its output."""
        done = self.run(*words, stdin=stdin, timeout=timeout)
        assert done.code == 0, f"{' '.join(words)}\n{done}\n{self.journal()}"
        return done.out

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command inside the machine and return at once; the command ends with the machine at the latest."""
        pipe = subprocess.PIPE
        env = {**ENV, "HOME": "/root"}
        return subprocess.Popen(self.words(*words), env=env, stdin=pipe, stdout=pipe, stderr=pipe, text=True)

    def words(self, *words: str) -> tuple[str, ...]:
        """Return the command line for the host that runs a command inside the machine."""
        assert self._systemd, "it is switched off"
        return ("nsenter", f"--target={self._systemd}", "--all", "--", *words)

    def write(self, path: str, text: str, *, owner: str = "root") -> None:
        """Write a file inside the machine, and make its folder; both belong to the user `owner`."""
        self.do("install", "-d", "-o", owner, "-g", owner, str(Path(path).parent))
        self.do("install", "-o", owner, "-g", owner, "-m", "644", "/dev/stdin", path, stdin=text)

    def read(self, path: str) -> str:
        """Return the text of a file inside the machine."""
        return self.do("cat", path)

    def get(self, url: str, host: str = "") -> Response:
        """Send a GET from inside the machine and return the response, with status 0 when there is none."""
        naming = ("-H", f"Host: {host}") if host else ()
        done = self.run("curl", "-s", "-i", "--max-time", "20", *naming, url)
        head, _, body = done.out.partition("\n\n")
        if not head:
            return Response(0, {}, b"")
        first, _, rest = head.partition("\n")
        return Response(int(first.split()[1]), dict(email.message_from_string(rest)), body.encode())

    def kill(self, pid: int) -> None:
        """Kill a process inside the machine; `pid` is its pid there."""
        self.do("sh", "-c", f"kill -9 {pid}")

    def processes_of(self, user: str) -> list[str]:
        """Return the command lines of a user's processes."""
        ids = self.do(
            "find", "/proc", "-maxdepth", "1", "-name", "[1-9]*", "-user", user, "-printf", "%f\\n"
        ).split()
        return [self.run("cat", f"/proc/{pid}/cmdline").out.replace("\0", " ") for pid in ids]

    def unit(self, name: str, *properties: str) -> dict[str, str]:
        """Return properties of a unit, as `systemctl show` prints them."""
        asked = self.do("systemctl", "show", name, f"--property={','.join(properties)}")
        return dict(line.split("=", 1) for line in asked.splitlines())

    def journal(self, unit: str = "") -> str:
        """Return the last 25 lines of the journal, of one unit or of all."""
        only = ("-u", unit) if unit else ()
        return self.run("journalctl", "--no-pager", "-n", "25", "-o", "short-monotonic", *only).out

    def tree(self, *paths: str) -> dict[str, str]:
        """Return a description of every file below these paths: kind, mode, owner and digest of the content."""
        found: dict[str, str] = json.loads(self.do("/usr/bin/python3", "-", *paths, stdin=TREE))
        return found


TREE = """
import hashlib, json, os, stat, sys
def described(path):
    about = os.lstat(path)
    words = [stat.filemode(about.st_mode), f"{about.st_uid}:{about.st_gid}"]
    if stat.S_ISLNK(about.st_mode):
        words.append("-> " + os.readlink(path))
    elif stat.S_ISREG(about.st_mode):
        words.append(hashlib.sha256(open(path, "rb").read()).hexdigest()[:16])
    return " ".join(words)
found = {}
for top in sys.argv[1:]:
    for folder, folders, files in os.walk(top):
        for path in [folder, *(os.path.join(folder, name) for name in folders + files)]:
            try:
                found[path] = described(path)
            except FileNotFoundError:
                pass
print(json.dumps(found))
"""


def _cgroups() -> Iterator[Path]:
    """Yield the control group of this process in each hierarchy that systemd uses; a machine gets a group below each."""
    mounts = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    folders = {}
    for mount in mounts:
        kind, options = mount[mount.index("-") + 1], mount[-1].split(",")
        if kind == "cgroup2":
            folders[""] = mount[4]
        elif kind == "cgroup" and "name=systemd" in options:
            folders["name=systemd"] = mount[4]
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, hierarchy, path = line.split(":", 2)
        if hierarchy in folders:
            yield Path(folders[hierarchy] + path.rstrip("/"))


def cannot_boot() -> str:
    """Return why no machine can be booted here although the programs exist; an empty text when one can."""
    if subprocess.run(in_own_mounts("true"), capture_output=True, timeout=60, check=False).returncode:
        return "may not mount anything: is this a container with few privileges?"
    closed = [str(group) for group in _cgroups() if not os.access(group, os.W_OK)]
    return f"may not make control groups in {', '.join(closed)}" if closed else ""


@contextlib.contextmanager
def booted(layers: Layers) -> Iterator[Booted]:
    """Boot a machine for the block, then pull its plug and remove its files.

    The tests whose subject is an orderly end switch the machine off themselves: it takes seconds.
    """
    # overlayfs wants a real file system below it, and /tmp may be none.
    folder = Path(tempfile.mkdtemp(prefix="enuf-booted-", dir="/var/tmp"))
    machine = Booted(layers, folder)
    try:
        machine.boot()
        yield machine
    finally:
        machine.pull_the_plug()
        shutil.rmtree(folder)
