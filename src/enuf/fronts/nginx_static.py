"""The locations of static folders."""

from __future__ import annotations

import re
from collections.abc import Sequence

from enuf.model.app import StaticFolder
from enuf.syntax.nginx import Heading, Node, block, directive

CACHE = "$enuf_static_cache"
HASHED = r"~[._-](?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,64}\.[a-z0-9.]+$"
"""8 to 64 hex digits before the suffix, letters and digits among them: photo-20240131.jpg contains a date."""


def static_cache_map(folders: Sequence[StaticFolder]) -> list[Node]:
    """Return the `map` of cache headers.

    A file whose name carries a hash of its content may be cached forever; any other file is revalidated each time.
    """
    if not folders:
        return []
    return [
        Heading("Static files"),
        block(
            "map",
            "$uri",
            CACHE,
            children=[
                directive(
                    "default",
                    "no-cache",
                    comment="Ask each time whether it has changed; the answer is mostly 304.",
                ),
                directive(
                    HASHED,
                    "public, max-age=31536000, immutable",
                    comment="A hash of the content in the name, app.3f9a1c2b.js: this name never means anything else.",
                ),
            ],
            comment="How long a browser may keep a static file.",
        ),
    ]


def static_locations(
    folders: Sequence[StaticFolder], prefix: str, answer_headers: Sequence[Node]
) -> list[Node]:
    """Return one location per folder, with both slashes.

    Without them, `/static../secret` would leave the folder (F168).
    """
    if not folders:
        return []
    return [*(_location(folder, answer_headers) for folder in folders), _many_slashes(folders, prefix)]


def _many_slashes(folders: Sequence[StaticFolder], prefix: str) -> Node:
    """Return the location for repeated slashes.

    Flask takes `//static/.env` for `/static/.env`, and would send the file.
    """
    below = "|".join(re.escape(folder.url.removeprefix(f"{prefix}/")) for folder in folders)
    return block(
        "location",
        "~",
        f"^{re.escape(prefix)}//+({below})",
        children=[directive("rewrite", f"^{re.escape(prefix)}/+(.*)$", f"{prefix}/$1", "last")],
        comment="To Flask, //static/ means /static/: so it shall here, with the rules above.",
    )


def _location(folder: StaticFolder, answer_headers: Sequence[Node]) -> Node:
    return block(
        "location",
        "^~",
        folder.url,
        children=[
            directive("alias", f"{folder.directory}/"),
            directive("charset", "utf-8", comment="Texts are UTF-8, as Flask says of its static files too."),
            directive(
                "disable_symlinks",
                "if_not_owner",
                f"from={folder.directory}",
                comment="A link may not lead to another user's files.",
            ),
            directive(
                "add_header",
                "Cache-Control",
                CACHE,
                comment="A block with an add_header of its own inherits none: so here are all of them again.",
            ),
            *answer_headers,
            block(
                "location",
                "~",
                rf"^{re.escape(folder.url)}(.*/)?\.",
                children=[directive("return", 404)],
                comment="What begins with a dot (.git, .env) is nobody's business.",
            ),
        ],
        comment=f"Static files of {folder.owner}, served without the app.",
    )
