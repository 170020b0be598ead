"""Checks of the settings for tls.mode = "acme": what no authority would issue for, and what it could not verify."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from enuf.model.address import HTTPS_PORT, TcpAddress
from enuf.model.host_names import LOCAL_DOMAINS, is_expression, plain_address
from enuf.settings.schema import Settings

LEAST_KEY_BYTES = 16


def acme_contradictions(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield what stands against an order, each with its setting."""
    yield from _names(settings)
    yield from _port(settings)
    yield from _authority(settings)


def _names(settings: Settings) -> Iterator[tuple[str, str]]:
    serve, tls = settings.serve, settings.tls
    named = [("serve.hosts", host) for host in serve.hosts] + [("tls.names", host) for host in tls.names]
    if not any(not is_expression(host) and not host.endswith(".*") for _, host in named):
        yield (
            "tls.mode",
            'tls.mode = "acme" needs the public name of the site in serve.hosts: --server-name example.com, or --domain with enuf install',
        )
    for key, host in named:
        if why := _refused(host, is_public=not tls.directory):
            yield key, f'{key} has {host}, and tls.mode = "acme" {why}'


def _refused(host: str, *, is_public: bool) -> str:
    """Return why no certificate can be ordered for the name; empty if one can."""
    if host.startswith((".", "*.")):
        return 'cannot order for all names below one: HTTP-01 proves single names; name each one, or use certbot and tls.mode = "files"'
    if is_expression(host) or host.endswith(".*"):
        return ""  # no certificate holds it, in any mode
    if _is_ip(host):
        return 'orders for names only: use tls.mode = "local" for an IP address'
    if is_public and ("." not in host or host.endswith(tuple(f".{domain}" for domain in LOCAL_DOMAINS))):
        return 'orders from a public authority, which issues for public names only: use tls.mode = "local" with enuf up, or your own authority in tls.directory'
    return ""


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(plain_address(host) or host)
    except ValueError:
        return False
    return True


def _port(settings: Settings) -> Iterator[tuple[str, str]]:
    tls, asked = settings.tls, "the authority asks for its challenge at port 80 of the name"
    if tls.http == "off":
        yield (
            "tls.http",
            f'tls.http = "off" and tls.mode = "acme": {asked}; name the address that port 80 leads to',
        )
    elif tls.http == "auto" and not any(
        isinstance(address, TcpAddress) and address.port == HTTPS_PORT for address in settings.serve.addresses
    ):
        yield (
            "tls.mode",
            f'tls.mode = "acme": {asked}; listen at ports 443 and 80 (--listen 0.0.0.0:443), or name the address in tls.http that port 80 is forwarded to',
        )


def _authority(settings: Settings) -> Iterator[tuple[str, str]]:
    tls = settings.tls
    if tls.directory and not _is_https(tls.directory):
        yield "tls.directory", f"tls.directory = {tls.directory!r} is no https:// URL of an ACME directory"
    if tls.directory and tls.staging:
        yield (
            "tls.staging",
            "tls.staging chooses Let's Encrypt's own, and tls.directory another authority: remove one",
        )
    if bool(tls.eab_kid) != bool(tls.eab_key):
        given, missing = ("tls.eab_kid", "tls.eab_key") if tls.eab_kid else ("tls.eab_key", "tls.eab_kid")
        yield given, f"{missing} is missing: external account binding needs both"
    if tls.eab_key and not _is_base64url(tls.eab_key):
        yield "tls.eab_key", "tls.eab_key is no key in base64url: copy it from the authority as it is"
    if tls.email and ("@" not in tls.email.strip("@") or not tls.email.isprintable() or " " in tls.email):
        yield "tls.email", f"tls.email = {tls.email!r} is no e-mail address"


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and parts.port != 0 and url.isprintable()
    except ValueError:
        return False


def _is_base64url(text: str) -> bool:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return False
    return len(raw) >= LEAST_KEY_BYTES
