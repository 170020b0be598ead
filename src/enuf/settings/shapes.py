"""Kinds made of other kinds, and the mapping from the schema's annotations to kinds."""

from __future__ import annotations

import json
import tomllib
import types
import typing
from collections.abc import Callable, Iterable

import msgspec

from enuf.settings.kinds import FormattedText, Kind, Limited, Number, OneOf, Switch, Text
from enuf.settings.table_value import TableValue
from enuf.settings.values import shown

OptionValue = str | int | bool | list[str]
"""Values of a uWSGI option; a list repeats the option."""


def _as_toml(text: str) -> object:
    """Return the list or table that the text is in TOML; None for any other text, such as `[::1]`."""
    if not text.lstrip().startswith(("[", "{")):
        return None
    try:
        return tomllib.loads(f"value = {text.strip()}").get("value")
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


class Items(Kind, frozen=True):
    """A list of values of one kind; in one line of text they are separated by commas."""

    item: Kind

    @property
    def words(self) -> str:
        """The name of the kind in a message."""
        return "a list"

    def read(self, raw: object) -> tuple[object, ...]:
        """Return the values of the list as a tuple."""
        if not isinstance(raw, list | tuple):
            is_short = isinstance(raw, str) and raw.isprintable() and len(raw) <= 60
            raise self.refusal(raw, f": write [{json.dumps(raw, ensure_ascii=False)}]" if is_short else "")
        return tuple(self.item.read(each) for each in raw)

    def read_text(self, text: str) -> object:
        """Parse values separated by commas, or the list as it is written in TOML."""
        if (written := _as_toml(text)) is not None and isinstance(written, list):
            return self.read(written)
        return tuple(self.item.read_text(each.strip()) for each in text.split(",") if each.strip())


class SpacedItems(Items, frozen=True):
    """A list of values inside of a table; in one line of text they are separated by spaces."""

    def read(self, raw: object) -> tuple[object, ...]:
        """Return the values of the list as a tuple."""
        values = super().read(raw)
        if not values:
            raise ValueError(f"the list is empty: write {self.item.words}")
        return values

    def read_text(self, text: str) -> object:
        """Parse values separated by spaces."""
        return self.read([self.item.read_text(each) for each in text.split()])


class OneOrMore(Kind, frozen=True):
    """One value, written without brackets, or a list of several; a list of one is that value."""

    item: Kind
    check: Callable[[tuple[object, ...]], None]
    """Raises ValueError for values that do not go together."""

    @property
    def words(self) -> str:
        """Return the name of one value's kind."""
        return self.item.words

    def read(self, raw: object) -> object:
        """Return one value, or a tuple of several."""
        if not isinstance(raw, list | tuple):
            return self.item.read(raw)
        return self._checked(tuple(self.item.read(each) for each in raw))

    def read_text(self, text: str) -> object:
        """Return one value, or a tuple of those between commas or of the list as it is written in TOML."""
        if (written := _as_toml(text)) is not None and isinstance(written, list):
            return self.read(written)
        return self._checked(tuple(self.item.read_text(each.strip()) for each in text.split(",")))

    def _checked(self, values: tuple[object, ...]) -> object:
        if not values:
            raise ValueError(f"the list is empty: write {self.item.words}")
        self.check(values)
        return values if len(values) > 1 else values[0]


class Pairs(Kind, frozen=True):
    """A table of names and values; in one line of text: `name=value,name=value`."""

    name: Kind
    value: Kind

    @property
    def words(self) -> str:
        """The name of the kind in a message."""
        return "a table"

    def read(self, raw: object) -> dict[object, object]:
        """Return the table with checked names and values."""
        if not isinstance(raw, dict):
            raise self.refusal(raw, ': write it like { "name" = "value" }')
        return _each_once((self.name.read(name), self._value(name, value)) for name, value in raw.items())

    def _value(self, name: object, value: object) -> object:
        try:
            return self.value.read(value)
        except ValueError as error:  # the place of the setting is the first line of its table
            raise ValueError(f"{shown(name)}: {error}") from None

    def read_text(self, text: str) -> object:
        """Parse `name=value,name=value`, or the table as it is written in TOML."""
        if (written := _as_toml(text)) is not None and isinstance(written, dict):
            return self.read(written)
        parts = [part.strip().partition("=") for part in text.split(",") if part.strip()]
        for name, equals, _ in parts:
            if not equals:
                raise ValueError(f'{shown(name)} has no "=": write the table like name=value,name=value')
        return _each_once(
            (self.name.read(name.strip()), self.value.read_text(value.strip())) for name, _, value in parts
        )


