"""The names that an authority of enuf's may vouch for: those of this machine and of private networks, and a few more."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING

from enuf.model.host_names import LOCAL_DOMAINS

if TYPE_CHECKING:
    from cryptography import x509

LOCAL_NETWORKS = (
    *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
    *("::1/128", "fc00::/7", "fe80::/10"),
)


def is_local_name(name: str) -> bool:
    """Return True for a name of this machine or of a private network."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return any(name == domain or name.endswith(f".{domain}") for domain in LOCAL_DOMAINS)
    return any(address in ipaddress.ip_network(network) for network in LOCAL_NETWORKS)


def constraints(extra: Sequence[str]) -> x509.NameConstraints:
    """Return the name constraints of an authority for local names and these."""
    from cryptography import x509

    networks = [ipaddress.ip_network(each) for each in LOCAL_NETWORKS]
    domains = list(LOCAL_DOMAINS)
    for name in extra:
        try:
            networks.append(ipaddress.ip_network(name))
        except ValueError:
            domains.append(name.removeprefix("*."))
    return x509.NameConstraints(
        permitted_subtrees=[*map(x509.DNSName, domains), *map(x509.IPAddress, networks)],
        excluded_subtrees=None,
    )


def is_limited(authority: x509.Certificate) -> bool:
    """Return True if it can vouch for local names and a few whole host names only, as the authorities made here."""
    from cryptography import x509

    try:
        basic = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
        limits = authority.extensions.get_extension_for_class(x509.NameConstraints)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False
    permitted = limits.value.permitted_subtrees or []
    kinds = {type(each) for each in permitted}
    is_whole = limits.critical and {x509.DNSName, x509.IPAddress} <= kinds
    return bool(basic.ca and basic.path_length == 0 and is_whole and all(map(_is_narrow, permitted)))


def _is_narrow(subtree: x509.GeneralName) -> bool:
    value = subtree.value
    if isinstance(value, str):
        return value in LOCAL_DOMAINS or "." in value.strip(".")
    networks = [ipaddress.ip_network(each) for each in LOCAL_NETWORKS]
    return value in networks or value.num_addresses == 1
