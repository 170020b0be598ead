"""`enuf config`."""

from __future__ import annotations

from typing import Any

from enuf.cli.options import environment, invocation, settings_flags
from enuf.cli.terminal.output import print_json, say
from enuf.cli.verb import current, verb


@verb("config", example="enuf config --json")
@settings_flags
def command(**words: Any) -> int:
    """Show every setting in force and where its value came from: default, file and line, environment, flag.

    Secrets are masked.
    """
    from enuf.settings.fields import dotted_keys, value_of
    from enuf.settings.masking import masked_value
    from enuf.settings.shapes import plain, spelled
    from enuf.start.privileges import read_settings_of_keeper

    loaded = read_settings_of_keeper(invocation(None, **words), environment())
    values = {key: masked_value(key, value_of(loaded.settings, key)) for key in dotted_keys()}
    if current().json:
        rows = {
            key: {"value": plain(value), "origin": str(loaded.origins[key])} for key, value in values.items()
        }
        print_json({"settings": rows})
        return 0
    width = max(map(len, values))
    say(
        "\n".join(
            f"{key:<{width}}  {spelled(value):<24} {loaded.origins[key]}" for key, value in values.items()
        )
    )
    return 0
