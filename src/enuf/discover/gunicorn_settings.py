"""The settings of gunicorn, from its configuration file and its command line. Neither is run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from enuf.discover.source import quiet_parse

_LONG = {
    "access-logfile": "accesslog",
    "env": "raw_env",
    "error-logfile": "errorlog",
    "log-file": "errorlog",
    "name": "proc_name",
    "pid": "pidfile",
    "preload": "preload_app",
}
"""Long options that are named otherwise than their setting."""
_SHORT = {
    "b": "bind", "c": "config", "D": "daemon", "e": "raw_env", "g": "group", "k": "worker_class", "m": "umask",
    "n": "proc_name", "p": "pidfile", "R": "enable_stdio_inheritance", "t": "timeout", "u": "user", "w": "workers",
}  # fmt: skip
_SWITCHES = frozenset(
    ("capture_output", "check_config", "daemon", "disable_redirect_access_to_syslog", "do_handshake_on_connect",
    "enable_stdio_inheritance", "help", "initgroups", "log_syslog", "no_sendfile", "preload_app", "print_config",
    "proxy_protocol", "reload", "reuse_port", "spew", "suppress_ragged_eofs", "version")
)  # fmt: skip
"""Settings whose option has no value on the command line."""
_REPEATED = frozenset(("bind", "raw_env", "reload_extra_files", "paste_globals"))
_SHORT_SWITCHES = frozenset(("D", "R", "h", "v"))
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_WORDS_LIMIT = 1000


class GunicornSetting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting, as the text that the command line would have, or several texts; None for a value that is computed."""

    values: tuple[str, ...] | None
    place: str
    """`gunicorn.conf.py:3`."""

    @property
    def text(self) -> str:
        """The last value; empty for a value that is computed."""
        return self.values[-1] if self.values else ""


GunicornSettings = Mapping[str, GunicornSetting]
"""The settings by their names in a configuration file; the app is `wsgi_app`."""


def read_gunicorn_file(text: str, file: str) -> dict[str, GunicornSetting]:
    """Return what a configuration file sets at its top level; a function there is a hook of that name."""
    tree = quiet_parse(text)
    found: dict[str, GunicornSetting] = {}
    for statement in tree.body if isinstance(tree, ast.Module) else []:
        for name, values in _set_by(statement):
            if _NAME.fullmatch(name):
                found[name] = GunicornSetting(values=values, place=f"{file}:{statement.lineno}")
    return found


def _set_by(statement: ast.stmt) -> Iterator[tuple[str, tuple[str, ...] | None]]:
    """Yield the names that a statement binds, with the values of a literal."""
    if isinstance(statement, ast.FunctionDef):
        yield statement.name, None
        return
    if isinstance(statement, ast.Assign):
        names, value = statement.targets, statement.value
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        names, value = [statement.target], statement.value
    else:
        return
    for name in names:
        if isinstance(name, ast.Name):
            yield name.id, _literal(value)


def _literal(value: ast.expr) -> tuple[str, ...] | None:
    if isinstance(value, ast.List | ast.Tuple):
        parts = [_literal(each) for each in value.elts]
        return None if None in parts else tuple(text for part in parts if part for text in part)
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub):
        number = _literal(value.operand)
        return (f"-{number[0]}",) if number else None
    if not isinstance(value, ast.Constant):
        return None
    return () if value.value is None else (str(value.value),)


def read_gunicorn_words(words: Sequence[str], place: str) -> dict[str, GunicornSetting]:
    """Return what a command line sets, without the word for gunicorn itself. The first plain word is the app."""
    found: dict[str, GunicornSetting] = {}
    for name, value in _options(list(words[:_WORDS_LIMIT])):
        before = found[name].values or () if name in found and name in _REPEATED else ()
        if name != "wsgi_app" or name not in found:
            found[name] = GunicornSetting(values=(*before, value), place=place)
    return found


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    while words:
        word = words.pop(0)
        if word.startswith("--"):
            option, equals, value = word[2:].partition("=")
            name = _LONG.get(option, option.replace("-", "_"))
            is_switch = name in _SWITCHES
        elif word.startswith("-") and len(word) > 1:
            name, value = _SHORT.get(word[1], word[1]), word[2:].removeprefix("=")
            equals, is_switch = value, word[1] in _SHORT_SWITCHES
        else:
            yield "wsgi_app", word
            continue
        if not equals and not is_switch:
            value = words.pop(0) if words else ""
        yield name, value or "True"
