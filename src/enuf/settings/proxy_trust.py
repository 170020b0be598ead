"""Checks for the settings about proxies in front."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.settings.schema import Settings


def proxy_contradictions(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the contradictions about proxies in front, each with its setting."""
    serve = settings.serve
    if serve.proxy_protocol and not serve.trusted_proxies:
        yield (
            "serve.proxy_protocol",
            "serve.proxy_protocol needs serve.trusted_proxies: name the addresses of the proxies that send the PROXY header, "
            'serve.trusted_proxies = ["10.0.0.0/8"] for example; from anyone else it could be forged',
        )
