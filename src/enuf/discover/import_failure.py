"""Errors of a failed import: what happened, what to do, and the app's own traceback and output."""

from __future__ import annotations

import difflib
import linecache
import re
import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from enuf.discover.choice import asgi_cure
from enuf.discover.denied import cure_for_denied
from enuf.discover.probe_report import Frame, ProbeReport
from enuf.errors import AppImportFailed, AppNotFound, EnufError, PythonEnded
from enuf.model.app import AppRef
from enuf.model.signals import signal_name
from enuf.model.tool import Interpreter

_DISTRIBUTIONS = {
    "Crypto": "pycryptodome",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyOpenSSL",
    "PIL": "pillow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "distutils": "setuptools",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "fitz": "PyMuPDF",
    "git": "GitPython",
    "google.protobuf": "protobuf",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "magic": "python-magic",
    "nacl": "PyNaCl",
    "paste": "PasteDeploy",
    "pkg_resources": "setuptools",
    "psycopg2": "psycopg2-binary",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify",
    "socketio": "python-socketio",
    "yaml": "PyYAML",
    "zmq": "pyzmq",
}
"""Distributions whose name differs from the name of their module."""

ON_UWSGI_ONLY = frozenset({"uwsgi", "uwsgidecorators"})
_IN_ENVIRON = re.compile(r'File "(?:<frozen os>|[^"]*/os\.py)", line [0-9]+, in __getitem__')
_VARIABLE = re.compile(r"KeyError: '([A-Za-z_][A-Za-z0-9_]*)'")
_NOT_SET = re.compile(
    r"(?:environs\S*|marshmallow\S*): Environment variable \"(\w{1,200})\" not set"
    r"|decouple\.UndefinedValueError: (\w{1,200}) not found"
    r"|\S*ImproperlyConfigured: Set the (\w{1,200}) environment variable"
)
"""How environs, decouple and django-environ say that a variable is missing."""
_PARSES_ARGUMENTS = re.compile(r'^  File ".*[/\\](?:argparse|getopt|optparse|click/core)\.py"', re.MULTILINE)
"""A frame of what reads a command line."""
_GUARD = "if __name__ == '__main__'"


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """The attempted import: the app and the interpreter."""

    ref: AppRef
    python: Interpreter
    project: str
    timeout_s: float

    @property
    def shown(self) -> str:
        """Return the file relative to the project, or the module."""
        return self.ref.module if self.ref.file is None else self.path(self.ref.file)

    def path(self, file: str) -> str:
        """Return a path, relative to the project if it is inside."""
        path = Path(file)
        return str(path.relative_to(self.project)) if path.is_relative_to(self.project) else file

    def line(self, report: ProbeReport) -> str:
        """Return `app.py:3`; empty if the app's own line is unknown."""
        return f"{self.path(report.file)}:{report.line}" if report.file else ""


def failure(
    attempt: Attempt, report: ProbeReport | None, status: int | None, stack: tuple[Frame, ...], output: str
) -> EnufError:
    """Return the error to raise.

    `status` is the exit status of the probe, None if it was killed at the time limit.
    """
    if report is None:
        error = _hung(attempt, stack) if status is None else _ended(attempt, status)
    else:
        error = _WORDS.get(report.kind or "", _raised)(attempt, report)
        if report.kind == "exited" and not report.own and output.strip():
            error.hint = _why_exited(report, output.splitlines()[-1].strip()[:200])
    parts = [error.detail, report.traceback if report else ""]
    if output.strip():
        parts.append(f"what it printed last:\n{output}")
    error.detail = "\n".join(part.rstrip("\n") for part in parts if part.strip())
    return error


def _hung(attempt: Attempt, stack: tuple[Frame, ...]) -> EnufError:
    own = [
        frame
        for frame in stack
        if "site-packages" not in frame.file and Path(frame.file).is_relative_to(attempt.project)
    ]
    place = f"at {attempt.path(own[-1].file)}:{own[-1].line}" if own else "somewhere"
    lines = ["where it was when the time was up (most recent call last):"] if stack else []
    for frame in stack:
        lines.append(f'  File "{frame.file}", line {frame.line}, in {frame.function}')
        source = linecache.getline(frame.file, frame.line).strip()
        lines += [f"    {source}"] if source else []
    return AppImportFailed(
        f"importing {attempt.shown} did not finish within {attempt.timeout_s:g}s",
        f"it waits {place}: do that when a request needs it, not at import, or under {_GUARD}",
        detail="\n".join(lines),
    )


