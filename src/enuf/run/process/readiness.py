"""The checks of a start: a unit is ready, a unit is healthy, a request passes through the chain."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from enuf.model.address import Address, TcpAddress
from enuf.model.plan import Health, Plan
from enuf.model.process import ReadyAnswer, ReadyDigest, ReadyFile, Unit
from enuf.run.process.children import Child
from enuf.system.http_probe import TooSlow, send_get
from enuf.system.http_reply import NoReply, Reply

POLL_S = 0.01
_ENDED_WITHIN_S = 5
"""A request that takes too long is answered with 504 within this time after its limit."""


async def until_ready(unit: Unit, child: Child, digest: str = "") -> str:
    """Wait until the unit is ready. Return why it is not, in words; empty when it is."""
    process = unit.process
    try:
        async with asyncio.timeout(process.ready_within_s):
            while child.is_running:
                if await _is_ready(process.readiness, digest):
                    return ""
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        return f"{process.name} was not ready within {process.ready_within_s:g} s"
    return f"{process.name} ended before it was ready"


async def _is_ready(readiness: ReadyFile | ReadyAnswer | ReadyDigest, digest: str) -> bool:
    match readiness:
        case ReadyFile(path):
            return Path(path).exists()
        case ReadyAnswer(address):
            return await _connects(address)
        case ReadyDigest(address, path):
            try:
                reply = await send_get("http", address, path, host="enuf", timeout_s=1)
            except NoReply:
                return False
            return reply.body.decode("latin-1").strip() == digest


async def _connects(address: Address) -> bool:
    try:
        if isinstance(address, TcpAddress):
            _, writer = await asyncio.open_connection(address.host, address.port)
        else:
            _, writer = await asyncio.open_unix_connection(address.path)
    except OSError:
        return False
    writer.close()
    return True


async def health_problem(unit: Unit, health: Health) -> tuple[str, Reply | None]:
    """Send a health request to the unit.

    Return why it is not healthy, in words (empty when it is), and its reply, if any.
    """
    began = time.monotonic()
    try:
        reply = await send_get(
            unit.wire,
            unit.serves_at,
            health.path,
            host=health.host,
            timeout_s=health.timeout_s + _ENDED_WITHIN_S,
            scheme=health.scheme,
            prefix=health.prefix,
        )
    except TooSlow:
        return _too_slow(health), None
    except NoReply as error:
        return f"GET {health.path} got no answer: {error}", None
    if reply.status == 504 and time.monotonic() - began >= health.timeout_s:
        return _too_slow(health), None
    limit = 400 if health.strict_status else 500
    if reply.status >= limit:
        named = f" to a visitor of the host {health.host}" if reply.status == 400 else ""
        return f"GET {health.path} answered {reply.status}{named}", reply
    return "", reply


def _too_slow(health: Health) -> str:
    return (
        f"GET {health.path} takes longer than serve.timeout = {health.timeout_s:g} s: give requests more time with "
        'serve.timeout, or name a quicker page in reload.health, such as "/health"'
    )


async def chain_problem(plan: Plan, agent: str = "enuf") -> str:
    """Send a real request to the public address.

    Return why it did not reach the app, in words; empty when it did.

    A front answers 502 or 504 by itself when it does not reach the app. The host's own nginx is not asked: it
    may not run yet.
    """
    if plan.site:
        return ""
    health = plan.health
    try:
        reply = await send_get(
            "http",
            plan.listen.reachable,
            health.path,
            host=health.host,
            timeout_s=health.timeout_s + _ENDED_WITHIN_S,
            agent=agent,
            over_tls=plan.tls is not None,
            proxied=plan.proxied,
        )
    except NoReply as error:
        return f"no request passes through {plan.url}: {error}"
    if plan.front and reply.status in (502, 504):
        return f"{plan.front.process.name} answers {reply.status} for {plan.url}: it does not reach the app"
    return ""
