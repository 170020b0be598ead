"""Whether the names of a certificate cover the host names of a site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from enuf.model.host_names import is_expression, plain_address


def uncovered(hosts: Iterable[str], names: Sequence[str]) -> tuple[str, ...]:
    """Return the hosts of the site that a certificate with these names is not valid for.

    Regular expressions and names like `www.example.*` are left out: no certificate can hold them.
    """
    wanted = dict.fromkeys(name for host in hosts for name in _exact(host))
    return tuple(name for name in wanted if not any(_covers(each.lower(), name) for each in names))


def certified(hosts: Iterable[str]) -> tuple[str, ...]:
    """Return the names for a certificate that covers these hosts, each once, in their order."""
    return tuple(dict.fromkeys(name for host in hosts for name in _exact(host)))


def _exact(host: str) -> tuple[str, ...]:
    """Return the names that a certificate needs for one host of the settings."""
    if is_expression(host) or host.endswith(".*"):
        return ()
    if host.startswith("."):
        return (host[1:].lower(), f"*{host.lower()}")
    return (plain_address(host) or host.lower(),)


def _covers(name: str, host: str) -> bool:
    """Return True if the name of a certificate is valid for the host (RFC 6125: `*` stands for one label)."""
    if name == host:
        return True
    return name.startswith("*.") and "." in host and host.partition(".")[2] == name[2:] and host[0] != "*"
