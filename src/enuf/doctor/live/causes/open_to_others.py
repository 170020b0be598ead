"""What works and is open to others: sockets, stats, ports, files of the project, the debugger. Seen without trying any of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence import Listening, PathStat
from enuf.doctor.live.evidence_lines import observed, stat_line
from enuf.doctor.live.pid_files import PidFiles
from enuf.inspect.uwsgi_stats import parse_stats_address
from enuf.model.address import TcpAddress

_OTHERS_WRITE, _OTHERS_ENTER = 0o002, 0o001
_WILD = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
_SOURCES = re.compile(r"\.(?:py|ini|env|toml|cfg|sqlite3?|db|log|key|pem)$|/\.(?:env|git/\w+|htpasswd)$")
_ETAG = re.compile(r'"[0-9a-f]{8,}-[0-9a-f]+"')
"""That nginx gives a file that it serves itself: time and size."""
_DEBUGGER = re.compile(r"EVALEX = true|<title>[^<]{0,300}// Werkzeug Debugger</title>")


def _confirmed(case: LiveCase, code: str, *evidence: str) -> Iterator[LiveProof]:
    """Confirm a finding in the files by what the running stack shows; yield nothing without such a finding."""
    found = case.of_code_anywhere(code)
    if found is not None:
        yield LiveProof(finding=found, evidence=evidence, severity="warning")


def _of_socket(case: LiveCase) -> Iterator[LiveProof]:
    backend = case.backend
    if backend is None or backend.protocol != "uwsgi" or case.fails:
        return
    wild = [each for each in backend.listeners if _is_wild(each)]
    if wild:
        yield from _confirmed(case, "U042", observed(f"kernel: a listener at {wild[0].address}"))
    elif backend.socket is not None and _is_open(backend.socket, backend.folders):
        yield from _confirmed(case, "U042", stat_line(backend.socket))


def _is_open(socket: PathStat, folders: tuple[PathStat, ...]) -> bool:
    """Return True if every user of the machine may connect."""
    ways = all(each.mode is not None and each.mode & _OTHERS_ENTER for each in folders)
    return bool(socket.mode and socket.mode & _OTHERS_WRITE) and ways


def _of_stats(case: LiveCase) -> Iterator[LiveProof]:
    option = case.configured.config.last("stats") if case.configured else None
    if option is None or option.unresolved:
        return
    try:
        address = parse_stats_address(option.value.strip())
    except ValueError:
        return
    if not isinstance(address, TcpAddress):
        return
    for each in case.evidence.sockets:
        if isinstance(each.address, TcpAddress) and each.address.port == address.port:
            yield from _confirmed(
                case, "U044", observed(f"kernel: uWSGI's stats server listens at {each.address}")
            )
            return


def _of_http_socket(case: LiveCase) -> Iterator[LiveProof]:
    pids = {each.pid for each in (*case.serving, *((case.server,) if case.server else ()))}
    for each in case.evidence.sockets:
        if _is_wild(each) and pids & set(each.pids):
            yield from _confirmed(case, "U046", observed(f"kernel: the app server listens at {each.address}"))
            return


def _is_wild(listener: Listening) -> bool:
    return isinstance(listener.address, TcpAddress) and listener.address.host in _WILD


def _of_pid_file(case: LiveCase) -> Iterator[LiveProof]:
    facts = case.evidence.topic("pid_files", PidFiles)
    for each in facts.files if facts else ():
        if each.mode is not None and each.mode & _OTHERS_WRITE:
            yield from _confirmed(case, "U038", observed(f"stat: {each.mode:04o} {each.path}"))
            return


def _of_source(code: str, case: LiveCase) -> Iterator[LiveProof]:
    path = case.evidence.requested.path
    if case.reply.status == 200 and _ETAG.fullmatch(case.reply.header("etag")) and _SOURCES.search(path):
        yield from _confirmed(
            case, code, observed(f"{path} is answered with 200 and {case.reply.size} bytes")
        )


def _of_debugger(case: LiveCase) -> Iterator[LiveProof]:
    if not _DEBUGGER.search(case.reply.body):
        return
    evidence = (observed(f"the page of status {case.reply.status} is that of Werkzeug's debugger"),)
    found = case.of_code_anywhere("A007")
    yield LiveProof(
        finding=found,
        message="visitors get Werkzeug's debugger: whoever finds its PIN, or needs none, runs Python on this machine",
        hint="no debug=True, DebuggedApplication or FLASK_DEBUG=1 where others can reach the app",
        evidence=evidence,
    )


CAUSES = (
    Cause(code="A007", name="debugger-enabled", severity="error", order=649, prove=_of_debugger),
    Cause(code="N005", name="root-is-app-dir", severity="warning", order=960, prove=lambda case: _of_source("N005", case)),
    Cause(code="N019", name="filesystem-alias-and-dotfiles", severity="warning", order=961, prove=lambda case: _of_source("N019", case)),
    Cause(code="U042", name="uwsgi-socket-untrusted-access", severity="warning", order=962, prove=_of_socket),
    Cause(code="U044", name="stats-server-leak", severity="warning", order=963, prove=_of_stats),
    Cause(code="U046", name="http-socket-exposed", severity="warning", order=964, prove=_of_http_socket),
    Cause(code="U038", name="daemonize-world-writable-files", severity="warning", order=965, prove=_of_pid_file),
)  # fmt: skip