def _each_once(pairs: Iterable[tuple[object, object]]) -> dict[object, object]:
    """Return the table. Raise ValueError for a name that stands in it twice, if in another spelling."""
    table: dict[object, object] = {}
    for name, value in pairs:
        if name in table:
            raise ValueError(f"{shown(name)} is there twice: write it once")
        table[name] = value
    return table


class Option(Kind, frozen=True):
    """The value of one uWSGI option."""

    @property
    def words(self) -> str:
        """The name of the kind in a message."""
        return "text, a whole number, true, false or a list of texts"

    def read(self, raw: object) -> object:
        """Return the value as text, number, boolean or list."""
        match raw:
            case bool():
                return raw
            case int():
                return Number(-(2**63), 2**63 - 1).read(raw)
            case str():
                return Text().read(raw)
            case list():
                return [Text().read(each) for each in raw]
            case _:
                raise self.refusal(raw)


def kind_of(annotation: object, meta: msgspec.Meta | None = None) -> Kind:
    """Return the kind of an annotation; `Annotated[..., FormattedText(...)]` carries its own kind."""
    arguments = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        own = next((mark for mark in arguments[1:] if isinstance(mark, Kind)), None)
        meta = next((mark for mark in arguments[1:] if isinstance(mark, msgspec.Meta)), meta)
        return _bounded(own, meta) if own else kind_of(arguments[0], meta)
    if annotation == OptionValue:
        return Option()
    if origin in (typing.Union, types.UnionType):
        return _one_of(arguments, meta)
    if origin is typing.Literal:
        return OneOf({word: word for word in arguments})
    if origin is tuple:
        return Items(kind_of(arguments[0]))
    if origin is dict:
        return Pairs(kind_of(arguments[0]), kind_of(arguments[1]))
    low, high = (meta.ge, meta.le) if meta else (None, None)
    scalars: dict[object, Kind] = {str: Text(), bool: Switch(), int: Number(low, high)}
    return scalars[annotation]


def plain(value: object) -> object:
    """Return a value as a TOML and JSON type; None, which means off, becomes "off"."""
    match value:
        case None:
            return "off"
        case bool() | int() | float() | str():
            return value
        case list() | tuple():
            return [plain(each) for each in value]
        case TableValue():
            return plain(value.written())
        case dict():
            return {str(name): plain(each) for name, each in value.items()}
        case _:
            return str(value)


def spelled(value: object) -> str:
    """Return a value as written in enuf.toml."""
    bare = plain(value)
    if isinstance(bare, dict):
        pairs = ", ".join(f"{spelled(name)} = {spelled(each)}" for name, each in bare.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(bare, list):
        return f"[{', '.join(spelled(each) for each in bare)}]"
    # A TOML basic string has the escapes of a JSON string.
    return json.dumps(bare, ensure_ascii=False)


def _bounded(own: Kind, meta: msgspec.Meta | None) -> Kind:
    if (
        not isinstance(own, FormattedText)
        or meta is None
        or (meta.ge, meta.le, meta.multiple_of) == (None, None, None)
    ):
        return own
    return Limited(own, meta.ge, meta.le, meta.multiple_of)


def _one_of(arguments: tuple[object, ...], meta: msgspec.Meta | None) -> Kind:
    """Return the kind of a union: fixed words, `off` for None, and at most one other kind."""
    choices: dict[str, object] = {}
    others: list[Kind] = []
    for argument in arguments:
        if argument is types.NoneType:
            choices["off"] = None
        elif typing.get_origin(argument) is typing.Literal:
            choices.update((word, word) for word in typing.get_args(argument))
        else:
            others.append(kind_of(argument, meta))
    assert len(others) <= 1, "the schema has a union of kinds that nothing can tell apart"
    return OneOf(choices, *others)
