"""The changes that a new plan makes to a running stack."""

from __future__ import annotations

import msgspec

from enuf.model.address import Address
from enuf.model.plan import Loading, Plan
from enuf.model.process import Unit

_NOTHING_LEFT = "its import leaves nothing open or running"


class PlanChange(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a plan that differ, and the changes that are impossible while the stack runs."""

    front: bool
    app: bool
    settings: bool
    """The app server would be started differently: not only its code has changed."""
    impossible: tuple[str, ...] = ()
    """Reasons, one sentence each: these need `enuf restart`."""


def diff(old: Plan, new: Plan) -> PlanChange:
    """Return the change from the running plan to the new one."""
    settings = (
        old.files_of("server") != new.files_of("server")
        or old.server != new.server
        or old.env_files != new.env_files
    )
    return PlanChange(
        front=old.files_of("front") != new.files_of("front"),
        app=settings or old.code != new.code or old.beside != new.beside,
        settings=settings,
        impossible=tuple(_impossible(old, new)),
    )


def _impossible(old: Plan, new: Plan) -> list[str]:
    reasons = []
    before, after = (old.listen, *old.more_listen), (new.listen, *new.more_listen)
    if before != after and not new.site:
        reasons.append(
            f"the address changes from {_in_words(before)} to {_in_words(after)}, "
            "and the listening socket is bound for the stack's whole life"
        )
    if bool(old.tls) != bool(new.tls):
        reasons.append(
            f"the site changes from {old.health.scheme} to {new.health.scheme}, for all who are connected"
        )
    elif old.redirecting != new.redirecting and not new.site:
        reasons.append(
            "the address that redirects to HTTPS changes, and its listening socket is bound for the stack's whole life"
        )
    if old.front and new.front and before == after and _modes(old.front) != _modes(new.front):
        reasons.append(
            "serve.socket_mode changes, and the listening socket is bound for the stack's whole life"
        )
    if old.server.shared != new.server.shared and old.listen == new.listen:
        reasons.append(
            "the address of the app server changes, and its listening socket is bound for the stack's whole life"
        )
    if old.topology.id != new.topology.id:
        reasons.append(f"the topology changes from {old.topology.id} to {new.topology.id}")
    if old.paths != new.paths:
        reasons.append("the project or its runtime folder moved")
    name = old.front.process.name if old.front else ""
    was, is_now = old.toolchain.tools.get(name), new.toolchain.tools.get(name)
    if was and is_now and was.argv != is_now.argv:
        reasons.append(f"another {name} is asked for: {is_now.argv[0]}")
    return reasons


def _modes(front: Unit) -> tuple[int, ...]:
    return tuple(lend.mode for lend in front.process.lends)


def _in_words(addresses: tuple[Address, ...]) -> str:
    return " and ".join(map(str, addresses))


def loading_change(old: Loading, new: Loading) -> str:
    """Return in one line how the workers get the app from now on; empty where that is as before."""
    if old.lazy == new.lazy:
        return ""
    if new.lazy:
        return f"from now on each worker loads the app itself: {new.why}"
    return f"from now on the app is loaded once, and the workers are forks of it: {new.why or _NOTHING_LEFT}"
