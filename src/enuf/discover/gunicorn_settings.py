"""The settings of gunicorn, from its configuration file and its command line. Neither is run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from enuf.discover.source import quiet_parse
from enuf.syntax.gunicorn_options import GUNICORN_FLAGS, GUNICORN_REPEATED, flag_and_value, has_value_behind

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
        before = found[name].values or () if name in found and name in GUNICORN_REPEATED else ()
        if name != "wsgi_app" or name not in found:
            found[name] = GunicornSetting(values=(*before, value), place=place)
    return found


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    while words:
        word = words.pop(0)
        if not word.startswith("-") or word == "-":
            yield "wsgi_app", word
            continue
        flag, value = flag_and_value(word)
        name = GUNICORN_FLAGS.get(flag, flag.lstrip("-").replace("-", "_"))
        if value is None and has_value_behind(name, words):
            value = words.pop(0) if words else ""
        yield name, value or "True"
