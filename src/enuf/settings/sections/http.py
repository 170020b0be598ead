"""The settings of [http]."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from enuf.settings import typed


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
    error_pages: Annotated[
        dict[Literal["400", "401", "403", "404", "413", "414", "429", "502", "503", "504"], typed.Page],
        Meta(
            description="Pages in place of those that nginx makes itself: 404 where there is no file, 413 for an upload that is too "
            "large, 502, 503 and 504 where the app gives no answer in time. The app's own error pages are never replaced. "
            "Status = HTML file, relative to the project.",
            examples=[{"404": "./errors/404.html", "502": "./errors/502.html"}],
        ),
    ] = {}
    maintenance: Annotated[
        typed.PageOrNone,
        Meta(
            description="The page of `enuf maintenance on`: an HTML file, relative to the project. Visitors then get it with 503 and "
            "Retry-After. On an installed site they also get it while the service is stopped.",
            examples=["./errors/maintenance.html"],
        ),
    ] = ""
    maintenance_allow: Annotated[
        tuple[typed.Network, ...],
        Meta(
            description="Visitors who see the site all the same: IP addresses and networks.",
            examples=[["192.0.2.7", "10.0.0.0/8"]],
        ),
    ] = ()
