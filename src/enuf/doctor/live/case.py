"""One diagnosis: the evidence, and what follows from it, computed once for all links and causes. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from functools import cached_property

import msgspec

from enuf.doctor.evidence import Evidence, PythonServer, Server
from enuf.doctor.live.evidence import Backend, LiveEvidence, LiveProcess, LiveReply
from enuf.doctor.live.main_processes import main_process
from enuf.doctor.live.route import Route, chosen_route
from enuf.doctor.live.server_said import (
    ServerSaid,
    Traceback,
    WorkerEnd,
    known_pids,
    said_since_start,
    tracebacks,
    worker_ends,
)
from enuf.doctor.live.upstream_errors import FrontError, lines_about, parse_front_error, upstream_named
from enuf.doctor.read.sites import read_passes
from enuf.model.address import TcpAddress, UnixAddress
from enuf.model.finding import Finding
from enuf.syntax.nginx_tree import NginxConfig, ParsedDirective

RECENT_S = 600.0
"""A line that is older accuses no one."""
START_SLACK_S = 2
NO_APP_BYTES = 21
"""Size of uWSGI's own answer without an app: `Internal Server Error` (F227)."""
_FIRST = LiveReply(sent_at=0.0, took_s=0.0, failure="refused")


class Seen(msgspec.Struct, frozen=True):
    """A line of nginx's error log, and whether it is about the request that was just sent."""

    error: FrontError
    is_now: bool


