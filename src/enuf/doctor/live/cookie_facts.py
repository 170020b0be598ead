"""What a collector found out about the cookie of an answer: its attributes, not its value. Pure."""

from __future__ import annotations

import msgspec


class CookieFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The attributes of a cookie that an answer sets."""

    name: str
    is_secure: bool = False
    same_site: str = ""
    """`lax`, `strict` or `none`; empty if the answer does not say it."""
    domain: str = ""
    path: str = ""
