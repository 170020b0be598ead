"""A server that gave up while it started: its last words say why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence import Backend
from enuf.doctor.live.evidence_lines import said_line
from enuf.doctor.live.server_said import ServerSaid, known_pids

_ABSENT, _REFUSED = 2, 111
_YOUNG_S = 10.0
_ACTIVATORS = {"systemd", "init", "systemd-socket-activate"}


class _Words(NamedTuple):
    code: str
    name: str
    pattern: re.Pattern[str]
    message: str
    hint: str
    beside: tuple[str, ...] = ()
    """Texts of which a line of the log must have one."""


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
        "uWSGI's listen is above net.core.somaxconn ({detail}), and uWSGI did not start", "a lower listen, or a higher net.core.somaxconn",
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
        "U035", "pyuwsgi-reload-dies", re.compile(r"unknown option --(?:ini|xml|yaml|json)\b"),
        "uWSGI started Python in place of itself, with uWSGI's options: a uWSGI from pip takes the Python for its own program",
        "binary-path = VENV/bin/uwsgi in the ini", beside=("python",),
    ),
    _Words(
        "U015", "venv-is-python-binary", re.compile(r"Python Home is not a directory: (?P<detail>\S+)"),
        "virtualenv names a file, {detail}, and uWSGI did not start", "name the folder of the virtualenv, two levels above bin/python",
    ),
    _Words(
        "U029", "cheaper-invalid", re.compile(r"invalid cheaper value: must be lower than processes"),
        "cheaper is not below processes, and uWSGI did not start", "cheaper below processes",
    ),
    _Words(
        "U024", "ini-strict-rejects-placeholder", re.compile(r"\[strict-mode\] unknown config directive: (?P<detail>\S+)"),
        "strict refuses {detail}, which is the name of no option, and uWSGI did not start", "correct the name, or set-placeholder = NAME=value for a placeholder",
    ),
    _Words(
        "U026", "ini-section-name", re.compile(r"Can't find section \"uwsgi\" in INI configuration file (?P<detail>\S+)"),
        "uWSGI found no section [uwsgi] in {detail}, and did not start", "[uwsgi] as the first line, without a byte-order mark",
    ),
    _Words(
        "L007", "socket-path-too-long", re.compile(r"invalid socket name"),
        "the path of the socket is longer than the kernel takes, and uWSGI did not start", "a path of at most 107 bytes",
    ),
    _Words(
        "G014", "worker-class-not-installed", re.compile(r"class uri '?(?P<detail>[\w.:]+)'? invalid or not found"),
        "gunicorn could not load the worker class {detail}, and did not start: the package of that class is missing in its Python",
        "install that package into the environment of gunicorn, or name another worker_class",
    ),
    _Words(
        "G012", "app-not-found", re.compile(r"Failed to find attribute '(?P<detail>\w+)' in"),
        "gunicorn imported the module and did not find the app's object {detail} in it", "name it: MODULE:OBJECT",
    ),
    _Words(
        "A002", "import-error-missing-package", re.compile(r"(?:ModuleNotFoundError|ImportError): No module named '?(?P<detail>[\w.]+)"),
        "the app could not be imported, and the server did not start: the module {detail} is missing in the Python that it uses",
        "install it into that environment, or correct the name or the folder",
    ),
    _Words(
        "A004", "env-missing-under-service", re.compile(r"^(?:\s*)KeyError: '(?P<detail>\w+)'"),
        "the app reads the variable {detail} when it is imported, and the server's environment has none: the server did not start",
        "Environment=NAME=value in the unit, or env = NAME=value in the ini", beside=("environ", "<frozen os>", "/os.py"),
    ),
    _Words(
        "L025", "import-of-app-failed", re.compile(r"^(?P<detail>(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Exit|Configured)\b.{0,300})"),
        "the app raised when it was imported, and the server did not start: {detail}",
        "repair the error that the traceback in the server's log names, and start the server", beside=("Traceback (most recent call last)",),
    ),
)  # fmt: skip


def _prove(words: _Words, case: LiveCase) -> Iterator[LiveProof]:
    if not is_restarting(case) and (not is_down(case) or case.server is not None):
        return
    found = _last_words(case)
    if found is None or found[0] is not words:
        return
    _, match, said = found
    yield LiveProof(
        finding=case.of_fault(words.code),
        message=words.message.format(**match.groupdict()),
        hint=words.hint,
        evidence=(said_line(match.string),),
        file=case.configured.config.main_file if case.configured else said.path,
    )


def _last_words(case: LiveCase) -> tuple[_Words, re.Match[str], ServerSaid] | None:
    """Return the first words of the list that a log of the last start has, with the line and the log."""
    for words in _LAST_WORDS:
        for said in case.said_at_last_start:
            match = said.find(words.pattern)
            if match is not None and (not words.beside or said.has(*words.beside)):
                return words, match, said
    return None


def is_down(case: LiveCase) -> bool:
    """Return True if no server listens where the request goes, or at the URL itself, and that of the log has ended."""
    listening = {pid for each in case.evidence.sockets for pid in each.pids}
    running = {
        each.pid for each in case.evidence.servers if each.descriptors is None or each.pid in listening
    }
    if known_pids(case.said) & running:
        return False
    backend = case.backend
    if backend is None:
        return case.reply.failure == "refused"
    is_refused = not backend.listeners and backend.errno in (_ABSENT, _REFUSED)
    return is_refused or (case.fails and is_activated(backend))


def is_restarting(case: LiveCase) -> bool:
    """Return True for a server that was started a moment ago, as often before, and that did not take the visitor."""
    backend, server = case.backend, case.server
    return (
        backend is not None
        and server is not None
        and backend.errno in (_ABSENT, _REFUSED)
        and server.started_at > case.evidence.host.now - _YOUNG_S
    )


def is_activated(backend: Backend) -> bool:
    """Return True if systemd alone holds the socket, for a server that it starts for each visitor anew."""
    names = {each.words[0].rpartition("/")[2] for each in backend.holders if each.words}
    return bool(names) and names <= _ACTIVATORS


CAUSES = tuple(
    Cause(code=each.code, name=each.name, severity="error", order=102 + number, prove=partial(_prove, each))
    for number, each in enumerate(_LAST_WORDS)
)
