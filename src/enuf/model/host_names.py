"""The names of a site, in the forms that nginx's server_name knows, and one plain name that they answer to.

`example.com`, `*.example.com`, `.example.com` (both of these), `www.example.*`, and `~` before a regular
expression.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

IF_ONLY_EXPRESSIONS = "localhost"
"""The name by which enuf itself asks a site of which only regular expressions are known: no name can be told
from one."""

_WWW = "www."
LOCAL_DOMAINS = ("localhost", "test", "local", "internal", "lan", "home.arpa")
"""Names that no public authority issues a certificate for, with all names below them."""


def is_expression(host: str) -> bool:
    """Return True for a regular expression."""
    return host.startswith("~")


def plain_name(hosts: Sequence[str]) -> str:
    """Return a host name that at least one of these matches.

    `localhost` where all are regular expressions or there is none.
    """
    named = [host for host in hosts if not is_expression(host)]
    exact = [host for host in named if "*" not in host and not host.startswith(".")]
    if exact:
        return exact[0]
    if not named:
        return IF_ONLY_EXPRESSIONS
    first = named[0]
    if first.endswith(".*"):
        return f"{first[:-2]}.test"
    return f"www{first[1:]}" if first.startswith("*.") else first[1:]


def answered_names(hosts: Sequence[str]) -> tuple[str, ...]:
    """Return the names that a site must answer to so that enuf can ask it: these, and `localhost` beside expressions alone."""
    if hosts and all(map(is_expression, hosts)):
        return (*hosts, IF_ONLY_EXPRESSIONS)
    return tuple(hosts)


def plain_address(host: str) -> str:
    """Return an IP address in its usual form, without brackets; empty for a name."""
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return ""


def www_pairs(hosts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return each name with or without `www.` that a plain name of these is the other form of, beside that name.

    Names that are listed themselves are left out, as are IP addresses and names without a dot.
    """
    listed = [host.lower() for host in hosts]
    pairs = {_other_form(host): host for host in listed if _has_www_form(host)}
    return tuple((other, host) for other, host in pairs.items() if other not in listed)


def names_in_both_forms(hosts: Sequence[str]) -> tuple[str, ...]:
    """Return the names without `www.` that are listed with it too."""
    listed = [host.lower() for host in hosts]
    return tuple(host for host in listed if _has_www_form(host) and f"{_WWW}{host}" in listed)


def _other_form(host: str) -> str:
    return host.removeprefix(_WWW) if host.startswith(_WWW) else f"{_WWW}{host}"


def _has_www_form(host: str) -> bool:
    special = is_expression(host) or "*" in host or host.startswith(".") or plain_address(host)
    return not special and "." in host.removeprefix(_WWW)
