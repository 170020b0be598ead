"""The URL of a diagnosis, taken apart."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from enuf.doctor.live.evidence import Requested

LONGEST_URL = 32_000
_KEPT = "/?&=%:@!$'()*+,;~[]-._"


def parse_requested(text: str) -> Requested:
    """Return the parts of a URL; `http://` may be left out. Raise ValueError with a sentence for the user."""
    written = text.strip() if "://" in text else f"http://{text.strip()}"
    if len(written) > LONGEST_URL:
        raise ValueError(f"the URL has more than {LONGEST_URL} characters")
    try:
        parts = urlsplit(written)
        port = parts.port
    except ValueError:
        raise ValueError(f"{text!r} is not a URL: write http://HOST:PORT/PATH") from None
    scheme = parts.scheme.lower()
    if scheme not in ("http", "https"):
        raise ValueError(f"{text!r}: the URL must begin with http:// or https://")
    if not parts.hostname or not parts.hostname.isprintable() or " " in parts.hostname:
        raise ValueError(f"{text!r} names no host: write http://HOST:PORT/PATH")
    target = quote(parts.path or "/", _KEPT) + (f"?{quote(parts.query, _KEPT)}" if parts.query else "")
    host = parts.hostname.encode("idna").decode() if not parts.hostname.isascii() else parts.hostname
    shown = f"[{host}]" if ":" in host else host
    usual = 443 if scheme == "https" else 80
    number = port if port is not None else usual
    place = shown if number == usual else f"{shown}:{number}"
    return Requested(
        url=f"{scheme}://{place}{target}",
        scheme="https" if scheme == "https" else "http",
        host=host,
        port=number,
        target=target,
    )
