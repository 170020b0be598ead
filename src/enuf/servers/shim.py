"""A small module between a server and an app factory with arguments, which no server can pass."""

from __future__ import annotations

from enuf.model.app import AppRef
from enuf.model.plan import ConfigFile

MODULE = "enuf_wsgi"
NAME = f"{MODULE}.py"


def shim(app: AppRef) -> tuple[ConfigFile, ...]:
    """Return the module, if one is needed: uWSGI calls `module:create_app()` but passes no arguments (F208)."""
    if not app.call:
        return ()
    text = (
        '"""Written by enuf: a server cannot pass arguments to an app factory, so this module does."""\n\n'
        f"from {app.module} import {app.attribute}\n\n"
        f"application = {app.attribute}({app.call})\n"
    )
    return (ConfigFile(name=NAME, reader="server", text=text),)


def loaded_as(app: AppRef) -> str:
    """Return what a server loads, as `module:object` or `module:factory()`."""
    if app.call:
        return f"{MODULE}:application"
    return f"{app.module}:{app.attribute}{'()' if app.call == '' else ''}"
