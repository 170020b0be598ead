"""Single-page apps (static.spa): files first, URLs of the app next, and `index.html` for all other pages."""

from __future__ import annotations

import re
from collections.abc import Sequence

from enuf.fronts.base import FrontRequest
from enuf.fronts.nginx_app import app_lines
from enuf.model.app import SPA, StaticFolder
from enuf.syntax.nginx import Node, block, directive

_PAGE = "$enuf_spa_page"
_FILE = (
    r"~*\.(?:js|mjs|cjs|css|map|json|wasm|html?|txt|xml|webmanifest|png|jpe?g|gif|svg|webp|avif|ico|woff2?|ttf|otf|eot"
    r"|pdf|mp3|mp4|webm|gz|br|zip)$"
)
"""Names of files: `/assets/old.js` that is missing is no page, and HTML in place of a script breaks the page that asks
for it. A dot alone does not make a file: `/users/john.doe` is a page."""


def is_spa(folder: StaticFolder) -> bool:
    """Return True for the folder of a single-page app."""
    return folder.owner == SPA


def spa_map(request: FrontRequest) -> list[Node]:
    """Return the `map` of the page that answers where there is no file."""
    folders = [folder for folder in request.static_folders if is_spa(folder)]  # the longest URL first
    if not folders:
        return []
    return [
        block(
            "map",
            "$uri",
            _PAGE,
            children=[
                directive("default", ""),
                directive(_FILE, "", comment="A file that is missing is no page."),
                *(directive(f"~^{re.escape(folder.url)}", f"{folder.url}index.html") for folder in folders),
            ],
            comment="static.spa: the page that shows all URLs of a single-page app.",
        )
    ]


def pages_first() -> Node:
    """Return the line of a single-page app's location: where its pages come from."""
    why = "A file, the page of a folder, the one page for all the rest."
    return directive("try_files", "$uri", "$uri/index.html", _PAGE, "=404", comment=why)


def spa_neighbours(request: FrontRequest) -> list[Node]:
    """Return the locations beside those of single-page apps: URLs of the app first, then hidden files.

    They stand outside, or the app's answers would inherit the headers of files.
    """
    folders = [folder for folder in request.static_folders if is_spa(folder)]
    if not folders:
        return []
    serve = request.settings.serve
    health = (f"{serve.prefix}{serve.health_path}",) if serve.health_path else ()
    urls = sorted({url for url in (*request.app_urls, *health) if _is_inside(f"{url}/", folders)})
    app = block(
        "location",
        "~",
        f"^(?:{'|'.join(map(_with_slashes, urls))})(?:/|$)",
        children=app_lines(request),
        comment="URLs of the app inside of a single-page app: the routes of a Flask app, and static.spa_except.",
    )
    below = "|".join(re.escape(folder.url) for folder in folders)
    return [*([app] if urls else []), hidden(rf"^(?:{below})(.*/)?\.(?!well-known/)")]


def _with_slashes(url: str) -> str:
    """Return the expression of a URL; repeated slashes mean one, as in the paths of [access] and [limits]."""
    return re.sub("/+", "/+", re.escape(url))


def _is_inside(url: str, folders: Sequence[StaticFolder]) -> bool:
    """Return True for a URL inside of a single-page app that is not itself the URL of one."""
    return any(url.startswith(each.url) for each in folders) and all(url != each.url for each in folders)


def hidden(pattern: str) -> Node:
    """Return the location of hidden files, by a regular expression."""
    return block(
        "location",
        "~",
        pattern,
        children=[directive("default_type", "text/plain"), directive("return", 404, "Not Found")],
        comment="What begins with a dot (.git, .env) is nobody's business: the app is not asked either.",
    )
