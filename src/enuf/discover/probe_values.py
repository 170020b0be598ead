"""What a value of the app's module is: a Flask object, a WSGI callable, an ASGI app, a factory.

It runs in the probe's process, from its text: only the standard library, from Python 3.8 on.
"""

from __future__ import annotations

import sys
from types import FunctionType, ModuleType

FACTORY_NAMES = ("create_app", "make_app")
TAKES_ANY, IS_COROUTINE = 0x04, 0x80  # flags of a code object: has *args, is an async def


def is_flask(value: object) -> bool:
    """Return True for a Flask object. Flask is not imported here: an app that uses Flask has imported it."""
    flask = sys.modules.get("flask")
    return flask is not None and isinstance(value, getattr(flask, "Flask", ()))


def is_wsgi(value: object) -> bool:
    """Return True for what takes environ and start_response, as far as its class and its signature tell."""
    if not callable(value) or isinstance(value, ModuleType) or is_asgi(value):
        return False
    origins = {each.__module__.partition(".")[0] for each in type(value).__mro__}
    if origins & {"celery", "click", "huey", "typer"}:  # their objects take any arguments
        return False
    import inspect  # only now that the app is loaded

    try:
        inspect.signature(value).bind({}, None)
    except TypeError:
        return False
    except Exception:
        return True  # compiled code does not tell
    return True


def is_asgi(value: object) -> bool:
    """Return True for `async def app(...)`, and for an object with an async call."""
    function = value if isinstance(value, FunctionType) else getattr(type(value), "__call__", None)  # noqa: B004
    code = getattr(function, "__code__", None)
    return bool(code and code.co_flags & IS_COROUTINE)


def is_factory(value: object, name: str) -> bool:
    """Return True for a factory: a function that Flask calls to get the app, not a WSGI callable."""
    if not isinstance(value, FunctionType) or value.__code__.co_flags & IS_COROUTINE:
        return False
    return name in FACTORY_NAMES or not takes_request(value)


def takes_request(function: FunctionType) -> bool:
    """Return True if a function has two parameters without a default, or takes any number."""
    code = function.__code__
    required = code.co_argcount - len(function.__defaults__ or ())
    named_only = code.co_kwonlyargcount - len(function.__kwdefaults__ or {})
    return not named_only and (required == 2 or (required < 2 and bool(code.co_flags & TAKES_ANY)))


def app_inside(value: object) -> str:
    """Return the attribute in which an object that is no WSGI app holds a Flask app, as Dash does.

    Empty for none.
    """
    for name in ("server", "flask_app", "flask", "app"):
        try:
            if value is not None and is_flask(getattr(value, name, None)):
                return name
        except Exception:  # noqa: S112 - a property of the app's that fails is no app
            continue
    return ""