class LiveCase:
    """The evidence of a running stack with what links and causes ask of it."""

    def __init__(self, evidence: LiveEvidence, static: Evidence, findings: tuple[Finding, ...] = ()) -> None:
        self.evidence = evidence
        self.static = static
        """The evidence in the files that the stack and the user name."""
        self.findings = findings
        """What the rules find in those files."""

    # -- the request

    @property
    def url(self) -> str:
        """The URL that was asked for."""
        return self.evidence.requested.url

    @property
    def reply(self) -> LiveReply:
        """The answer to the visitor."""
        return self.evidence.reply or _FIRST

    @property
    def fails(self) -> bool:
        """True if the visitor gets no answer, or one of 500 and above."""
        return bool(self.reply.failure) or self.reply.status >= 500

    @property
    def is_from_app(self) -> bool:
        """True if the answer has the header of nginx in front and a body that is not nginx's own page."""
        return self.reply.status > 0 and f"<center>{self.reply.header('server')}" not in self.reply.body

    @property
    def has_no_app(self) -> bool:
        """True for the answer that uWSGI itself gives without an app (F227)."""
        reply = self.reply
        is_plain = reply.header("content-type").startswith("text/plain")
        holders = self.backend.holders if self.backend else ()
        return (
            reply.status == 500
            and reply.size == NO_APP_BYTES
            and is_plain
            and all(
                each.program == "uwsgi" for each in holders
            )  # other servers answer an error of the app so
        )

    # -- nginx

    @cached_property
    def site(self) -> NginxConfig | None:
        """The configuration of the nginx that listens at the URL."""
        main = self.evidence.front.configuration
        return next((each for each in self.static.sites if each.file == main), None) if main else None

    @cached_property
    def route(self) -> Route:
        """What nginx does with the request."""
        if self.site is None:
            return Route(is_certain=False)
        return chosen_route(self.site, self.evidence.requested, self._arrives_at)

    def route_for(self, target: str) -> Route:
        """Return what nginx does with a request for another target of the same host."""
        if self.site is None or not target.startswith("/"):
            return self.route
        requested = msgspec.structs.replace(self.evidence.requested, target=target)
        return chosen_route(self.site, requested, self._arrives_at)

    @property
    def _arrives_at(self) -> str:
        address = (
            self.reply.address
            or (self.evidence.front.listeners and str(self.evidence.front.listeners[0].address))
            or ""
        )
        return str(address).rpartition(":")[0].strip("[]") or "127.0.0.1"

    @cached_property
    def backends(self) -> tuple[Backend, ...]:
        """Where the request goes: the addresses of its pass, and those that nginx's log names for the request.

        All that were looked at where the route is unknown.
        """
        named = (each for each in self.evidence.backends if any(is_at(seen.error, each) for seen in self.now))
        found = (*self.routed, *(each for each in named if each not in self.routed))
        return found or (self.evidence.backends if not self.route.passes else ())

    @cached_property
    def routed(self) -> tuple[Backend, ...]:
        """The backends at the addresses of the pass that takes the request; a pass with a variable has none."""
        addresses = [each.address for each in self.route.passes]
        return tuple(each for each in self.evidence.backends if each.address in addresses)

    @property
    def is_served_by_peer(self) -> bool:
        """True if another member of the upstream answered in place of the one at fault."""
        return not self.fails and any(each is not self.backend and each.errno == 0 for each in self.routed)

    @cached_property
    def backend(self) -> Backend | None:
        """The backend that the newest error is about, else the first that does not listen, else the first."""
        by_line = [each for seen in self.now for each in self.backends if is_at(seen.error, each)]
        silent = [each for each in self.backends if not each.listeners or each.errno]
        return next(iter((*reversed(by_line), *silent, *self.backends)), None)

    @property
    def directive(self) -> ParsedDirective | None:
        """The directive that names the backend: one of the route, else one that nginx took by itself, as for auth_request."""
        if self.backend is None:
            return self.route.directive
        others = read_passes((self.site,)) if self.site else ()
        passes = (*self.route.passes, *others) if self.backend in self.routed else (*others,)
        named = (each.named_by for each in passes if each.address == self.backend.address)
        return next(named, self.route.directive)

    @property
    def place(self) -> tuple[str, int]:
        """The file and line to look at: the pass, the server block, nginx's configuration, or the log."""
        directive = self.directive or (self.route.server.directive if self.route.server else None)
        if directive is not None:
            return directive.file, directive.line
        sites = (each.file for each in self.static.sites)
        return self.evidence.front.configuration or next(sites, "") or self.url, 1

    # -- nginx's error log

    @cached_property
    def errors(self) -> tuple[FrontError, ...]:
        """The lines of the present nginx, in the order of the log, without visitors that left: the doctor may be one."""
        front = self.evidence.front
        pids = {each.pid for each in (front.main, *front.workers) if each}
        lines = (line for log in self.evidence.log("front") for line in log.lines)
        found = (error for line in lines if (error := parse_front_error(line)))
        return tuple(
            each
            for each in found
            if (not pids or each.pid in pids) and "client prematurely closed connection" not in each.text
        )

    @cached_property
    def now(self) -> tuple[Seen, ...]:
        """The lines about the request that was just sent."""
        found = lines_about(self.errors, self.evidence.requested.target, self.reply.sent_at)
        return tuple(Seen(each, is_now=True) for each in found)

    @cached_property
    def recent(self) -> tuple[Seen, ...]:
        """The lines of the last minutes, not older than the server behind: older ones do not accuse it."""
        server = self.server
        since = max(self.evidence.host.now - RECENT_S, float(int(server.started_at)) if server else 0.0)
        ours = {id(seen.error) for seen in self.now}
        return tuple(
            Seen(each, is_now=False)
            for each in self.errors
            if each.at >= since and id(each) not in ours and self._is_ours(each)
        )

    def _is_ours(self, error: FrontError) -> bool:
        """Return True unless the line is about another backend than ours."""
        return not error.upstream or not self.backends or any(is_at(error, each) for each in self.backends)

    def seen(self, fits: Callable[[FrontError], bool]) -> Seen | None:
        """Return the newest line that fits: of the request that was just sent, else of the last minutes."""
        for found in (self.now, self.recent):
            for each in reversed(found):
                if fits(each.error):
                    return each
        return None

    def failed(self, errno: int, phase: str = "connecting") -> Seen | None:
        """Return the newest line about an upstream with this error in this phase."""
        return self.seen(lambda error: error.errno == errno and error.phase == phase and bool(error.upstream))

    # -- the server behind

    @cached_property
    def server(self) -> LiveProcess | None:
        """The main process of the app server that listens at the backend."""
        backend = self.backend
        return main_process(backend.holders) if backend else None

    @cached_property
    def server_workers(self) -> tuple[LiveProcess, ...]:
        """The workers of that server."""
        main, backend = self.server, self.backend
        seen = {each.pid: each for each in (*self.evidence.servers, *(backend.holders if backend else ()))}
        return tuple(each for each in seen.values() if main and each.parent == main.pid)

    @property
    def serving(self) -> tuple[LiveProcess, ...]:
        """The processes that take the requests: the workers, else the server itself."""
        return self.server_workers or ((self.server,) if self.server else ())

    @cached_property
    def configured(self) -> Server | None:
        """The uWSGI that the files describe at the backend, whether it runs or not."""
        addresses = [each.address for each in self.backends]
        for server in self.static.servers:
            if any(listener.address in addresses for listener in server.listeners):
                return server
        return None

    @cached_property
    def configured_app(self) -> PythonServer | None:
        """The gunicorn or other app server that the files describe at the backend, whether it runs or not."""
        addresses = [each.address for each in self.backends]
        for server in self.static.app_servers:
            if any(bind.address in addresses for bind in server.binds):
                return server
        return None

    @property
    def configured_unit(self) -> str:
        """The unit of systemd that starts the server at the backend, as the files say; empty if they name none."""
        server = self.configured or self.configured_app
        start = server.start if server else None
        return posixpath.basename(start.unit.file) if start and start.unit else ""

    @cached_property
    def said(self) -> ServerSaid:
        """What the server's log says since its last start; without lines where no log could be read."""
        found = [
            said_since_start(log.path, log.lines, is_whole=log.is_whole)
            for log in self.evidence.log("server")
        ]
        return max(found, key=self._worth, default=ServerSaid())

    @cached_property
    def said_at_last_start(self) -> tuple[ServerSaid, ...]:
        """What all logs of the server say about its last start: gunicorn gives the reason on standard error alone."""
        since = (self.said.started_at or 0.0) - START_SLACK_S
        others = (
            said_since_start(log.path, log.lines, is_whole=log.is_whole)
            for log in self.evidence.log("server")
            if log.path != self.said.path and log.modified_at >= since
        )
        return (self.said, *others)

    def _worth(self, said: ServerSaid) -> tuple[bool, bool, int]:
        """Return how likely a log is that of the server: its pids occur, it has a start, it says much."""
        pids = {self.server.pid, *(each.pid for each in self.server_workers)} if self.server else set()
        return bool(pids & known_pids(said)), said.started_at is not None, len(said.lines)

    @cached_property
    def is_said_by_server(self) -> bool:
        """True if the log is that of the process that runs, or of the last start where none runs."""
        server = self.server
        if server is None:
            return True
        pids = {server.pid, *(each.pid for each in self.server_workers)}
        if pids & known_pids(self.said):
            return True
        return (
            self.said.started_at is not None
            and self.said.started_at >= int(server.started_at) - START_SLACK_S
        )

    @cached_property
    def raised(self) -> tuple[Traceback, ...]:
        """The tracebacks of requests, none where the log is another process's."""
        if not self.is_said_by_server:
            return ()
        return tuple(each for each in tracebacks(self.said) if not each.at_start)

    @cached_property
    def ends(self) -> tuple[WorkerEnd, ...]:
        """The workers that ended unasked in the last minutes, each with its time."""
        if not self.is_said_by_server:
            return ()
        started = {each.pid: each.started_at for each in self.server_workers}
        timed = (
            msgspec.structs.replace(
                each,
                at=each.at
                or started.get(each.successor)
                or (self.evidence.host.now if each.pid in started else None),  # it ended under our eyes
            )
            for each in worker_ends(self.said)
        )
        since = self.evidence.host.now - RECENT_S
        return tuple(each for each in timed if each.at is not None and each.at >= since)

    # -- findings in the files

    def of_code_anywhere(self, code: str) -> Finding | None:
        """Return the first finding with the code, also one about what is not on this request's way."""
        return next((each for each in self.findings if each.code == code), None)

    def of_code(self, *codes: str) -> Finding | None:
        """Return the first finding about this request's way with one of the codes, the codes in this order."""
        found = (
            each for code in codes for each in self.findings if each.code == code and self.is_on_the_way(each)
        )
        return next(found, None)

    def of_fault(self, *codes: str) -> Finding | None:
        """Return the first such finding that is more than advice."""
        found = (
            each
            for code in codes
            for each in self.findings
            if each.code == code and each.severity != "advice" and self.is_on_the_way(each)
        )
        return next(found, None)

    def is_on_the_way(self, finding: Finding) -> bool:
        """Return True unless the finding is about another pass, or about a server at another address."""
        if self.site is not None and finding.file in self.site.files:
            lines = {(each.file, each.line) for each in self._directives}
            return not lines or (finding.file, finding.line) in lines
        others = {
            file
            for server in self.static.servers
            if server is not self.configured
            for file in server.config.files
        }
        own = set(self.configured.config.files) if self.configured else set()
        return self.configured is None or finding.file in own or finding.file not in others

    @property
    def _directives(self) -> tuple[ParsedDirective, ...]:
        """The lines of nginx's configuration that this request takes."""
        passes = [each.match.directive for each in self.route.passes] + [
            each.named_by for each in self.route.passes
        ]
        blocks = [each.directive for each in (self.route.location, self.route.server) if each]
        return (*passes, *blocks)


def is_at(error: FrontError, backend: Backend) -> bool:
    """Return True if a line is about this backend."""
    named = upstream_named(error.upstream)
    address = backend.address
    if isinstance(address, UnixAddress):
        written = f"unix:{address.path}"
        return named == written or named.startswith(
            f"{written}/"
        )  # nginx writes the path of the request behind it
    hosts = {address.host, *backend.resolved}
    return isinstance(address, TcpAddress) and any(
        named == str(TcpAddress(host, address.port)) for host in hosts
    )