def _ended(attempt: Attempt, status: int) -> EnufError:
    """Return the error for a process that ended without a report: by a signal, or by os._exit."""
    if status >= 0:
        return PythonEnded(
            f"importing {attempt.shown} ended Python with status {status}",
            "something calls os._exit, or this Python is older than 3.8",
        )
    name = signal_name(-status)
    hints: dict[int, str] = {
        signal.SIGKILL: "the system's out-of-memory killer does this: give it more memory, or load less at import",
        signal.SIGSEGV: "a compiled extension crashed: reinstall it for exactly this Python",
        signal.SIGABRT: "a compiled extension gave up: reinstall it for exactly this Python",
        signal.SIGILL: "a compiled extension was built for another processor: reinstall it",
    }
    return AppImportFailed(
        f"importing {attempt.shown} was killed by {name}",
        hints.get(-status, "something sent it that signal, perhaps the app itself"),
    )


def _raised(attempt: Attempt, report: ProbeReport) -> EnufError:
    return AppImportFailed(
        f"{attempt.shown} cannot be imported: {report.error}", _cure_for_exception(attempt, report)
    )


def _cure_for_exception(attempt: Attempt, report: ProbeReport) -> str:
    """Return what to do about an exception of the app: a missing variable, a missing right, or where to look."""
    line = attempt.line(report)
    if variable := _missing_variable(report):
        where = f" at {line}" if line else ""
        return f"the app reads that variable from its environment{where}: export it, or write {variable}=… into .env"
    where = (
        f"the last line of the project in the traceback is {line}" if line else "the traceback tells where"
    )
    return cure_for_denied(report.traceback, attempt.project) or where


def _missing_variable(report: ProbeReport) -> str:
    """Return the variable of the environment that the app missed, empty if something else went wrong."""
    found = _VARIABLE.fullmatch(report.error)
    if found and _IN_ENVIRON.search(report.traceback):
        return found[1]
    found = _NOT_SET.match(report.error)
    return next(filter(None, found.groups()), "") if found else ""


def _missing_module(attempt: Attempt, report: ProbeReport) -> EnufError:
    name, module = report.name or "", attempt.ref.module
    if not report.reached and f"{module}.".startswith(f"{name}."):
        return AppNotFound(
            f"there is no module {name}{_named_by(attempt)} in {attempt.project}, nor in {attempt.python.executable}",
            _similar_file(attempt, name),
        )
    return AppImportFailed(
        f"{attempt.shown} cannot be imported: {report.error}", _cure_for_missing(attempt, name)
    )


def _named_by(attempt: Attempt) -> str:
    """Return ` (named by FLASK_APP in .flaskenv)` for an app that no argument has named."""
    named = attempt.ref.found_by
    return "" if named == "argument" else f" (named by {named})"


def _similar_file(attempt: Attempt, name: str) -> str:
    present = sorted(path.stem for path in Path(attempt.ref.directory).glob("*.py"))
    close = difflib.get_close_matches(name, present, n=1)
    return (
        f"did you mean {close[0]}.py?"
        if close
        else "write the path of a file, such as app.py, or pkg.mod:name"
    )


def _cure_for_missing(attempt: Attempt, name: str) -> str:
    top = name.partition(".")[0]
    if name in ON_UWSGI_ONLY:
        return f"{name} exists only inside uWSGI: use topology nginx-uwsgi, or import it in try/except ImportError"
    directory = Path(attempt.ref.directory)
    if (directory / top).is_dir() or (directory / f"{top}.py").is_file():
        return f"{top} is in the project, and it has no such module"
    if top in sys.stdlib_module_names:
        return f"{name} is not in the standard library of Python {attempt.python.version}"
    distribution = _DISTRIBUTIONS.get(name) or _DISTRIBUTIONS.get(top) or top
    return f"{shlex.quote(attempt.python.executable)} -m pip install {distribution}"


