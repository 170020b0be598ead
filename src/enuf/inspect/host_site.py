"""Whether the host's nginx serves an installed site: one request of a visitor, and the site's own log of it.

The log's line has the digest of the file by which nginx worked. So neither another site, nor an older file of this
one, can pass for the site.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from enuf.model.address import TcpAddress
from enuf.model.plan import Plan
from enuf.model.service_commands import ServiceCommands
from enuf.model.site import Site, VisitorRequest
from enuf.system import files
from enuf.system.http_probe import TooSlow, send_get
from enuf.system.http_reply import NoReply, Reply

WITHIN_S = 2.0
LOGGED_WITHIN_S, LOOK_EVERY_S = 1.0, 0.02
LOG_TAIL_BYTES = 256 * 1024
ROOM_FOR_LOGS_BYTES = 64 * 1024
REQUEST_ID = "x-request-id"
PID_LIMIT_BYTES = 32
_NGINX = "nginx"


def visitor_of(plan: Plan, digest: str) -> VisitorRequest | None:
    """Return the request by which a plan's site is looked at; None for a site at a unix socket."""
    address = plan.listen.reachable
    if not isinstance(address, TcpAddress):
        return None
    return VisitorRequest(
        address=address,
        host=plan.health.host,
        path=plan.health.path,
        over_tls=plan.health.scheme == "https",
        digest=digest,
    )


async def host_problem(
    site: Site, asked: VisitorRequest, commands: ServiceCommands, mark: str, *, names_itself: bool
) -> str:
    """Return why a visitor of the site gets no answer of the app, with the cure; an empty text while one does.

    An app that is merely slow is no problem. `mark` is the user agent of enuf's own requests, which do not count.
    `names_itself` is True for a site whose every answer has a header with the request's id.
    """
    own = f"{mark} {os.urandom(8).hex()}"
    try:
        reply = await send_get(
            "http",
            asked.address,
            asked.path,
            host=asked.host,
            timeout_s=WITHIN_S,
            agent=own,
            over_tls=asked.over_tls,
        )
    except TooSlow:
        return ""
    except NoReply as error:
        return _unanswered(site, asked, commands, str(error))
    return await _judged(site, asked, commands, reply, own, names_itself=names_itself)


def _unanswered(site: Site, asked: VisitorRequest, commands: ServiceCommands, why: str) -> str:
    if not _nginx_runs(site):
        return f"the host's nginx does not run: {why} at {asked.address}; sudo {commands.control('start', _NGINX)}"
    cure = f"sudo {commands.control('status', _NGINX)}"
    return f"the host's nginx gives no answer at {asked.address}: {why}; {cure}"


async def _judged(
    site: Site,
    asked: VisitorRequest,
    commands: ServiceCommands,
    reply: Reply,
    own: str,
    *,
    names_itself: bool,
) -> str:
    line = await _logged_line(site, own)
    if line is not None and (not line or asked.digest not in line):
        return _of_another(site, asked, commands, reply, has_line=bool(line))
    if line is None and names_itself and REQUEST_ID not in reply.headers:
        return _of_another(site, asked, commands, reply, has_line=False)
    if reply.status in (502, 504):
        return f"the host's nginx answers {reply.status}: it does not reach the app; {commands.log(_NGINX)}"
    return ""


def _of_another(
    site: Site, asked: VisitorRequest, commands: ServiceCommands, reply: Reply, *, has_line: bool
) -> str:
    reload = f"sudo nginx -t && sudo {commands.control('reload', _NGINX)}"
    if has_line:
        return f"the host's nginx works by an older file of the site: {reload}"
    if not _nginx_runs(site):
        server = reply.headers.get("server", "")
        who = f"another program ({server})" if server else "another program"
        return f"the host's nginx does not run, and {who} answers at {asked.address}"
    return f"another site of the host's nginx answers for {asked.host} at {asked.address}: {reload}"


async def _logged_line(site: Site, own: str) -> str | None:
    """Return the line that nginx has logged for the request; empty where there is none.

    Return None where nobody can know: this user may not read the log, or the disk is full.
    """
    log = Path(site.access_log)
    if not os.access(log, os.R_OK) or files.free_bytes(log.parent) < ROOM_FOR_LOGS_BYTES:
        return None
    for _ in range(round(LOGGED_WITHIN_S / LOOK_EVERY_S)):
        if line := marked_line(log, own):
            return line
        await asyncio.sleep(LOOK_EVERY_S)
    return ""


def marked_line(log: Path, mark: str) -> str:
    """Return the line of a request with this mark, as far as it is logged now; empty without one."""
    lines = reversed(files.tail(log, LOG_TAIL_BYTES).splitlines())
    return next((line for line in lines if mark in line), "")


def _nginx_runs(site: Site) -> bool:
    """Return True while the process of nginx's pid file exists. A signal may be refused, and the process exists then."""
    try:
        os.kill(int(files.read_regular(Path(site.nginx.pid_file), PID_LIMIT_BYTES)), 0)
    except PermissionError:
        return True
    except (OSError, ValueError, OverflowError):
        return False
    return True
