"""The settings of [install]."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


class Install(Struct, frozen=True, kw_only=True):
    """The service that `enuf install` makes."""

    writable: Annotated[
        tuple[str, ...],
        Meta(
            description="Files and folders that the app may write, relative to the project. The service sees the whole "
            "file system read-only, but for its logs and a /tmp of its own.",
            examples=[["data", "/srv/uploads"]],
        ),
    ] = ()

    default_site: Annotated[
        bool,
        Meta(
            description="Whether the site also answers for every host name that no other site of the host's nginx has, and for its IP "
            "address (`default_server`). A port has one such site; `--domain _` says so too.",
            examples=[False, True],
        ),
    ] = False
