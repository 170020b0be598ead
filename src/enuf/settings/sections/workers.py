"""The settings of [workers]."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from enuf.settings import typed


class Workers(Struct, frozen=True, kw_only=True):
    """How long a worker process lives, and how many there are."""

    lazy: Annotated[
        Literal["auto"] | bool,
        Meta(
            description="`true` loads the app in every worker, `false` once before the workers are forked: that takes less "
            "memory, but what the import opens (a database connection, say) is shared, and its threads do not run in the "
            "workers. `auto` looks after a trial import: `true` where it leaves such things behind, else `false`.",
            examples=["auto", True],
        ),
    ] = "auto"
    max_requests: Annotated[
        int,
        Meta(
            ge=0,
            description="Replace a worker after so many requests, against slow memory leaks. 0: never.",
            examples=[0, 10000],
        ),
    ] = 0
    max_memory: Annotated[
        typed.Bytes | None,
        Meta(
            ge=1 << 20,
            description="Replace a worker that uses more memory than this once it has finished its request.",
            examples=["off", "300m"],
        ),
    ] = None
    max_age: Annotated[
        typed.Time | None,
        Meta(
            ge=2,
            multiple_of=1,
            description="Replace a worker that is older than this, in whole seconds from 2 on.",
            examples=["off", "1h"],
        ),
    ] = None
    scale: Annotated[
        Literal["fixed"] | typed.Scale,
        Meta(
            description="`fixed` keeps the number of processes; a range lets it follow the load between two numbers.",
            examples=["fixed", "2..8"],
        ),
    ] = "fixed"