def _exited(attempt: Attempt, report: ProbeReport) -> EnufError:
    line = attempt.line(report)
    return AppImportFailed(
        f"{attempt.shown} cannot be imported: it exits, sys.exit({report.code or ''})"
        + (f" at {line}" if line else ""),
        f"a server imports the app: put what belongs to the command line under {_GUARD}",
    )


def _why_exited(report: ProbeReport, printed: str) -> str:
    """Return the hint about an exit in a package, which has printed this line."""
    if _PARSES_ARGUMENTS.search(report.traceback):
        return f"a server gives the app no arguments, so ask for them under {_GUARD} alone; it printed last: {printed}"
    return f"a package that it imports ends Python; it printed last: {printed}"


def _serves_itself(attempt: Attempt, report: ProbeReport) -> EnufError:
    return AppImportFailed(
        f"{report.name} at line {report.line} of {attempt.path(report.file or '')} runs at import and never returns",
        f"guard it with {_GUARD}; enuf starts the server itself",
    )


def _not_callable(attempt: Attempt, report: ProbeReport) -> EnufError:
    what = f"{attempt.shown}: {report.name}"
    if report.asgi:
        kind = "" if report.type == "function" else f" ({report.type})"
        summary, hint = f"{what} is an ASGI app{kind}", asgi_cure(report.name or "app")
    else:
        summary, hint = (
            f"{what} is not a WSGI callable but of type {report.type}",
            _app_in(attempt, report) or "name an object that is called as (environ, start_response)",
        )
    return AppImportFailed(summary, hint, slug="app-not-callable")


def _app_in(attempt: Attempt, report: ProbeReport) -> str:
    """Return the hint that names the app inside another object; empty where there is none."""
    if not report.names:
        return ""
    if report.call is not None:
        return f"let {report.name}() return the app in it, its attribute {report.names[0]}"
    return f"name the app in it: {attempt.ref.module}:{report.name}.{report.names[0]}"


def _factory_failed(attempt: Attempt, report: ProbeReport) -> EnufError:
    target = f"{attempt.ref.module}:{report.name}"
    if not report.reached:
        hint = f'name arguments that fit: {target}("...")'
    elif report.traceback:
        hint = _cure_for_exception(attempt, report)
    else:
        hint = f"does {report.name} end with return app?"
    return AppImportFailed(f"{report.name}() in {attempt.shown} failed: {report.error}", hint)


def _no_such_attribute(attempt: Attempt, report: ProbeReport) -> EnufError:
    close = difflib.get_close_matches(report.name or "", report.names, n=1)
    known = (
        f"it has: {', '.join(report.names[:6])}" if report.names else "it has nothing that could be served"
    )
    hint = f"did you mean {attempt.ref.module}:{close[0]}?" if close else known
    return AppNotFound(f"{attempt.shown} has no {report.name!r}", hint)


def _no_app(attempt: Attempt, report: ProbeReport) -> EnufError:
    known = f" ({', '.join(report.names[:6])})" if report.names else ""
    hint = f"name the callable{known}: {attempt.ref.module}:name"
    if attempt.ref.file is None:  # an installed package, where many have a main() with a server of its own
        hint = f"its documentation says whether it has a WSGI app, and where: {attempt.ref.module}:name"
    return AppNotFound(f"{attempt.shown} holds no app", hint)


def _ambiguous(attempt: Attempt, report: ProbeReport) -> EnufError:
    return AppNotFound(
        f"{attempt.shown} holds several apps: {', '.join(report.names)}",
        f"name one of them: {attempt.ref.module}:{report.names[0]}",
    )


def _hidden(attempt: Attempt, report: ProbeReport) -> EnufError:
    module = attempt.ref.module
    return AppNotFound(
        f"{attempt.shown} is hidden by another module {module}: {report.file}",
        "rename the file: Python had loaded the other one first",
    )


_WORDS: dict[str, Callable[[Attempt, ProbeReport], EnufError]] = {
    "ambiguous": _ambiguous,
    "exited": _exited,
    "factory-failed": _factory_failed,
    "flask-run": _serves_itself,
    "hidden": _hidden,
    "missing-module": _missing_module,
    "no-app": _no_app,
    "no-such-attribute": _no_such_attribute,
    "not-callable": _not_callable,
}
