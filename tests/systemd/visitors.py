"""Visitors of a site, as a service of the booted machine itself: they ask from its start to its end, and count."""

from __future__ import annotations

import inspect

import msgspec

from tests.support import load
from tests.support.booted import Booted
from tests.support.debian import VENV
from tests.support.load import LoadResult

FOLDER = "/opt/visitors"
UNIT = """[Unit]
After=nginx.service
PartOf=nginx.service
[Service]
Type=notify
ExecStart=/usr/bin/python3 {folder}/visitors.py {domain} {roots}
Environment=PYTHONPATH={folder} PYTHONUNBUFFERED=1
[Install]
WantedBy=multi-user.target
"""
"""They come when nginx runs, and leave before it goes: without nginx no request can wait."""

PROGRAM = """
import os, pathlib, signal, socket, sys

category_of = _failure

def _failure(error, *, fresh):
    category = category_of(error, fresh=fresh)
    print(category, repr(error))  # in the journal, with its time
    return category

class Visitors(Load):
    # Go on over HTTPS, as browsers do, once plain HTTP leads there.
    leads_to_https = False

    async def _connect(self):
        host = self._address.host
        if not self.leads_to_https:
            return await asyncio.open_connection(host, 80)
        trusting = ssl.create_default_context(cafile=sys.argv[2])
        return await asyncio.open_connection(host, 443, ssl=trusting, server_hostname=host)

    async def _ask(self, client, connection):
        status, close = await super()._ask(client, connection)
        if status != "308":
            return status, close
        self.leads_to_https = True
        followed = await self._connect()
        status, _ = await super()._ask(client, followed)
        followed[1].close()
        return status, True

async def main():
    clients = [Client("/"), Client("/"), Client("/", keep_alive=True), Client("/echo", "POST", body=b"x=1"), Client("/slow?seconds=0.3")]
    visitors = Visitors(TcpAddress(sys.argv[1], 80), clients, pause_s=0.1)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, visitors.stop)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
    count = await visitors.run()
    with pathlib.Path("{folder}/counts").open("ab") as counts:
        counts.write(msgspec.json.encode(count) + b"\\n")

asyncio.run(main())
"""


TRUSTED = f"{FOLDER}/trusted.pem"
"""The roots of the authorities that visitors trust."""


def invite(machine: Booted, domain: str) -> None:
    """Write the service `visitors`. Once it is enabled, it starts at each boot.

    Its Python and modules are its own: those of the site are exchanged while it runs.
    """
    packages = f"{VENV}/lib/python3*/site-packages"
    machine.do("sh", "-c", f"mkdir {FOLDER}; cp -r {packages}/enuf {packages}/msgspec {FOLDER}")
    program = inspect.getsource(load) + PROGRAM.replace("{folder}", FOLDER)
    machine.write(f"{FOLDER}/visitors.py", program)
    unit = UNIT.format(folder=FOLDER, domain=domain, roots=TRUSTED)
    machine.write("/etc/systemd/system/visitors.service", unit)


def counted(machine: Booted) -> list[LoadResult]:
    """Return the counts of all that have left, one for each time they came."""
    return [
        msgspec.json.decode(line, type=LoadResult) for line in machine.read(f"{FOLDER}/counts").splitlines()
    ]


def misfortunes(machine: Booted) -> str:
    """Return what the journal says about the requests that failed, with the time of each."""
    return machine.do("journalctl", "--no-pager", "-o", "short-precise", "-u", "visitors")
