"""Values of settings for output, without secrets."""

from __future__ import annotations

from enuf.model.secrets import MASK, masked_prose, says_secret
from enuf.settings.shapes import plain
from enuf.settings.table_value import TableValue
from enuf.syntax.secret_spans import masked_file, masked_option

SECRETS = frozenset(("alert.webhook", "tls.eab_key"))
"""Settings whose whole value is a secret."""


def masked_value(key: str, value: object) -> object:
    """Return the value of the setting `key` without secrets.

    A value that is a secret as a whole becomes a text.
    """
    if key in SECRETS:
        return MASK if value else value
    if key == "raw.uwsgi" and isinstance(value, dict):
        return {name: _masked_option(str(name), each) for name, each in value.items()}
    if key.startswith("raw.nginx") and isinstance(value, str):
        return masked_file("nginx", value)
    return _masked(value)


def _masked_option(name: str, value: object) -> object:
    if isinstance(value, list | tuple):
        return [_masked_option(name, each) for each in value]
    if isinstance(value, str):
        return masked_option(name, value)
    return MASK if says_secret(name) and not isinstance(value, bool) else value


def _masked(value: object) -> object:
    if isinstance(value, str):
        return masked_prose(value)
    if isinstance(value, list | tuple):
        return tuple(_masked(each) for each in value)
    if isinstance(value, dict):
        return {name: _masked(each) for name, each in value.items()}
    if isinstance(value, TableValue):
        return _masked_table(plain(value))
    return value


def _masked_table(value: object) -> object:
    """Return the parts of a table; a variable of its `env` whose name says so is a secret."""
    if not isinstance(value, dict):
        return _masked(value)
    return {name: _masked_env(each) if name == "env" else _masked(each) for name, each in value.items()}


def _masked_env(env: dict[str, str]) -> dict[str, object]:
    return {name: MASK if says_secret(name) else _masked(text) for name, text in env.items()}
