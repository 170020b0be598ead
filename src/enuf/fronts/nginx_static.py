"""Static folders as nginx locations."""

from __future__ import annotations

from collections.abc import Sequence

from enuf.model.app import StaticFolder
from enuf.syntax.nginx import Node, Remark, block, directive

CACHE = "$enuf_static_cache"


def static_cache_map(folders: Sequence[StaticFolder]) -> list[Node]:
    """A name that carries a hash of its content may be kept for ever; any other is asked for again each time."""
    if not folders:
        return []
    return [
        Remark("Static files: a hash in the name (app.3f9a1c2b.js) means that the content never changes"),
        block(
            "map",
            "$uri",
            CACHE,
            children=[
                directive("default", "no-cache"),
                directive(r"~[.-][0-9a-f]{8,64}\.[a-z0-9.]+$", "public, max-age=31536000, immutable"),
            ],
        ),
    ]


def static_locations(folders: Sequence[StaticFolder], answer_headers: Sequence[Node]) -> list[Node]:
    """One location per folder; both slashes, or `/static../secret` would leave the folder (F168)."""
    return [_location(folder, answer_headers) for folder in folders]


def _location(folder: StaticFolder, answer_headers: Sequence[Node]) -> Node:
    return block(
        "location",
        "^~",
        folder.url,
        children=[
            directive("alias", f"{folder.directory}/"),
            directive(
                "disable_symlinks",
                "if_not_owner",
                f"from={folder.directory}",
                comment="A link may not lead to another user's files.",
            ),
            directive("add_header", "Cache-Control", CACHE),
            *answer_headers,
            block(
                "location",
                "~",
                r"/\.",
                children=[directive("return", 404)],
                comment="Files whose name begins with a dot are nobody's business.",
            ),
        ],
        comment=f"Static files of {folder.owner}, served without the app",
    )
