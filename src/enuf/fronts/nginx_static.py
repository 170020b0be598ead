"""The locations of static folders."""

from __future__ import annotations

import re
from collections.abc import Sequence

from enuf.fronts.base import FrontRequest
from enuf.fronts.nginx_answer import answer_headers
from enuf.fronts.nginx_spa import hidden, is_spa, pages_first, spa_map
from enuf.fronts.nginx_static_options import (
    cache_rules,
    cors_headers,
    cors_map,
    index_lines,
    index_of,
    own_headers,
    packed,
)
from enuf.model.app import StaticFolder
from enuf.settings.schema import Settings
from enuf.syntax.nginx import Heading, Node, block, directive

CACHE = "$enuf_cache"
MISS = "@enuf_static_miss"
HASHED = r"~[._-](?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,64}\.[a-z0-9.]+$"
"""8 to 64 hex digits before the suffix, letters and digits among them: photo-20240131.jpg contains a date."""


def static_maps(request: FrontRequest) -> list[Node]:
    """Return the `map` of cache headers, and those of what the settings add.

    A file whose name carries a hash of its content may be cached forever; any other file is revalidated each
    time.
    """
    if not request.static_folders:
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
                *(directive(url, value, comment=why) for url, value, why in cache_rules(request)),
                directive(
                    HASHED,
                    "public, max-age=31536000, immutable",
                    comment="A hash of the content in the name, app.3f9a1c2b.js: this name never means anything else.",
                ),
            ],
            comment="How long a browser may keep a static file.",
        ),
        *cors_map(request),
        *spa_map(request),
    ]


def static_locations(request: FrontRequest) -> list[Node]:
    """Return one location per folder; both slashes, or `/static../secret` would leave the folder (F168)."""
    root = request.settings.serve.prefix + "/"
    folders = [folder for folder in request.static_folders if folder.url != root]
    return [
        *(_location(folder, request) for folder in folders),
        *([_many_slashes(folders, request.settings.serve.prefix)] if folders else []),
    ]


def root_location(request: FrontRequest) -> list[Node]:
    """Return the location of a single-page app that is the whole site; none where the app is."""
    root = request.settings.serve.prefix + "/"
    return [_location(folder, request) for folder in request.static_folders if folder.url == root]


def hidden_locations(folders: Sequence[StaticFolder], prefix: str) -> list[Node]:
    """Return what keeps hidden files of the folders that the app serves from everybody: the app would send them."""
    if not folders:
        return []
    below = "|".join(re.escape(folder.url.removeprefix(f"{prefix}/")) for folder in folders)
    return [hidden(rf"^{re.escape(prefix)}/+({below})(.*/)?\.")]


def hidden_below(address: str) -> Node:
    """Return the location of hidden files below an address, which is a regular expression."""
    return hidden(rf"^{address}(.*/)?\.")


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


def _location(folder: StaticFolder, request: FrontRequest) -> Node:
    return block(
        "location",
        *(() if is_spa(folder) else ("^~",)),
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
            *packed(request),
            *_headers(folder, request.settings),
            *_misses(folder, request),
        ],
        comment=f"Static files of {folder.owner}, served without the app.",
    )


def _headers(folder: StaticFolder, settings: Settings) -> list[Node]:
    """Return the headers of a file: the app's own first, then ours that it does not send."""
    why = "A block with an add_header of its own inherits none: so here are all of them again."
    own = [
        directive("add_header", name, value, comment="" if number else "As the app sends with its files:")
        for number, (name, value) in enumerate(own_headers(folder, settings))
    ]
    names = {name.lower() for name, _ in folder.headers}
    value = CACHE if settings.static.cache else folder.cache or CACHE
    cache = directive("add_header", "Cache-Control", value, comment=why)
    return [cache, *own, *cors_headers(settings), *answer_headers(settings, besides=names)]


def _misses(folder: StaticFolder, request: FrontRequest) -> list[Node]:
    index = index_of(folder, request.settings)
    codes = (403, 404, 405) if index else (404, 405)
    return [
        directive("log_not_found", "off", comment="A file that is not there is no error of ours."),
        directive("error_page", *codes, "=", MISS),
        directive(
            "recursive_error_pages", "on", comment="And who does not answer then has the page for 502."
        ),
        *([pages_first()] if is_spa(folder) else _files_of(folder, index)),
    ]


def _files_of(folder: StaticFolder, index: str) -> list[Node]:
    return [*(index_lines(index) if index else _no_index()), hidden_below(re.escape(folder.url))]


def _no_index() -> list[Node]:
    return [
        block(
            "if",
            "(-d",
            "$request_filename",
            ")",
            children=[directive("return", 404)],
            comment="A folder is no file: it is neither listed nor has it an index.",
        )
    ]
