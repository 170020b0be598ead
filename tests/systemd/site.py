"""A Flask project of an ordinary user on a booted machine, and requests to its installed service."""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from tests.support import load
from tests.support.booted import Booted
from tests.support.debian import VENV
from tests.support.load import LoadResult
from tests.support.stack import APP, Finished, Response, until

OWNER = "alice"
BROKEN = f"{APP}\nraise RuntimeError('a broken version')\n"

# The booted machine has enuf and not its tests: the load's own source goes there.
LOAD = f"""{inspect.getsource(load)}
import sys
async def main():
    load = Load(TcpAddress(sys.argv[1], 80))
    running = asyncio.create_task(load.run())
    await asyncio.sleep(0.3)
    print("asking", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await asyncio.sleep(0.3)
    load.stop()
    print(msgspec.json.encode(await running).decode())
asyncio.run(main())
"""


class Site:
    """The project `/srv/NAME`, to be served as NAME.example."""

    def __init__(self, machine: Booted, name: str) -> None:
        self.machine = machine
        self.project = f"/srv/{name}"
        self.unit = f"enuf-{name}.service"
        self.domain = f"{name}.example"

    @property
    def own_folders(self) -> tuple[str, ...]:
        """The folders and files that the service, and nginx for the site, write while they run."""
        name = self.unit.removesuffix(".service")
        return (f"/run/{name}/", f"/run/{name}-sockets/", f"/var/log/{name}/", f"/var/log/nginx/{name}.")

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        self.machine.write(f"{self.project}/{name}", text, owner=OWNER)

    def write_version(self, version: int) -> None:
        """Write this version of the app."""
        self.write("app.py", APP.replace('"1"', f'"{version}"'))

    def enuf(self, *words: str, timeout: float = 90) -> Finished:
        """Run `enuf words` for the project, as root."""
        return self.machine.run("enuf", "--project", self.project, *words, timeout=timeout)

    def install(self, *words: str) -> Finished:
        """Run `enuf install` with the project's domain and assert that it succeeds."""
        done = self.enuf("install", "--domain", self.domain, *words)
        assert done.code == 0, f"{done}\n{self.machine.journal()}"
        return done

    def status(self) -> Any:
        """Return the document of `enuf status --json`."""
        done = self.enuf("status", "--json")
        assert done.code == 0, done
        return done.json

    def get(self, path: str = "/") -> Response:
        """Return the response of the host's nginx to a request for this site."""
        return self.machine.get(f"http://127.0.0.1{path}", self.domain)

    def serves(self, version: int = 1) -> bool:
        """Return True if this version of the app answers."""
        return self.get().headers.get("X-Version") == str(version)

    def is_active(self) -> bool:
        """Return True if systemd reports that the service runs."""
        return self.machine.unit(self.unit, "ActiveState")["ActiveState"] == "active"

    def says(self, words: str) -> None:
        """Wait until the journal of the service holds these words: journald writes them some time after they were said."""
        machine, unit = self.machine, self.unit
        until(lambda: words in machine.journal(unit), what=f"{words!r} in the journal of {unit}")

    def main_pid(self) -> int:
        """Return the main pid of the service, as seen inside the machine."""
        return int(self.machine.unit(self.unit, "MainPID")["MainPID"])

    def has_failed(self, times: int) -> bool:
        """Ask for another try at once. Return True if the failed service has been tried so often."""
        name = self.unit.removesuffix(".service")
        self.machine.do("touch", f"/var/log/{name}/retry")
        return int(self.machine.run("cat", f"/run/{name}-failed/tries").out or 0) >= times

    @contextlib.contextmanager
    def load(self) -> Iterator[list[LoadResult]]:
        """Run 18 clients of the host's nginx during the block; afterwards the list holds their count."""
        counted: list[LoadResult] = []
        with asking(self.machine, f"{VENV}/bin/python", "-c", LOAD, self.domain) as printed:
            yield counted
        counted.append(msgspec.json.decode(printed[0], type=LoadResult))


