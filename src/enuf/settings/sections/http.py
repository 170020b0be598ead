"""The settings of [http]."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct


class Http(Struct, frozen=True, kw_only=True):
    """What is added to the answers."""

    gzip: Annotated[
        bool,
        Meta(
            description="Compress texts (HTML, CSS, JSON, ...) for browsers that ask for it. An answer of the app with a strong "
            "ETag is sent as it is: compressed, its ETag would be weak, and of no use for If-Match or ranges.",
            examples=[True],
        ),
    ] = True
    security_headers: Annotated[
        Literal["basic", "off"],
        Meta(
            description="`basic` adds the headers that are safe for every site, where the app does not set them itself.",
            examples=["basic", "off"],
        ),
    ] = "basic"
    request_id: Annotated[
        bool,
        Meta(
            description="Give every request a number of 32 hex digits: in X-Request-ID, in the logs and in the app.",
            examples=[True],
        ),
    ] = True
