"""A real request through the host's nginx, and the proof that the installed site answered it.

The request carries a random mark, and the site writes every request to a log of its own, with the digest of
the configuration by which nginx worked. So no other site, and no older file of this one, can have answered.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time

import msgspec

from enuf.errors import NotReady
from enuf.inspect.host_site import marked_line
from enuf.install.tree import HostTree
from enuf.model.address import USUAL_PORTS, TcpAddress
from enuf.model.app import SPA
from enuf.model.plan import Plan
from enuf.syntax.access_log import parse_access_line
from enuf.system import files
from enuf.system.http_probe import send_get
from enuf.system.http_reply import NoReply, Reply
from enuf.system.tls_probe import served_certificate

WITHIN_S, POLL_EVERY_S = 20.0, 0.05
ASK_WITHIN_S = 5.0
ROOM_BYTES = 64 * 1024


class Proof(msgspec.Struct, frozen=True):
    """The answer to the request."""

    status: int
    warning: str = ""


def prove_served(plan: Plan, tree: HostTree, leaf: bytes = b"") -> Proof:
    """Send requests until one has passed through nginx to the app, over HTTPS where that is the site's scheme.

    With `leaf`, a certificate in DER, visitors must get that one. Raise NotReady when none does in time.
    """
    digest = plan.host_file.digest
    deadline = time.monotonic() + WITHIN_S + plan.health.timeout_s
    problem = "it was never asked"
    while time.monotonic() < deadline:
        mark = f"enuf-install/{secrets.token_hex(8)}"
        try:
            reply = asyncio.run(_request(plan, mark))
        except NoReply as error:
            problem = f"no answer: {error}"
        else:
            line = _logged_line(plan, mark, tree)
            if digest in line and leaf and _shown_certificate(plan) != leaf:
                problem = "nginx shows another certificate than the site's"
            elif digest in line:
                return _judged(plan, reply, line, tree)
            else:
                _refuse_full_disk(plan, tree)
                problem = (
                    "nginx still works by the site's older file"
                    if line
                    else f"another site of nginx answers, with {reply.status}"
                )
        time.sleep(POLL_EVERY_S)
    raise NotReady(
        f"a request for {plan.url} does not reach the app: {problem}",
        "see nginx's own error log; another site may have the same server_name, or another program the port",
        detail=_end_of_error_log(plan, tree),
        slug="site-not-reached",
    )


async def _request(plan: Plan, mark: str) -> Reply:
    host = request_host(plan)
    timeout_s = plan.health.timeout_s + 5
    return await send_get(
        "http",
        plan.listen.reachable,
        plan.health.path,
        host=host,
        timeout_s=timeout_s,
        agent=mark,
        over_tls=plan.health.scheme == "https",
    )


def _shown_certificate(plan: Plan) -> bytes:
    """Return the certificate that nginx shows to a visitor of the site, in DER."""
    address = plan.listen.reachable
    assert isinstance(address, TcpAddress)
    return asyncio.run(served_certificate(address, plan.health.host, ASK_WITHIN_S))


def server_names(plan: Plan) -> list[str]:
    """Return the names that the site answers to, from its rendered file."""
    lines = re.findall(r"^\s*server_name ([^;]*);", plan.host_file.text, re.MULTILINE)
    return list(dict.fromkeys(name for line in lines for name in line.split()))


def request_host(plan: Plan) -> str:
    """Return a Host header that the site answers to."""
    host, listen = plan.health.host, plan.listen
    if not isinstance(listen, TcpAddress) or listen.port == USUAL_PORTS[plan.health.scheme]:
        return host
    return f"{host}:{listen.port}"


def _logged_line(plan: Plan, mark: str, tree: HostTree) -> str:
    """Return the line that nginx logs, soon after the answer, for the marked request; empty without one."""
    assert plan.site is not None
    log = tree.local_path(plan.site.access_log)
    for _ in range(20):
        if line := marked_line(log, mark):
            return line
        time.sleep(0.01)
    return ""


def _refuse_full_disk(plan: Plan, tree: HostTree) -> None:
    """Raise NotReady where the disk has no room for the line that would prove the request."""
    assert plan.site is not None
    folder = tree.local_path(plan.site.nginx.log)
    if files.free_bytes(folder) < ROOM_BYTES:
        raise NotReady(
            f"the disk of {folder} is full: nginx cannot log the request that proves the site",
            f"make room there: df -h {folder}",
            slug="site-not-reached",
        )


def _judged(plan: Plan, reply: Reply, line: str, tree: HostTree) -> Proof:
    path = plan.health.path
    if reply.status in (502, 504):
        raise NotReady(
            f"nginx answers {reply.status} for {plan.url}: it does not reach the app",
            plan.paths.service_commands.log(plan.paths.service),
            detail=_end_of_error_log(plan, tree),
        )
    turned_away = plan.guarded and reply.status in (401, 403)  # by nginx, as every visitor without a password
    unasked = "" if turned_away else _unasked(plan, reply, line)
    if plan.health.strict_status and reply.status >= 400 and not turned_away:
        raise NotReady(
            unasked or f"GET {path} answered {reply.status}",
            "reload.health names a path that must answer below 400",
        )
    if unasked:
        return Proof(reply.status, unasked)
    traceback = f"the traceback is in {plan.paths.log}/server.log"
    warning = f"GET {path} answered {reply.status}; {traceback}" if reply.status >= 500 else ""
    return Proof(reply.status, warning)


def _unasked(plan: Plan, reply: Reply, line: str) -> str:
    """Return a warning for an answer of nginx itself, which proves nothing about the app; empty for one of the app.

    A page of a single-page app, and one of the cache, come from nginx as the settings say.
    """
    record = parse_access_line(line)
    by_settings = any(folder.owner == SPA for folder in plan.static_folders)
    if record is None or record.upstream_s is not None or record.cache or by_settings:
        return ""
    leads = (
        f" to {reply.headers['location']}"
        if 300 <= reply.status < 400 and "location" in reply.headers
        else ""
    )
    return (
        f"nginx answered GET {plan.health.path} itself, with {reply.status}{leads}, and did not ask the app, so nobody has seen "
        "that visitors reach the app: auth_basic, allow, return or rewrite of the host's own configuration comes first, "
        "or a line of [raw], or maintenance"
    )


def _end_of_error_log(plan: Plan, tree: HostTree) -> str:
    assert plan.site is not None
    return files.tail(tree.local_path(plan.site.error_log), 2000) or files.tail(
        tree.local_path(f"{plan.site.nginx.log}/error.log"), 2000
    )
