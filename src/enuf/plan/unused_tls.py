"""Settings of [tls] that the chosen mode does not use."""

from __future__ import annotations

from enuf.settings.fields import value_of
from enuf.settings.schema import Settings
from enuf.settings.sections.tls import Tls

_EVERYWHERE = {"mode", "http", "names", "hsts"}
_USED = {
    "off": {"mode"},
    "local": _EVERYWHERE,
    "files": {*_EVERYWHERE, "certificate", "key"},
    "acme": {*_EVERYWHERE, "email", "directory", "directory_ca", "staging", "eab_kid", "eab_key"},
}


def unused_tls(settings: Settings) -> tuple[str, ...]:
    """Return a note that names the settings of [tls] without an effect in this mode."""
    unset, mode = Settings(), settings.tls.mode
    keys = [f"tls.{name}" for name in Tls.__struct_fields__ if name not in _USED[mode]]
    unused = [key for key in keys if value_of(settings, key) != value_of(unset, key)]
    return (f'tls.mode = "{mode}": these settings have no effect: {", ".join(unused)}',) if unused else ()
