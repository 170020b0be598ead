"""A small module that stands between a server and an app that no server loads by itself."""

from __future__ import annotations

from enuf.model.app import AppRef
from enuf.model.plan import ConfigFile

MODULE = "enuf_wsgi"
NAME = f"{MODULE}.py"
_WHY = {
    "module": "a server cannot pass arguments to an app factory, so this module does.",
    "object": "not every server takes an object that is inside of another one.",
    "file": "a server imports modules, and this app is in a file that no import finds.",
    "paste": "PasteDeploy makes the app from a file, and no server knows that.",
}


def shim(app: AppRef) -> tuple[ConfigFile, ...]:
    """Return the module, if one is needed: uWSGI calls `module:create_app()` but passes no arguments (F208)."""
    if not app.needs_module:
        return ()
    lines = [*_logging(repr(app.file)), *loading(app)] if app.loader == "paste" else loading(app)
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    rest = [line for line in lines if line not in imports]
    why = _WHY[app.loader if app.loader != "module" or app.call else "object"]
    text = "\n".join((f'"""Written by enuf: {why}"""', "", *imports, "", *rest, ""))
    return (ConfigFile(name=NAME, reader="server", text=text),)


def _logging(ini: str) -> tuple[str, ...]:
    """Return what sets the loggers up as the ini says, which PasteDeploy leaves to its caller."""
    return (
        "import configparser",
        "import logging.config",
        "import os",
        "sections = configparser.RawConfigParser(strict=False)",
        f"sections.read({ini})",
        'if sections.has_section("loggers"):',
        f'    places = {{"__file__": {ini}, "here": os.path.dirname({ini})}}',
        f"    logging.config.fileConfig({ini}, places, disable_existing_loggers=False)",
    )


def loading(app: AppRef) -> tuple[str, ...]:
    """Return the lines of Python, imports first, that bind the app to `application`."""
    result = f"{app.attribute}" + ("" if app.call is None else f"({app.call})")
    if app.loader == "paste":
        return (
            "from paste.deploy import loadapp",
            f"application = loadapp({f'config:{app.file}'!r}, name={app.attribute!r})",
        )
    if app.loader == "file":
        name = app.module
        return (
            "import importlib.machinery",
            "import importlib.util",
            "import sys",
            f"loader = importlib.machinery.SourceFileLoader({name!r}, {app.file!r})",
            f"module = importlib.util.module_from_spec(importlib.util.spec_from_loader({name!r}, loader))",
            f"sys.modules[{name!r}] = module",
            "loader.exec_module(module)",
            f"application = module.{result}",
        )
    return (
        f"from {app.module} import {result.partition('(')[0].partition('.')[0]}",
        f"application = {result}",
    )


def loaded_as(app: AppRef) -> str:
    """Return what a server loads, as `module:object` or `module:factory()`."""
    if app.needs_module:
        return f"{MODULE}:application"
    return f"{app.module}:{app.attribute}{'()' if app.call == '' else ''}"
