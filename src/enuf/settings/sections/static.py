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
    protected: Annotated[
        dict[typed.UrlFolder, typed.Folder],
        Meta(
            description="Folders from which nginx sends a file only where an answer of the app says so: by `X-Sendfile`, as "
            "Flask's USE_X_SENDFILE writes it, with the file's path, or by `X-Accel-Redirect` with the URL here. "
            "Any other path is refused with 500. URL with both slashes = folder, relative to the project.",
            examples=[{"/private/": "./private"}],
        ),
    ] = {}
