"""The addresses of a start, bound before everything else: root takes low ports, then gives its rights up."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from enuf.errors import Conflict, PrivilegeNeeded
from enuf.model.address import Address, TcpAddress
from enuf.plan.topologies import ListenAddress
from enuf.run.process.listeners import Listeners, in_use, low_port
from enuf.settings.load import Loaded
from enuf.start.privileges import settings_file
from enuf.system.switch_user import keeper_of
from enuf.system.trust import changeable_by_others


def may_bind_as_root(held: ListenAddress, loaded: Loaded, project: Path) -> bool:
    """Return False, as root, for a socket in another user's folder, or at a path that another user chose.

    Such a socket is bound after the switch to the servers' user.
    """
    if isinstance(held.address, TcpAddress) or os.geteuid() != 0:
        return True
    file = settings_file(loaded, held.setting, project)
    is_roots_word = file is None or changeable_by_others(file) is None
    return is_roots_word and keeper_of(Path(held.address.path).parent) is None


def bind_remaining(listeners: Listeners, loaded: Loaded) -> None:
    """Bind the addresses that are not bound yet, as the servers' user. Raise PrivilegeNeeded for a low port.

    A server that binds its own port does so as that user too.
    """
    try:
        bind(listeners, loaded)
    except PrivilegeNeeded as error:
        raise PrivilegeNeeded(
            f"topology {loaded.settings.topology!r} takes its port itself, and not as root: {error.summary}",
            "choose a port from 1024 up, or the default topology, which takes its port before",
        ) from None


def bind(
    listeners: Listeners, loaded: Loaded, now: Callable[[ListenAddress], bool] = lambda _: True
) -> dict[str, Address]:
    """Bind the addresses for which `now` is true. Return the first bound address of each setting.

    A start begins with this step: a taken address is the cheapest refusal, and only root may take a low port.
    """
    from enuf.plan.check import refuse_long_socket
    from enuf.plan.topologies import addresses

    bound, is_challenged = dict[str, Address](), loaded.settings.tls.mode == "acme"
    for held in addresses(loaded.settings):
        refuse_long_socket(held.address)
        if not now(held):
            continue
        try:
            address = listeners.open(held.address, held.mode, shared=held.shared, ipv6_only=held.ipv6_only)
        except Conflict:
            raise in_use(held.address, held.setting, is_challenged=is_challenged) from None
        except PrivilegeNeeded:
            if isinstance(held.address, TcpAddress):
                raise low_port(held.address, held.setting, is_challenged=is_challenged) from None
            raise
        bound.setdefault(held.setting, address)
        if not held.lent:
            listeners.close(address)
    return bound
