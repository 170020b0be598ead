"""The locations of protected folders: nginx sends a file of theirs only where an answer of the app says so."""

from __future__ import annotations

import re

from enuf.fronts.base import FrontRequest
from enuf.fronts.nginx_answer import answer_headers, app_header
from enuf.fronts.nginx_static import hidden_below
from enuf.model.app import ProtectedFolder
from enuf.settings.schema import Settings
from enuf.syntax.nginx import Node, block, directive

_CARRIED = (
    "Content-Encoding", "Content-Language", "Vary", "Link", "X-Robots-Tag", "Content-Security-Policy", "Permissions-Policy",
    "Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy",
    "Cross-Origin-Resource-Policy", "Cross-Origin-Embedder-Policy", "Cross-Origin-Opener-Policy",
    "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers", "Timing-Allow-Origin",
)  # fmt: skip
"""Headers of the app's answer that nginx would forget on the way to the file. It keeps Content-Type,
Content-Disposition, Set-Cookie, Cache-Control and Expires by itself."""


def protected_locations(request: FrontRequest) -> list[Node]:
    """Return one location per protected folder."""
    return [_location(folder, request.settings) for folder in request.protected]


def _location(folder: ProtectedFolder, settings: Settings) -> Node:
    return block(
        "location",
        "^~",
        folder.address,
        children=[
            directive("internal", comment="No visitor can ask for it, only an answer of the app."),
            directive("alias", f"{folder.directory}/"),
            directive(
                "disable_symlinks",
                "on",
                f"from={folder.directory}",
                comment="The wrapper has followed the links: the address has none.",
            ),
            directive("gzip", "off", comment="Compressed, a download could not be resumed."),
            *_headers(settings),
            hidden_below(re.escape(folder.address)),
        ],
        comment=f"static.protected: files of {folder.url} that the app leaves to nginx (X-Sendfile, X-Accel-Redirect).",
    )


def _headers(settings: Settings) -> list[Node]:
    """Return the headers of the app's answer, then ours that it does not send."""
    why = "The app's own headers, which nginx would forget; an empty one is not sent."
    return [
        *(
            directive(
                "add_header",
                name,
                app_header(name),
                comment="" if number else why,
            )
            for number, name in enumerate(_CARRIED)
        ),
        *answer_headers(settings),
    ]
