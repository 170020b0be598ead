"""The parser of a TARGET: a place, an attribute, and the arguments of a factory."""

from __future__ import annotations

import ast
import re

import msgspec

from enuf.discover.source import quiet_parse
from enuf.errors import AppNotFound

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""Characters that end a line for one reader or another: systemd's ends it at a carriage return."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed TARGET. The place has not been looked up."""

    place: str
    """Path of a file or a folder, or a dotted module name."""
    attribute: str | None = None
    """Name in the module, with dots allowed; None for discovery."""
    call: str | None = None
    """Arguments of a factory as source text, `""` for none; None if no factory is called."""

    @property
    def is_path(self) -> bool:
        """Return True if the place can only be a path; `app` and `pkg.mod` are module names."""
        return "/" in self.place or self.place.endswith((".py", ".wsgi")) or self.place in (".", "..")


def parse_target(text: str) -> Target:
    """Parse `app.py`, `pkg.mod`, `pkg.mod:name` or `pkg:create_app("prod")`.

    Raise AppNotFound if the text cannot name an app.
    """
    # Flask splits at the first colon that no slash follows, so that C:\\app.py stays whole.
    place, *rest = re.split(r":(?![\\/])", text.strip(), maxsplit=1)
    place = place.strip()
    if not place or _CONTROL.search(place):
        raise AppNotFound(
            f"{text!r} names no module", "write app.py, pkg.mod, pkg.mod:name or pkg:create_app()"
        )
    if not rest:
        return Target(place=place)
    attribute, call = _parse_attribute(rest[0].strip(), place)
    return Target(place=place, attribute=attribute, call=call)


def _parse_attribute(text: str, place: str) -> tuple[str, str | None]:
    """Return the dotted name and the arguments after the colon."""
    refusal = AppNotFound(
        f"{text!r} is neither a name nor a call of one",
        f"write {place}:app or {place}:create_app()",
    )
    tree = quiet_parse(text, mode="eval")
    if not isinstance(tree, ast.Expression):
        raise refusal
    expression = tree.body
    if not isinstance(expression, ast.Call):
        name = _dotted(expression)
        if name is None:
            raise refusal
        return name, None
    name = _dotted(expression.func)
    if name is None:
        raise refusal
    return name, _arguments(expression, name, text)


def _dotted(node: ast.expr) -> str | None:
    """Return `obj.attr` as text; None for an expression that is not a chain of names."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value)
        return None if owner is None else f"{owner}.{node.attr}"
    return None


def _arguments(call: ast.Call, name: str, text: str) -> str:
    """Return the arguments as written.

    Only literals are accepted: they are evaluated without the app's names.
    """
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    if any(keyword.arg is None for keyword in call.keywords) or not all(map(_is_literal, values)):
        raise AppNotFound(
            f"the arguments in {text!r} must be literals",
            f'write values such as {name}("prod", debug=True); names are not known here',
        )
    plain = re.fullmatch(re.escape(name) + r"\s*\((.*)\)", text)
    if plain and not _CONTROL.search(plain[1]):  # as written, save that it stays on one line
        return plain[1].strip()
    keywords = [f"{keyword.arg}={ast.unparse(keyword.value)}" for keyword in call.keywords]
    return ", ".join([*map(ast.unparse, call.args), *keywords])


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True
