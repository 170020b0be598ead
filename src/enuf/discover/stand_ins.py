"""Stand-ins for the modules uwsgi and uwsgidecorators, for apps that cannot be imported without them.

The throw-away import executes this file from its text, in the project's own Python: only the standard
library, from Python 3.8 on.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class InsideUwsgi:
    """A finder of stand-ins for the modules that exist inside uWSGI alone."""

    NAMES = ("uwsgi", "uwsgidecorators")

    @classmethod
    def find_spec(cls, name: str, _path: object = None, _target: object = None) -> Any:
        """Return the stand-in; this finder is asked when no other one has found the module."""
        if name not in cls.NAMES:
            return None
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, cls, origin="built-in")  # type: ignore[arg-type]

    @staticmethod
    def create_module(spec: Any) -> ModuleType:
        """Return a module that has every name."""
        return (StandIn if spec.name == "uwsgi" else Decorators)(spec.name)

    @staticmethod
    def exec_module(_module: ModuleType) -> None:
        """Do nothing: the module is complete."""


class StandIn(ModuleType):
    """The module uwsgi, outside of uWSGI: its functions do nothing."""

    numproc, buffer_size, started_on, unbit = 1, 4096, 0, False
    version, hostname, mode = b"2.0", b"", b""
    SPOOL_OK, SPOOL_RETRY, SPOOL_IGNORE = -2, -1, 0

    def __getattr__(self, name: str) -> Any:
        """Return a function that answers as uWSGI does when there is nothing to tell."""
        if name.startswith("__"):
            raise AttributeError(name)
        if name in ("opt", "env", "applications"):
            return AnyOption()
        answers = {"masterpid": os.getpid(), "mypid": os.getpid(), "ready_fd": -1}
        return lambda *_arguments, **_options: answers.get(name, 0 if name.endswith("_id") else None)


class AnyOption(dict):  # type: ignore[type-arg]
    """The options of a uWSGI that was started with every option."""

    def __contains__(self, _name: object) -> bool:
        return True

    def __missing__(self, _name: object) -> bytes:
        return b""


class Decorators(ModuleType):
    """The module uwsgidecorators, outside of uWSGI: a decorated function stays as it is."""

    def __getattr__(self, name: str) -> Any:
        """Return a decorator that may be given arguments."""
        if name.startswith("__"):
            raise AttributeError(name)
        return decorate


def decorate(*arguments: Any, **_options: Any) -> Any:
    """Return the function that is decorated, or what decorates it."""
    if len(arguments) == 1 and callable(arguments[0]):
        return arguments[0]
    return lambda function: function


if __name__ == "enuf_stand_ins":
    sys.meta_path.append(InsideUwsgi)
