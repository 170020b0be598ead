"""uWSGI without an app: its own 500 of 21 bytes (F227), and the reason in the traceback of the start."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import observed, said_line
from enuf.doctor.live.explained import NO_APP, explained_by
from enuf.doctor.live.server_said import Traceback, tracebacks

_MISSING = re.compile(
    r"(?:ModuleNotFoundError|ImportError): No module named '?(?P<name>[\w.]+)'?(?P<more>.*)"
)
_VARIABLE = re.compile(r"KeyError: '(?P<name>[A-Za-z_]\w*)'")
_READS = ("environ", "<frozen os>", "/os.py")
_CIRCULAR = re.compile(r"partially initialized module|circular import")
_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')
_NO_APP = observed("the answer is uWSGI's own without an app: 500, 21 bytes, text/plain")


class _Reason(NamedTuple):
    code: str
    message: str
    hint: str


def _reason(case: LiveCase) -> _Reason | None:
    """Return what kept the app from being loaded, from the last traceback of the start."""
    said = case.said
    found = [each for each in tracebacks(said) if each.at_start] or list(tracebacks(said))
    if not found:
        if said.has("callable not found or import error", 'unable to find "'):
            name = _callable(case)
            message = f"uWSGI imported the module and found no {name} in it: every request is answered 500"
            return _Reason(
                "U010", message, "write the name of the app's object: callable = app, or module = wsgi:app"
            )
        return None
    error = found[-1].error
    if match := _MISSING.search(error):
        return _missing(case, match["name"], match["more"])
    if _CIRCULAR.search(error):
        message = f"a file of the project hides a package of the same name, or two modules import each other: {error}"
        return _Reason("A003", message, "rename the file of the project")
    if (match := _VARIABLE.search(error)) and any(each in found[-1].text for each in _READS):
        message = f"the app reads the variable {match['name']} when it is imported, and the server's environment has none: 500 for every request"
        return _Reason(
            "A004",
            message,
            f"Environment={match['name']}=... in the unit, or env = {match['name']}=... in the ini",
        )
    return _Reason(
        "U014", f"the app was not loaded, and uWSGI runs without one: {error}", _place_hint(found[-1])
    )


def _missing(case: LiveCase, name: str, more: str) -> _Reason:
    wanted = _module(case)
    if "is not a package" in more:
        message = f"uWSGI looks for a module called {name}: a file name is no module name"
        return _Reason("U013", message, f"module = {name.removesuffix('.py')}:app")
    if wanted and name == wanted.partition(":")[0]:
        message = f"uWSGI does not find the module {name}: the folder that it starts in is not the app's"
        return _Reason("U011", message, "chdir = the folder of the app")
    top = name.partition(".")[0]
    if any(
        file.path.rpartition("/")[2] in (f"{top}.py",) or f"/{top}/" in file.path
        for file in case.static.python_files
    ):
        message = f"the app imports its own module {name}, whose folder uWSGI does not search"
        return _Reason("U012", message, "pythonpath = the folder of the app, or chdir")
    version = case.said.has("Python version:")
    python = f" ({version.strip()[:60]})" if version else ""
    message = (
        f"the package {top} is missing in the Python that uWSGI runs{python}: every request is answered 500"
    )
    return _Reason("A002", message, f"install {top} into the environment that uWSGI uses, and restart uWSGI")


def _module(case: LiveCase) -> str:
    server = case.configured
    option = server.config.last("module") if server else None
    return option.value.strip() if option else ""


def _callable(case: LiveCase) -> str:
    server = case.configured
    option = server.config.last("callable") if server else None
    module = _module(case)
    return option.value.strip() if option else module.partition(":")[2] or "application"


def _place_hint(found: Traceback) -> str:
    frames = list(_FRAME.finditer(found.text))
    place = f" at {frames[-1]['file']}:{frames[-1]['line']}" if frames else ""
    return f"repair the error{place}, restart uWSGI, and write need-app = true: then it does not start without an app"


def _prove(code: str, case: LiveCase) -> Iterator[LiveProof]:
    if not case.has_no_app or explained_by(case, NO_APP):
        return
    reason = _reason(case) if case.is_said_by_server else None
    if reason is None:
        if code == "U014":
            yield LiveProof(
                message="uWSGI runs without an app and answers 500 to every request; why the app was not loaded stands in its log of the start",
                hint="look for the traceback in uWSGI's log; write need-app = true: then uWSGI does not start without an app",
                evidence=(_NO_APP,),
            )
        return
    if reason.code != code:
        return
    said = case.said
    found = tracebacks(said)
    lines = (
        tuple(said_line(line) for line in found[-1].lines[-3:])
        if found
        else (said_line(said.has("callable not found", "unable to find")),)
    )
    file, line = _place(case, found)
    yield LiveProof(
        message=reason.message, hint=reason.hint, evidence=(_NO_APP, *lines), file=file, line=line
    )


def _place(case: LiveCase, found: tuple[Traceback, ...]) -> tuple[str, int]:
    """Return the last frame of the traceback in a file of the project, else uWSGI's configuration, else the log."""
    frames = [match for each in found[-1:] for match in _FRAME.finditer(each.text)]
    own = [
        match
        for match in frames
        if "site-packages" not in match["file"]
        and "/lib/python" not in match["file"]
        and "<" not in match["file"]
    ]
    if own:
        return own[-1]["file"], int(own[-1]["line"][:7])
    if case.configured:
        return case.configured.config.main_file, 1
    return (case.said.path, 1) if case.said.path else ("", 1)


_NAMES = {
    "U010": "wrong-callable",
    "U011": "import-error-cwd",
    "U012": "wsgi-file-in-subdir-imports",
    "U013": "ini-callable-with-module-colon",
    "A002": "import-error-missing-package",
    "A003": "module-name-shadows-package",
    "A004": "env-missing-under-service",
    "U014": "need-app-missing",
}


def _cause(code: str, name: str, order: int) -> Cause:
    return Cause(code=code, name=name, severity="error", order=order, prove=lambda case: _prove(code, case))


CAUSES = tuple(_cause(code, name, 610 + number) for number, (code, name) in enumerate(_NAMES.items()))
