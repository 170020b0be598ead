"""A Flask project of an ordinary user on a booted machine, and what its installed service is asked."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from enuf.bench.load import LoadResult
from tests.support.booted import Booted
from tests.support.debian import VENV
from tests.support.stack import APP, Finished, Response

OWNER = "alice"
BROKEN = f"{APP}\nraise RuntimeError('a broken version')\n"

LOAD = """
import asyncio, sys, msgspec
from enuf.bench.load import Load
from enuf.model.address import TcpAddress
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
    """The project `/srv/NAME`, which is to be served as NAME.example."""

    def __init__(self, machine: Booted, name: str) -> None:
        self.machine = machine
        self.project = f"/srv/{name}"
        self.unit = f"enuf-{name}.service"
        self.domain = f"{name}.example"

    @property
    def own_folders(self) -> tuple[str, ...]:
        """Where its service, and nginx for it, write while it runs."""
        name = self.unit.removesuffix(".service")
        return (f"/run/{name}/", f"/var/log/{name}/", f"/var/log/nginx/{name}.")

    def write(self, name: str, text: str) -> None:
        """A file of the project."""
        self.machine.write(f"{self.project}/{name}", text, owner=OWNER)

    def write_version(self, version: int) -> None:
        """The app, in this version."""
        self.write("app.py", APP.replace('"1"', f'"{version}"'))

    def enuf(self, *words: str, timeout: float = 90) -> Finished:
        """Run `enuf words` for the project, as root."""
        return self.machine.run("enuf", "--project", self.project, *words, timeout=timeout)

    def install(self, *words: str) -> Finished:
        """`enuf install` under its name; asserts that it succeeds."""
        done = self.enuf("install", "--domain", self.domain, *words)
        assert done.code == 0, f"{done}\n{self.machine.journal()}"
        return done

    def status(self) -> Any:
        """`enuf status --json`."""
        done = self.enuf("status", "--json")
        assert done.code == 0, done
        return done.json

    def get(self, path: str = "/") -> Response:
        """An answer of the host's nginx to a request for this site."""
        return self.machine.get(f"http://127.0.0.1{path}", self.domain)

    def serves(self, version: int = 1) -> bool:
        """True if this version of the app answers."""
        return self.get().headers.get("X-Version") == str(version)

    def is_active(self) -> bool:
        """True if systemd says that the service runs."""
        return self.machine.unit(self.unit, "ActiveState")["ActiveState"] == "active"

    def main_pid(self) -> int:
        """The process that systemd looks after, by its number inside."""
        return int(self.machine.unit(self.unit, "MainPID")["MainPID"])

    @contextlib.contextmanager
    def load(self) -> Iterator[list[LoadResult]]:
        """18 clients ask the host's nginx all the time; afterwards the list holds their count."""
        counted: list[LoadResult] = []
        asking = self.machine.start(f"{VENV}/bin/python", "-c", LOAD, self.domain)
        assert asking.stdin and asking.stdout
        with asking:
            assert asking.stdout.readline() == "asking\n"
            try:
                yield counted
            finally:
                told, complaint = asking.communicate("\n", timeout=60)
            assert asking.returncode == 0, complaint
            counted.append(msgspec.convert(json.loads(told), LoadResult))


def as_user(name: str) -> tuple[str, ...]:
    """The words in front of a command inside that run it as this user."""
    return ("setpriv", f"--reuid={name}", f"--regid={name}", "--init-groups", "--")


OF_OTHERS = re.compile(
    r"/run/(systemd|log|udev|dbus|lock|user|credentials)(/|$)|/run/(utmp|nginx\.pid|initctl)$"
    r"|/srv/.*/__pycache__(/|$)|(/var)?/tmp/systemd-private-"
    r"|/var/lib/(systemd|nginx)(/|$)|/var/log/journal(/|$)|/var/log/nginx/(access|error)\.log$"
    r"|/var/log/(wtmp|btmp|lastlog|faillog)$"
)
"""What systemd, nginx and Python write by themselves while they run."""


def fingerprint(machine: Booted) -> dict[str, str]:
    """All that an install may change on a machine, but for what others write by themselves."""
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
    """What differs between two fingerprints, a line each; beside a site that serves all the time, and writes its logs."""
    own = beside.own_folders if beside else ()
    paths = [path for path in sorted(before.keys() | after.keys()) if not path.startswith(own)]
    return [
        f"{path}: {before.get(path)} => {after.get(path)}"
        for path in paths
        if before.get(path) != after.get(path)
    ]
