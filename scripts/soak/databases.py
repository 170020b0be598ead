"""PostgreSQL, Redis and MariaDB of the system's packages: own servers on loopback, each with a password, for one block.

The host's own database servers are never touched. Root starts the servers as an unprivileged user.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tests.support.ports import free_port

READY_WITHIN_S = 60
STOP_WITHIN_S = 30
USER = "enuf"
"""The account in each database."""


class NotInstalled(Exception):
    """A database server that this machine does not have."""


def program(name: str) -> str:
    """Return the path of a server's program. Raise NotInstalled with the Debian package where it is missing."""
    folders = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    found = shutil.which(name, path=os.pathsep.join([*folders, os.environ.get("PATH", ""), "/usr/sbin"]))
    if not found:
        package = {"initdb": "postgresql", "redis-server": "redis-server"}.get(name, "mariadb-server")
        raise NotInstalled(f"{name} is not installed (Debian: apt-get install {package})")
    return found


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """Serve an empty PostgreSQL database. Yield its URL."""
    initdb, postgres = program("initdb"), str(Path(program("initdb")).with_name("postgres"))
    port = free_port()
    with _place() as (folder, account):
        secret = _secret(folder, account)
        data = folder / "data"
        _run(
            [
                initdb,
                "--no-sync",
                "-D",
                str(data),
                "-U",
                USER,
                "--pwfile",
                str(secret),
                "--auth=scram-sha-256",
            ],
            account,
        )
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "fsync": "off",
        }
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with _served([postgres, "-D", str(data), *words], account, port, end=signal.SIGINT):
            yield f"postgresql://{USER}:{secret.read_text()}@127.0.0.1:{port}/postgres"


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """Serve an empty Redis. Yield its URL."""
    server = program("redis-server")
    port = free_port()
    with _place() as (folder, account):
        password = _secret(folder, account).read_text()
        config = folder / "redis.conf"
        config.write_text(f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\ndir {folder}\n')
        _give(config, account)
        with _served([server, str(config)], account, port):
            yield f"redis://:{password}@127.0.0.1:{port}/0"


@contextlib.contextmanager
def mariadb() -> Iterator[str]:
    """Serve MariaDB with one empty database. Yield its URL."""
    server, install = program("mariadbd"), program("mariadb-install-db")
    port = free_port()
    with _place() as (folder, account):
        password = _secret(folder, account).read_text()
        data, first = folder / "data", folder / "first.sql"
        first.write_text(
            f"CREATE DATABASE {USER};\nCREATE USER {USER}@'127.0.0.1' IDENTIFIED BY '{password}';\n"
            f"GRANT ALL ON {USER}.* TO {USER}@'127.0.0.1';\n"
        )
        _give(first, account)
        _run([install, "--no-defaults", f"--datadir={data}", "--skip-test-db"], account)
        words = [
            "--no-defaults",
            f"--datadir={data}",
            f"--port={port}",
            "--bind-address=127.0.0.1",
            f"--socket={folder}/s",
            f"--pid-file={folder}/pid",
            f"--init-file={first}",
        ]
        with _served([server, *words], account, port):
            yield f"mysql://{USER}:{password}@127.0.0.1:{port}/{USER}"


DATABASES: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "PostgreSQL": postgresql,
    "Redis": redis,
    "MariaDB": mariadb,
}


def _account() -> dict[str, Any]:
    """Return the words for `subprocess` that start a program as an unprivileged user; none where we are no root."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def _place() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield a temporary folder that the server's user owns, and the words that make this user."""
    account = _account()
    with tempfile.TemporaryDirectory(prefix="enuf-soak-", dir="/tmp") as name:
        folder = Path(name)
        _give(folder, account)
        yield folder, account


def _give(path: Path, account: dict[str, Any]) -> None:
    """Let the server's user, and nobody else, use the path."""
    path.chmod(0o700 if path.is_dir() else 0o600)
    if account:
        os.chown(path, account["user"], account["group"])


def _secret(folder: Path, account: dict[str, Any]) -> Path:
    """Return a file with a new password."""
    path = folder / "password"
    path.touch(0o600)
    path.write_text(secrets.token_hex(16))
    _give(path, account)
    return path


def _run(words: Sequence[str], account: dict[str, Any]) -> None:
    """Run a program to its end. Raise RuntimeError with its output when it fails."""
    done = subprocess.run(
        words, cwd="/", capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, **account
    )
    if done.returncode:
        raise RuntimeError(f"{words[0]} failed:\n{done.stdout}{done.stderr}")


@contextlib.contextmanager
def _served(
    words: Sequence[str], account: dict[str, Any], port: int, end: signal.Signals = signal.SIGTERM
) -> Iterator[None]:
    """Run a server for the block, from the moment when it takes connections."""
    server = subprocess.Popen(
        words,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        **account,
    )
    try:
        deadline = time.monotonic() + READY_WITHIN_S
        while not _listens(port):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{words[0]} does not serve, exit status {server.poll()}")
            time.sleep(0.05)
        yield
    finally:
        server.send_signal(end)
        try:
            server.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
