"""The settings of [reload]."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from enuf.settings import typed
from enuf.settings.values import Duration


class Reload(Struct, frozen=True, kw_only=True):
    """What a new version must prove before it gets requests."""

    health: Annotated[
        Literal["auto", "off"] | typed.HealthPath,
        Meta(
            description="Request that a new version must answer before it takes over. "
            "`auto`: GET / must not answer 5xx; a path: it must answer below 400; `off`: no request is made.",
            examples=["auto", "/health", "off"],
        ),
    ] = "auto"
    wait: Annotated[
        typed.Time,
        Meta(
            ge=1,
            le=86_400,
            description="How long a new version may take until it is ready; after that the old one stays.",
            examples=["30s", "2m"],
        ),
    ] = Duration(30)
    before: Annotated[
        tuple[typed.CommandLine, ...],
        Meta(
            description="Commands that must succeed before a new version takes over, and before the first one starts: a "
            "migration of the database, say. They run one after the other in the new version's folder, after its trial "
            "import, with the app's environment and user, without a shell. Not with `enuf up --dev` and `enuf rollback`.",
            examples=[["flask db upgrade"], ["python manage.py migrate --noinput"]],
        ),
    ] = ()
    before_timeout: Annotated[
        typed.Time,
        Meta(
            ge=1,
            le=86_400,
            description="How long each command of reload.before may take; after that it is ended, and the old version stays.",
            examples=["5m", "1h"],
        ),
    ] = Duration(300)
    watch: Annotated[
        bool,
        Meta(
            description="Reload by itself when a source file changes. `enuf up --dev` turns it on.",
            examples=[True],
        ),
    ] = False
