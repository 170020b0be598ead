"""The settings of [alert]."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from enuf.settings import typed


class Alert(Struct, frozen=True, kw_only=True):
    """Who is told when the service of an installed site has failed, and when the site serves again."""

    command: Annotated[
        typed.OptionalCommand,
        Meta(
            description="Command that an installed site runs when it has failed for 20 seconds, and when it serves again: as the "
            "site's user, without a shell, for at most 30 seconds. It gets ENUF_SITE, ENUF_EVENT (`failed` or `serving`), "
            "ENUF_REASON, ENUF_URL and ENUF_HOST.",
            examples=["/usr/local/bin/page-me --urgent", "./scripts/alert.sh"],
        ),
    ] = ""
    webhook: Annotated[
        typed.WebAddress,
        Meta(
            description="Address to which an installed site posts a JSON document when it has failed for 20 seconds, and when it "
            "serves again: `text` for people, `site`, `event`, `reason`, `url`, `unit`, `host` and `at`. It is a secret.",
            examples=["https://hooks.example.com/services/T0/B0"],
        ),
    ] = ""
