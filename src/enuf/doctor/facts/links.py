"""How an nginx site and the uWSGI behind it fit together."""

from __future__ import annotations

import posixpath

from enuf.doctor.evidence import Evidence, Listener, Pair
from enuf.doctor.facts.programs import constants
from enuf.model.address import Address, TcpAddress, UnixAddress
from enuf.syntax.uwsgi_config import UwsgiConfig

LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))
_ROUTED = ("fastrouter", "rawrouter", "subscri", "emperor", "zerg", "map-socket")
"""Options with which requests may come in elsewhere than at a listener of the same configuration."""


def is_near(address: Address | None) -> bool:
    """True for an address on the same machine."""
    return isinstance(address, UnixAddress) or (isinstance(address, TcpAddress) and address.host in LOOPBACK)


def meets_same_protocol(evidence: Evidence, pair: Pair) -> bool:
    """True when another uWSGI at the same address does speak what the site speaks."""
    return any(
        other.listener is not None and other.listener.protocol == pair.way.protocol
        for other in evidence.pairs_of_pass(pair.way)
    )


def has_containers(evidence: Evidence) -> bool:
    """True when paths and ports may be other ones inside of containers."""
    return any(True for _ in evidence.of_kind("dockerfile", "compose"))


def missed_listener(pair: Pair) -> Listener | None:
    """The listener that a pass most likely means although its address is another; None when none fits."""
    if pair.listener is not None or pair.way.address is None:
        return None
    routed = any(name.startswith(_ROUTED) for name in pair.server.config.names)
    if routed or any(listener.address is None for listener in pair.server.listeners):
        return None
    fitting = [
        listener
        for listener in pair.server.listeners
        if listener.protocol == pair.way.protocol
        and listener.address is not None
        and not listener.option.maybe
    ]
    alike = [each for each in fitting if isinstance(each.address, type(pair.way.address))]
    return next(iter(alike or fitting), None)


def is_certain_meeting(pair: Pair) -> bool:
    """True when a pass and a listener have the very same address, on the same machine."""
    if pair.listener is None:
        return False
    address, other = pair.way.address, pair.listener.address
    return address == other or is_near(address)


def handles_prefix(evidence: Evidence, pair: Pair) -> bool:
    """True when uWSGI or a middleware takes a prefix off the path."""
    known = evidence.index.handles_prefix
    if id(pair.server) not in known:
        known[id(pair.server)] = _handles_prefix(evidence, pair.server.config)
    return known[id(pair.server)]


def _handles_prefix(evidence: Evidence, config: UwsgiConfig) -> bool:
    if config.is_on("manage-script-name") is not False:
        return True
    if any("fixpathinfo" in option.value or "PATH_INFO" in option.value for option in config.options):
        return True
    if not config.is_whole:
        return True
    return any(
        text in ("PATH_INFO", "SCRIPT_NAME", "APPLICATION_ROOT", "HTTP_X_SCRIPT_NAME")
        or "DispatcherMiddleware" in program.text
        for program in evidence.programs
        for text, _ in constants(program)
    )


def is_one_project(pair: Pair) -> bool:
    """True when a site and a configuration lie side by side, or at most one folder apart."""
    paths = (pair.way.named_by.file, pair.server.config.home)
    common = posixpath.commonpath(paths)
    return all(path.removeprefix(common).count("/") <= 2 for path in paths)
