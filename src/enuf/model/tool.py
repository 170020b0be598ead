"""The programs that enuf runs, as found on this machine, and what the machine allows."""

from __future__ import annotations

from typing import Literal

import msgspec

from enuf.model.numbers import leading_decimal

GEVENT = "gevent"
"""The feature of a gunicorn beside which a gevent is installed that its worker takes."""
ToolOrigin = Literal["embedded", "system", "path"]


class Interpreter(msgspec.Struct, frozen=True, kw_only=True):
    """The Python that will run the app."""

    executable: str
    version: str
    prefix: str
    base_prefix: str
    origin: str
    """Why this one: `enuf's own`, `.venv`, `VIRTUAL_ENV`, `poetry`, `python setting`."""
    pyuwsgi_version: str | None = None
    uwsgi_script: str | None = None
    flask_version: str | None = None

    @property
    def is_virtualenv(self) -> bool:
        """True inside a virtual environment."""
        return self.prefix != self.base_prefix

    @property
    def minor(self) -> str:
        """The version up to the minor number, `3.11`."""
        return ".".join(self.version.split(".")[:2])


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """A server program: how to call it, and what this build of it can do."""

    name: str
    version: str
    origin: ToolOrigin
    argv: tuple[str, ...]
    """The beginning of every command line, `("/usr/sbin/nginx",)`."""
    features: tuple[str, ...] = ()
    """What differs between builds and matters to us, named by the adapter that reads it."""

    @property
    def version_numbers(self) -> tuple[int, ...]:
        """The leading numbers of the version, for comparison."""
        numbers = []
        for part in self.version.split("."):
            number = leading_decimal(part)
            if number is None:
                break
            numbers.append(number)
        return tuple(numbers)


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What the machine, container or cgroup allows."""

    cpus: int
    somaxconn: int
    max_files: int
    """Hard limit of open files of one process."""
    user: str
    """Name of the user that the servers run as."""
    is_root: bool


class Toolchain(msgspec.Struct, frozen=True, kw_only=True):
    """All programs with which the stack runs, and the machine."""

    machine: Machine
    python: Interpreter
    tools: dict[str, Tool]
    """By name: `nginx`, `uwsgi`; only those that the topology needs."""
