"""The locations of static folders."""

from __future__ import annotations

import re
from collections.abc import Sequence

from enuf.fronts.nginx_answer import answer_headers
from enuf.model.app import StaticFolder
from enuf.settings.schema import Settings
from enuf.syntax.nginx import Heading, Node, block, directive

CACHE = "$enuf_cache"
MISS = "@enuf_static_miss"
HASHED = r"~[._-](?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,64}\.[a-z0-9.]+$"
"""8 to 64 hex digits before the suffix, letters and digits among them: photo-20240131.jpg contains a date."""


def static_cache_map(folders: Sequence[StaticFolder]) -> list[Node]:
    """Return the `map` of cache headers.

    A file whose name carries a hash of its content may be cached forever; any other file is revalidated each
    time.
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


def static_locations(folders: Sequence[StaticFolder], settings: Settings) -> list[Node]:
    """Return one location per folder; both slashes, or `/static../secret` would leave the folder (F168)."""
    if not folders:
        return []
    return [
        *(_location(folder, settings) for folder in folders),
        _many_slashes(folders, settings.serve.prefix),
    ]


def hidden_locations(folders: Sequence[StaticFolder], prefix: str) -> list[Node]:
    """Return what keeps hidden files of the folders that the app serves from everybody: the app would send them."""
    if not folders:
        return []
    below = "|".join(re.escape(folder.url.removeprefix(f"{prefix}/")) for folder in folders)
    return [_hidden(rf"^{re.escape(prefix)}/+({below})(.*/)?\.")]


def hidden_below(address: str) -> Node:
    """Return the location of hidden files below an address, which is a regular expression."""
    return _hidden(rf"^{address}(.*/)?\.")


def _hidden(pattern: str) -> Node:
    return block(
        "location",
        "~",
        pattern,
        children=[directive("default_type", "text/plain"), directive("return", 404, "Not Found")],
        comment="What begins with a dot (.git, .env) is nobody's business: the app is not asked either.",
    )


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


def _location(folder: StaticFolder, settings: Settings) -> Node:
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
            *_headers(folder, settings),
            *_misses(folder),
        ],
        comment=f"Static files of {folder.owner}, served without the app.",
    )


def _headers(folder: StaticFolder, settings: Settings) -> list[Node]:
    """Return the headers of a file: the app's own first, then ours that it does not send."""
    why = "A block with an add_header of its own inherits none: so here are all of them again."
    own = [
        directive("add_header", name, value, comment="" if number else "As the app sends with its files:")
        for number, (name, value) in enumerate(folder.headers)
    ]
    names = {name.lower() for name, _ in folder.headers}
    cache = directive("add_header", "Cache-Control", folder.cache or CACHE, comment=why)
    return [cache, *own, *answer_headers(settings, besides=names)]


def _misses(folder: StaticFolder) -> list[Node]:
    return [
        directive("log_not_found", "off", comment="A file that is not there is no error of ours."),
        directive("error_page", 404, 405, "=", MISS),
        directive(
            "recursive_error_pages", "on", comment="And who does not answer then has the page for 502."
        ),
        block(
            "if",
            "(-d",
            "$request_filename",
            ")",
            children=[directive("return", 404)],
            comment="A folder is no file: it is neither listed nor has it an index.",
        ),
        hidden_below(re.escape(folder.url)),
    ]
