"""A server that gave up while it started: its last words say why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import said_line
from enuf.doctor.live.server_said import known_pids

_ABSENT, _REFUSED = 2, 111


class _Words(NamedTuple):
    code: str
    name: str
    pattern: re.Pattern[str]
    message: str
    hint: str


_LAST_WORDS = (
    _Words(
        "S008", "uid-socket-dir-not-writable", re.compile(r"bind\(\): Permission denied \[core/socket"),
        "uWSGI could not make its socket: its user may not write to the folder", "RuntimeDirectory= in the unit, or a folder of that user's",
    ),
    _Words(
        "S009", "app-dir-unreadable-after-uid", re.compile(r"chdir\(\): (?:Permission denied|No such file or directory) \[core/uwsgi"),
        "uWSGI could not enter the folder of chdir", "let uWSGI's user read the folder and those above it",
    ),
    _Words(
        "S012", "run-dir-lost-on-reboot", re.compile(r"bind\(\): No such file or directory \[core/socket"),
        "uWSGI could not make its socket: the folder is not there; below /run it is lost at every boot", "RuntimeDirectory= in the unit",
    ),
    _Words(
        "S005", "listen-over-somaxconn",
        re.compile(r"Listen queue size is greater than the system max net\.core\.somaxconn \((?P<detail>\d+)\)"),
        "uWSGI's listen is above net.core.somaxconn, and uWSGI did not start", "a lower listen, or a higher net.core.somaxconn",
    ),
    _Words(
        "U032", "no-master-orphan-workers", re.compile(r"bind\(\): Address already in use \[core/socket"),
        "uWSGI could not take its address: another process still holds it, such as workers that a server without a master left behind",
        "end those processes by their pids, and write master = true",
    ),
    _Words(
        "U035", "pyuwsgi-reload-dies", re.compile(r"(?:No module named|Error while finding module specification for) '?pyuwsgi"),
        "the reload started the Python outside of the virtualenv, where pyuwsgi is not installed: the server has ended",
        "binary-path = VENV/bin/python3 in the ini",
    ),
    _Words(
        "U015", "venv-is-python-binary", re.compile(r"Python Home is not a directory: (?P<detail>\S+)"),
        "virtualenv names a file, and uWSGI did not start", "name the folder of the virtualenv, two levels above bin/python",
    ),
    _Words(
        "U029", "cheaper-invalid", re.compile(r"invalid cheaper value: must be lower than processes"),
        "cheaper is not below processes, and uWSGI did not start", "cheaper below processes",
    ),
    _Words(
        "U024", "ini-strict-rejects-placeholder", re.compile(r"\[strict-mode\] unknown config directive: (?P<detail>\S+)"),
        "strict refuses a name that is no option, and uWSGI did not start", "correct the name, or set-placeholder = NAME=value for a placeholder",
    ),
    _Words(
        "U026", "ini-section-name", re.compile(r"Can't find section \"uwsgi\" in INI configuration file (?P<detail>\S+)"),
        "uWSGI found no section [uwsgi] in its file, and did not start", "[uwsgi] as the first line, without a byte-order mark",
    ),
    _Words(
        "L007", "socket-path-too-long", re.compile(r"invalid socket name"),
        "the path of the socket is longer than the kernel takes, and uWSGI did not start", "a path of at most 107 bytes",
    ),
    _Words(
        "G012", "app-not-found", re.compile(r"Failed to find attribute '(?P<detail>\w+)' in"),
        "gunicorn imported the module and did not find the app's object in it", "name it: MODULE:OBJECT",
    ),
    _Words(
        "A002", "import-error-missing-package", re.compile(r"(?:ModuleNotFoundError|ImportError): No module named '?(?P<detail>[\w.]+)"),
        "the app could not be imported, and the server did not start: the module is missing in the Python that it uses",
        "install it into that environment, or correct the name or the folder",
    ),
)  # fmt: skip


def _prove(words: _Words, case: LiveCase) -> Iterator[LiveProof]:
    if not is_down(case) or case.server is not None:
        return
    first = next((each for each in _LAST_WORDS if case.said.find(each.pattern)), None)
    match = case.said.find(words.pattern)
    if match is None or first is not words:
        return
    found = case.of_code(words.code)
    evidence = (said_line(match.string),)
    if found is not None and found.severity != "advice":
        yield LiveProof(finding=found, evidence=evidence)
        return
    detail = match.groupdict().get("detail")
    file = case.configured.config.main_file if case.configured else case.said.path
    yield LiveProof(
        message=f"{words.message} ({detail})" if detail else words.message,
        hint=words.hint,
        evidence=evidence,
        file=file,
    )


def is_down(case: LiveCase) -> bool:
    """Return True if no process listens where the request goes, or at the URL itself, and the server of the log has ended."""
    if known_pids(case.said) & {each.pid for each in case.evidence.servers}:
        return False
    backend = case.backend
    if backend is None:
        return case.reply.failure == "refused"
    return not backend.listeners and backend.errno in (_ABSENT, _REFUSED)


CAUSES = tuple(
    Cause(code=each.code, name=each.name, severity="error", order=102 + number, prove=partial(_prove, each))
    for number, each in enumerate(_LAST_WORDS)
)
