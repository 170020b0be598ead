"""The settings of [static]."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from enuf.settings import typed


class Static(Struct, frozen=True, kw_only=True):
    """Files that the web server sends itself, without asking the app."""

    mode: Annotated[
        Literal["auto", "always", "off"],
        Meta(
            description="`auto` lets nginx send the files of the static folders of the app and its blueprints, with the "
            "app's own headers, where nothing of the app's own code stands before them (a login, say); "
            "`always` lets nginx send them whatever stands there: everybody can read them; `off` leaves them to the app.",
            examples=["auto", "always", "off"],
        ),
    ] = "auto"
    extra: Annotated[
        dict[typed.UrlFolder, typed.Folder],
        Meta(
            description="More folders for nginx to serve: URL with both slashes = folder, relative to the project.",
            examples=[{"/media/": "./media"}],
        ),
    ] = {}
    spa: Annotated[
        dict[typed.UrlOfSite, typed.Folder],
        Meta(
            description="Folders with a single-page app (React, Vue, ...): its files, and its `index.html` for every other URL "
            "below that is no URL of the app and names no file. `/` = the whole site; a Flask app keeps the URLs of its routes.",
            examples=[{"/": "./frontend/dist"}],
        ),
    ] = {}
    spa_except: Annotated[
        tuple[typed.UrlFolder, ...],
        Meta(
            description="URLs inside of a single-page app that the app answers, beside those of a Flask app's routes.",
            examples=[["/api/"]],
        ),
    ] = ()
    cache: Annotated[
        dict[typed.UrlFolder, typed.Time],
        Meta(
            description="How long browsers may keep static files without asking: URL of a folder, or of one inside = duration; "
            "`0s` makes them ask each time. Without it: one year for a name with a hash, else ask each time.",
            examples=[{"/media/": "7d"}],
        ),
    ] = {}
    cors: Annotated[
        tuple[typed.Origin, ...],
        Meta(
            description="Other sites whose scripts may read the static files that nginx sends (Access-Control-Allow-Origin); "
            "`*` for every site.",
            examples=[["https://app.example.com"], ["*"]],
        ),
    ] = ()
    index: Annotated[
        dict[typed.UrlFolder, Literal["index.html", "list"]],
        Meta(
            description="Static folders that answer for a folder's own URL: with its `index.html`, or with a list of its files "
            "(`list`), which everybody can read then.",
            examples=[{"/docs/": "index.html"}],
        ),
    ] = {}
    precompressed: Annotated[
        bool,
        Meta(
            description="Send `site.css.gz` in place of `site.css` to browsers that take gzip, where the file is there. Needs "
            "a nginx with gzip_static, as the system's: the embedded one has none.",
            examples=[True],
        ),
    ] = False
    protected: Annotated[
        dict[typed.UrlFolder, typed.Folder],
        Meta(
            description="Folders from which nginx sends a file only where an answer of the app says so: by `X-Sendfile`, as "
            "Flask's USE_X_SENDFILE writes it, with the file's path, or by `X-Accel-Redirect` with the URL here. "
            "Any other path is refused with 500. URL with both slashes = folder, relative to the project.",
            examples=[{"/private/": "./private"}],
        ),
    ] = {}
