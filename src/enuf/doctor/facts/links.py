"""Relations between an nginx site and the uWSGI behind it."""

from __future__ import annotations

import posixpath
import re

from enuf.doctor.evidence import Evidence, Listener, Pair, Server
from enuf.doctor.facts.python_import import constants
from enuf.doctor.machine import run_together
from enuf.model.address import Address, TcpAddress, UnixAddress
from enuf.syntax.uwsgi_config import UwsgiConfig

LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))
_OTHERS = re.compile(
    r"\b(?:runserver|gunicorn|uvicorn|hypercorn|daphne|granian|flask run)\b|\bpython[\d.]*\s+[\w./-]+\.py\b"
)
_ROUTED = ("fastrouter", "rawrouter", "subscri", "emperor", "zerg", "map-socket")
"""Options by which requests may reach uWSGI in another way than through a listener of the configuration."""


def is_local(address: Address | None) -> bool:
    """Return True for an address on the same machine."""
    return isinstance(address, UnixAddress) or (isinstance(address, TcpAddress) and address.host in LOOPBACK)


def has_matching_protocol(evidence: Evidence, pair: Pair) -> bool:
    """Return True if another uWSGI at the same address speaks the protocol of the site."""
    return any(
        other.listener is not None and other.listener.protocol == pair.site_pass.protocol
        for other in evidence.pairs_of_pass(pair.site_pass)
    )


def has_containers(evidence: Evidence) -> bool:
    """Return True if paths and ports may differ inside containers."""
    return any(True for _ in evidence.of_kind("dockerfile", "compose"))


def intended_listener(pair: Pair) -> Listener | None:
    """Return the listener that a pass to another address most likely means, None if none fits."""
    if pair.listener is not None or pair.site_pass.address is None:
        return None
    routed = any(name.startswith(_ROUTED) for name in pair.server.config.names)
    if routed or any(listener.address is None for listener in pair.server.listeners):
        return None
    fitting = [
        listener
        for listener in pair.server.listeners
        if listener.protocol == pair.site_pass.protocol
        and listener.address is not None
        and not listener.option.conditional
    ]
    alike = [each for each in fitting if isinstance(each.address, type(pair.site_pass.address))]
    return next(iter(alike or fitting), None)


def is_certain_match(pair: Pair) -> bool:
    """Return True if a pass and a listener have exactly the same address, on the same machine.

    The name of a container is certain too.
    """
    if pair.listener is None:
        return False
    near = pair.site_pass.address
    if any(
        isinstance(near, TcpAddress) and near.host in far.names
        for _, far in run_together(pair.site_pass.machines, pair.server.machines)
    ):
        return True
    address, other = pair.site_pass.address, pair.listener.address
    return address == other or is_local(address)


def handles_prefix(evidence: Evidence, pair: Pair) -> bool:
    """Return True if uWSGI or a middleware takes a prefix off the path."""
    known = evidence.index.handles_prefix
    if id(pair.server) not in known:
        known[id(pair.server)] = _handles_prefix(evidence, pair.server.config)
    return known[id(pair.server)]


def _handles_prefix(evidence: Evidence, config: UwsgiConfig) -> bool:
    if config.is_on("manage-script-name") is not False:
        return True
    if any("fixpathinfo" in option.value or "PATH_INFO" in option.value for option in config.options):
        return True
    if not config.is_complete:
        return True
    return any(
        text in ("PATH_INFO", "SCRIPT_NAME", "APPLICATION_ROOT", "HTTP_X_SCRIPT_NAME")
        or "DispatcherMiddleware" in python_file.text
        for python_file in evidence.python_files
        for text, _ in constants(python_file)
    )


def is_behind_nginx(evidence: Evidence, server: Server, listener: Listener) -> bool:
    """Return True if a site passes requests to the listener: nginx takes a request in whole and joins its chunks."""
    return any(
        pair.listener is listener and pair.site_pass.match.value("proxy_request_buffering") != "off"
        for pair in evidence.pairs_of(server)
    )


def has_site_of_the_same_protocol(evidence: Evidence, pair: Pair) -> bool:
    """Return True if another file's site speaks the listener's protocol: this one is then an alternative for another server."""
    return any(
        other.listener is pair.listener
        and pair.listener is not None
        and other.site_pass.protocol == pair.listener.protocol
        and other.site_pass.match.directive.file != pair.site_pass.match.directive.file
        for other in evidence.pairs_of(pair.server)
    )


def is_one_project(pair: Pair) -> bool:
    """Return True if a site and a configuration lie side by side, or one folder below a common one."""
    paths = (pair.site_pass.named_by.file, pair.server.config.main_file)
    common = posixpath.commonpath(paths)
    return all(path.removeprefix(common).count("/") <= 2 for path in paths)


def runs_another_server(pair: Pair) -> bool:
    """Return True if no command starts the uWSGI of a pair, and its containers' commands start an HTTP server instead."""
    commands = [" ".join(machine.command) for machine in pair.server.machines]
    return pair.server.start is None and bool(commands) and any(map(_OTHERS.search, commands))
