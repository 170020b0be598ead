"""Which static folders the front serves, and what is said about those that it leaves to the app."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from enuf.model.app import SPA, AppReport, StaticFolder
from enuf.model.tool import Toolchain
from enuf.settings.schema import Settings

_HOSTS = "the app refuses them to a visitor who names a host that is not its own, and serve.hosts is not set"
ALWAYS = 'static.mode = "always" lets nginx send them all the same'


class Divided(msgspec.Struct, frozen=True, kw_only=True):
    """Static folders, by who serves them."""

    served: tuple[StaticFolder, ...]
    """By the front, longest URL first."""
    kept: tuple[StaticFolder, ...] = ()
    """By the app, although the front could be told to serve them."""
    through_app: tuple[str, ...] = ()
    """A sentence about each of these."""
    notes: tuple[str, ...] = ()
    """A sentence about each that the front cannot serve."""


def divided(
    found: Sequence[StaticFolder],
    extra: Sequence[StaticFolder],
    prefix: str,
    *,
    always: bool,
    any_host: bool = True,
) -> Divided:
    """Return who serves which folder. `found` are the app's, `extra` those that a setting names.

    `any_host` is False where the front turns visitors away who name a host that is none of the site's.
    """
    impossible = [folder for folder in found if folder.url == "/" or not _expressible(folder)]
    found = [folder for folder in found if folder not in impossible]
    kept = {} if always else _kept(found, any_host=any_host)
    served = [
        msgspec.structs.replace(folder, url=prefix + folder.url, kept_by="", quiet=False)
        for folder in found
        if folder.url not in kept
    ]
    unique = {folder.url: folder for folder in [*served, *extra]}
    left = tuple(
        msgspec.structs.replace(folder, url=prefix + folder.url)
        for folder in found
        if folder.url in kept and prefix + folder.url not in unique
    )
    return Divided(
        served=tuple(sorted(unique.values(), key=lambda folder: (-len(folder.url), folder.url))),
        kept=left,
        through_app=tuple(
            f"static files below {folder.url} go through the app: {kept[folder.url.removeprefix(prefix)]}; {ALWAYS}"
            for folder in left
            if not folder.quiet
        ),
        notes=tuple(
            f"static files below {folder.url} stay with the app: nginx cannot tell them from its pages"
            for folder in impossible
        ),
    )


def _kept(found: Sequence[StaticFolder], *, any_host: bool) -> dict[str, str]:
    """Return the URLs that the app must serve, each with the reason: also those around another one's."""
    kept = {folder.url: folder.kept_by for folder in found if folder.kept_by}
    if any_host:
        kept |= {folder.url: _HOSTS for folder in found if folder.own_hosts and not folder.kept_by}
    around = {
        folder.url: f"so do those below {url}, which is inside"
        for folder in found
        for url in kept
        if url.startswith(folder.url) and folder.url not in kept
    }
    return {**around, **kept}


def _expressible(folder: StaticFolder) -> bool:
    """Return False for a path in which nginx would see a variable, or that no line of a file can hold."""
    return not set("$\n\r") & set(folder.directory + folder.url)


def without_effect(
    settings: Settings,
    served: Sequence[StaticFolder],
    report: AppReport,
    toolchain: Toolchain,
) -> tuple[str, ...]:
    """Return a sentence about each setting of [static] that finds no folder of the front, or no way to its effect."""
    static, prefix = settings.static, settings.serve.prefix
    folders = {folder.url.removeprefix(prefix) for folder in served}
    notes = [
        f"static.cache: nginx sends no static files at {url}"
        for url in static.cache
        if not any(url.startswith(folder) for folder in folders)
    ]
    notes += [
        f"static.index: nginx sends no static folder {url}" for url in static.index if url not in folders
    ]
    if static.cors and not folders:
        notes.append("static.cors: nginx sends no static files")
    nginx = toolchain.tools.get("nginx")
    if static.precompressed and nginx and "gzip_static" not in nginx.features:
        notes.append(
            f"static.precompressed: nginx {nginx.version} ({nginx.origin}) was built without gzip_static, and sends no .gz "
            'files; nginx = "system" mostly can'
        )
    is_hidden = any(folder.owner == SPA and folder.url == f"{prefix}/" for folder in served)
    if is_hidden and not report.routes and not static.spa_except:
        notes.append(
            'static.spa: the page at "/" hides the whole app, whose URLs are not known: name them in static.spa_except'
        )
    return tuple(notes)
