"""Settings that wait for another setting, which is not set: each is named before a visitor misses the effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec

from enuf.settings.fields import value_of
from enuf.settings.origin import DEFAULT, Origin
from enuf.settings.schema import Settings


class _Need(msgspec.Struct, frozen=True):
    """Settings, the condition under which they have an effect, and what is said without it."""

    keys: tuple[str, ...]
    is_met: Callable[[Settings], bool]
    reason: str


_NEEDS = (
    _Need(
        ("tls.hsts", "tls.http", "tls.names"),
        lambda settings: settings.tls.on,
        "the site has no HTTPS: set tls.mode",
    ),
    _Need(
        ("tls.email", "tls.directory", "tls.staging", "tls.eab_kid", "tls.eab_key", "tls.directory_ca"),
        lambda settings: settings.tls.mode == "acme",
        'only tls.mode = "acme" orders a certificate',
    ),
    _Need(
        ("tls.certificate", "tls.key"),
        lambda settings: settings.tls.mode == "files",
        'only tls.mode = "files" serves them',
    ),
    _Need(
        ("cache.stale", "cache.size"),
        lambda settings: bool(settings.cache.times),
        "cache.paths lists no path whose pages are kept",
    ),
    _Need(
        ("access.passwords",),
        lambda settings: bool(settings.access.files),
        "no path has a file with passwords",
    ),
    _Need(
        ("static.spa_except",),
        lambda settings: bool(settings.static.spa),
        "static.spa names no folder",
    ),
    _Need(
        ("http.maintenance_allow",),
        lambda settings: bool(settings.http.maintenance),
        "http.maintenance names no page",
    ),
)


def unmet(settings: Settings, origins: Mapping[str, Origin]) -> tuple[str, ...]:
    """Return a sentence about each group of settings without an effect, for want of another setting."""
    return tuple(_sentences(settings, origins))


def _sentences(settings: Settings, origins: Mapping[str, Origin]) -> Iterator[str]:
    unset = Settings()
    # `--tls local` beside the certificate of enuf.toml is a choice for this run, and needs no warning.
    is_mode_chosen = origins.get("tls.mode", DEFAULT).kind in ("flag", "env")
    for need in _NEEDS:
        if need.is_met(settings) or (is_mode_chosen and need.keys[0].startswith("tls.")):
            continue
        keys = [key for key in need.keys if value_of(settings, key) != value_of(unset, key)]
        if keys:
            yield f"{' and '.join(keys)} {'have' if len(keys) > 1 else 'has'} no effect: {need.reason}"
