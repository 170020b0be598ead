"""Tables of the fields of structs, as JSON objects have them."""

from __future__ import annotations

import ast
import inspect
import textwrap
import typing
from collections.abc import Iterable, Iterator
from types import UnionType

import msgspec
from scripts.reference.texts import Texts, table

TRANSLATED = {
    "Plan", "Snapshot", "Finding", "Fix", "Edit", "Record", "Phase", "State", "Recorded", "Installed", "Site", "SiteTls", "VisitorRequest", "HostNginx", "Written",
    "LeftOut", "Limit", "Load", "MeasuredMachine", "Percentile", "Report", "Round", "Row", "SlotStep", "UnwantedAnswers", "Version",
    "BeginChange", "Touch", "Appear", "Service", "Reread", "Done",
}  # fmt: skip
"""Structs whose fields have a Korean text. The others, inside of the plan and of the snapshot, keep the
words of their source."""
_SCALARS = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
    bytes: "base64 string",
    object: "any",
    typing.Any: "any",
}


def struct_table(texts: Texts, kind: type) -> str:
    """Return the table of a struct's fields as keys of its JSON object, described by their docstrings."""
    assert issubclass(kind, msgspec.Struct)
    hints, about = typing.get_type_hints(kind), _docstrings(kind)
    rows = []
    tag = kind.__struct_config__.tag
    if tag is not None:
        rows.append((f"`{kind.__struct_config__.tag_field}`", f'`"{tag}"`', ""))
    for field, written in zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True):
        text = _about_field(texts, kind.__name__, field, about.get(field))
        rows.append((f"`{written}`", json_type(hints[field]), text))
    return table((texts.words["key"], texts.words["type"], texts.words["means"]), rows)


def all_types(texts: Texts, kinds: list[type]) -> str:
    """Return the table of the first struct, then a chapter for every struct inside of the given ones."""
    first = struct_table(texts, kinds[0])
    rest = [kind for kind in reachable(kinds) if kind not in kinds]
    return "\n".join([first, *(f"### {kind.__name__}\n\n{struct_table(texts, kind)}" for kind in rest)])


def reachable(kinds: Iterable[type]) -> list[type]:
    """Return the given structs and every struct in their fields, in alphabetical order."""
    kinds_by_name: dict[str, type] = {}
    waiting = list(kinds)
    while waiting:
        kind = waiting.pop()
        if kind.__name__ not in kinds_by_name:
            kinds_by_name[kind.__name__] = kind
            waiting += [each for hint in typing.get_type_hints(kind).values() for each in _structs_in(hint)]
    return [kinds_by_name[name] for name in sorted(kinds_by_name)]


def _structs_in(hint: object) -> Iterator[type]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for part in typing.get_args(hint):
        yield from _structs_in(part)


def _about_field(texts: Texts, kind: str, field: str, source: str | None) -> str:
    """Return the description of a field from its source, or from the text files."""
    if kind not in TRANSLATED or (field == "schema" and kind != "Installed"):
        return source or ""
    return texts.of(f"fields.{kind}", field, source)


def _docstrings(kind: type) -> dict[str, str]:
    """Return the docstring of each field of a class, from the source."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    docstrings: dict[str, str] = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            docstrings[ast.unparse(field.target)] = " ".join(str(text.value.value).split())
    return docstrings


def json_type(hint: object) -> str:
    """Return the JSON type of an annotation, with a link for a struct."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if hint in _SCALARS:
        return _SCALARS[hint]
    if origin is typing.Literal:
        return ", ".join(f'`"{word}"`' for word in parts)
    if origin in (typing.Union, UnionType):
        return ", ".join(dict.fromkeys(map(json_type, parts)))
    if origin in (tuple, list):
        inner = [json_type(part) for part in parts if part is not Ellipsis]
        return f"{_grouped(inner[0])}[]" if len(set(inner)) == 1 else f"[{', '.join(inner)}]"
    if origin is dict:
        return f"object of {json_type(parts[1])}"
    assert isinstance(hint, type), hint
    return f"[{hint.__name__}](#{hint.__name__.lower()})"


def _grouped(text: str) -> str:
    return f"({text})" if ", " in text else text