class Releases(Site):
    """The site blog.example, deployed as `/srv/blog/current -> releases/N`."""

    def __init__(self, machine: Booted) -> None:
        super().__init__(machine, "blog")
        self.project = "/srv/blog/current"
        machine.do("install", "-d", "-o", OWNER, "-g", OWNER, "/srv/blog", "/srv/blog/releases")
        self.release(1)
        self.switch(1)

    def release(self, number: int, app: str = APP) -> None:
        """Write a release."""
        folder = f"/srv/blog/releases/{number}"
        self.machine.write(f"{folder}/app.py", app.replace('"1"', f'"{number}"'), owner=OWNER)
        self.machine.write(f"{folder}/static/name.txt", f"file {number}\n", owner=OWNER)

    def switch(self, number: int) -> None:
        """Let `current` lead to a release, as its owner does."""
        self.machine.do(*as_user(OWNER), "ln", "-sfn", f"releases/{number}", self.project)

    def of_owner(self, *words: str) -> str:
        """Run `enuf words` in the project as its owner, without root's rights, and return the output."""
        return self.machine.do(*as_user(OWNER), "env", "HOME=/home/alice", "enuf", *words)


@contextlib.contextmanager
def asking(machine: Booted, *command: str) -> Iterator[list[str]]:
    """Run a program that prints `asking`, asks until its input ends a line, and prints its count: afterwards in the list."""
    printed: list[str] = []
    program = machine.start(*command)
    assert program.stdin and program.stdout
    with program:
        assert program.stdout.readline() == "asking\n"
        try:
            yield printed
        finally:
            count, complaint = program.communicate("\n", timeout=60)
        assert program.returncode == 0, complaint
        printed.append(count)


def reload_nginx(machine: Booted) -> None:
    """Let nginx read its files again, and wait for the end of the workers of before: old and new ones share the sockets."""
    main = machine.read("/run/nginx.pid").strip()

    def workers() -> set[str]:
        return set(machine.read(f"/proc/{main}/task/{main}/children").split())

    before = workers()
    machine.do("nginx", "-s", "reload")
    until(lambda: not before & workers(), what="the end of nginx's old workers")


def as_user(name: str) -> tuple[str, ...]:
    """Return the words before a command that run it as this user."""
    return ("setpriv", f"--reuid={name}", f"--regid={name}", "--init-groups", "--")


OF_OTHERS = re.compile(
    r"/run/(systemd|log|udev|dbus|lock|user|credentials)(/|$)|/run/(utmp|nginx\.pid|initctl)$"
    r"|/srv/.*/__pycache__(/|$)|(/var)?/tmp/systemd-private-"
    r"|/var/lib/(systemd|nginx|logrotate)(/|$)|/var/log/journal(/|$)|/var/log/nginx/(access|error)\.log$"
    r"|/var/log/(wtmp|btmp|lastlog|faillog)$"
)
"""Paths that systemd, nginx, logrotate and Python write by themselves while they run."""


def fingerprint(machine: Booted) -> dict[str, str]:
    """Return a description of every file that an install may change, without the files that other programs write."""
    tops = (
        "/etc",
        "/home",
        "/root",
        "/run",
        "/srv",
        "/usr/local",
        "/usr/lib/systemd",
        "/var/lib",
        "/var/log",
    )
    found = machine.tree(*tops, "/var/cache", "/tmp", "/var/tmp")
    return {path: what for path, what in found.items() if not OF_OTHERS.match(path)}


def changes(before: dict[str, str], after: dict[str, str], *, beside: Site | None = None) -> list[str]:
    """Return the differences of two fingerprints, one line each, without the logs of a site that served meanwhile."""
    own = beside.own_folders if beside else ()
    paths = [path for path in sorted(before.keys() | after.keys()) if not path.startswith(own)]
    return [
        f"{path}: {before.get(path)} => {after.get(path)}"
        for path in paths
        if before.get(path) != after.get(path)
    ]
