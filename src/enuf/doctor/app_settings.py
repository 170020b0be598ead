"""The settings and addresses of gunicorn, uvicorn, hypercorn, daphne and granian, as frozen values of the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from enuf.model.address import Address
from enuf.model.numbers import decimal

AppProgram = Literal["gunicorn", "uvicorn", "hypercorn", "daphne", "granian"]
Value = str | int | float | bool | list["Value"] | None

_WORKERS = {
    "gunicorn.workers.sync.syncworker": "sync",
    "gunicorn.workers.gthread.threadworker": "gthread",
    "gunicorn.workers.ggevent.geventworker": "gevent",
    "gevent_wsgi": "gevent",
    "gevent_pywsgi": "gevent",
    "geventwebsocket.gunicorn.workers.geventwebsocketworker": "gevent",
}
_THREADED = ("gthread", "gevent", "eventlet", "tornado")


class AppSetting(msgspec.Struct, frozen=True, kw_only=True):
    """A setting of an app server, by gunicorn's name, where it is written."""

    name: str
    value: Value
    """None for a value that the files do not show."""
    certain: bool
    """False for a value that the environment or the machine may change: then `value` is the most likely one."""
    file: str
    line: int

    @property
    def text(self) -> str:
        """The value as a text, empty if it is unknown."""
        return "" if self.value is None else str(self.value)


class AppBind(msgspec.Struct, frozen=True, kw_only=True):
    """An address that an app server listens on."""

    address: Address | None
    """None while a part of the address is unknown."""
    text: str
    setting: AppSetting | None
    """None for the default of the program."""
    activated: bool = False
    """True for a socket that systemd opens and passes on."""


class AppSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of an app server, by gunicorn's names, merged as the program merges them."""

    program: AppProgram
    values: Mapping[str, AppSetting]
    complete: bool
    """True if every place that may hold a setting was read, so that a missing one is really missing."""
    outside: frozenset[str] = frozenset()
    """The settings that a variable may hold which no file shows, such as `workers` for WEB_CONCURRENCY."""
    unknown_flags: tuple[str, ...] = ()
    """Flags of the command line that the program does not have."""

    def get(self, name: str) -> AppSetting | None:
        """Return a setting, None if it is unset."""
        return self.values.get(name)

    def knows(self, name: str) -> bool:
        """Return True if the value of a setting is certain, be it a missing one."""
        setting = self.values.get(name)
        return setting.certain if setting else self.complete and name not in self.outside

    def text(self, name: str, default: str = "") -> str:
        """Return the value of a setting as a text, the default if it is unset or unknown."""
        setting = self.values.get(name)
        return setting.text if setting and setting.value is not None else default

    def number(self, name: str, default: int) -> int | None:
        """Return the value of a setting as a whole number, None if it is unknown."""
        setting = self.values.get(name)
        if setting is None:
            return default if self.knows(name) else None
        if isinstance(setting.value, bool) or setting.value is None:
            return None
        return int(setting.value) if isinstance(setting.value, int | float) else decimal(setting.text, 9)

    def is_on(self, name: str) -> bool:
        """Return True if a switch is certainly on."""
        setting = self.values.get(name)
        return setting is not None and setting.certain and setting.text.lower() in ("true", "1", "yes")

    @property
    def is_async(self) -> bool | None:
        """True for a server of ASGI apps, None if the worker class is unknown."""
        if self.program != "gunicorn":
            return None if self.program == "granian" else True
        kind = self.worker_class
        if not kind:
            return None
        return True if "uvicorn" in kind or kind in ("asgi", "uvicornworker") else self._is_wsgi(kind)

    def _is_wsgi(self, kind: str) -> bool | None:
        return False if kind in ("sync", *_THREADED) else None

    @property
    def worker_class(self) -> str:
        """The kind of gunicorn's workers: `sync`, `gthread`, `gevent`, `eventlet`, `tornado`, else as written.

        Empty if it is unknown, or another program.
        """
        if self.program != "gunicorn" or not self.knows("worker_class"):
            return ""
        written = self.text("worker_class", "sync").lower()
        written = _WORKERS.get(written, written)
        if written == "sync":
            threads = self.number("threads", 1)
            return "" if threads is None else "gthread" if threads > 1 else "sync"
        return written
