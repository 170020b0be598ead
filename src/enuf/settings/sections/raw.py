"""The settings of [raw]."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from enuf.settings import typed
from enuf.settings.shapes import OptionValue


class Raw(Struct, frozen=True, kw_only=True):
    """Escape hatches: copied into the generated files as the last word, and marked there."""

    nginx_server: Annotated[
        typed.Lines,
        Meta(description="Lines for nginx's server block.", examples=["add_header X-Served-By enuf;"]),
    ] = ""
    nginx_http: Annotated[
        typed.Lines,
        Meta(
            description="Lines for nginx's http block.",
            examples=["map $uri $is_api { ~^/api 1; default 0; }"],
        ),
    ] = ""
    uwsgi: Annotated[
        dict[typed.OptionName, OptionValue],
        Meta(
            description="uWSGI options as option = value; a list repeats the option.",
            examples=[{"thunder-lock": True, "env": ["A=1", "B=2"]}],
        ),
    ] = {}
