"""The settings by their dotted keys, derived from the schema."""

from __future__ import annotations

import functools
import typing
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

import msgspec

from enuf.settings.kinds import Kind
from enuf.settings.schema import Settings
from enuf.settings.shapes import kind_of


class FieldInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One setting: its names, its kind, and its description."""

    key: str
    """`serve.listen`; no dot for a setting above the first section."""
    type: object
    """The annotation in the schema."""
    kind: Kind
    default: object
    description: str
    examples: tuple[object, ...]
    flag: str | None
    """The setting's own flag of `enuf up`, if it has one; `--set` sets every setting."""

    @property
    def section(self) -> str:
        """The section of the setting; empty for none."""
        return self.key.rpartition(".")[0]

    @property
    def name(self) -> str:
        """The key inside its section."""
        return self.key.rpartition(".")[2]

    @property
    def env(self) -> str:
        """The environment variable that sets the setting."""
        return variable_of(self.key)


def variable_of(key: str) -> str:
    """Return the environment variable that sets a setting."""
    return f"ENUF_{key.replace('.', '_').upper()}"


@functools.cache
def dotted_keys() -> Mapping[str, FieldInfo]:
    """Return every setting by its key, in the order of the schema."""
    return {field.key: field for field in _fields(Settings(), "")}


@functools.cache
def sections() -> Mapping[str, str]:
    """Return the title of every section by its name, in the order of the schema."""
    hints = typing.get_type_hints(Settings)
    titles = {name: (hint.__doc__ or "") for name, hint in hints.items() if _is_section(hint)}
    return {name: titles[name] for name in hints if name in titles}


def assemble(values: Mapping[str, object]) -> Settings:
    """Build settings from values by dotted key, with defaults for the rest."""
    grouped: dict[str, dict[str, object]] = {}
    for key, value in values.items():
        section, _, name = key.rpartition(".")
        grouped.setdefault(section, {})[name] = value
    top = grouped.pop("", {})
    defaults = Settings()
    changed = {
        section: msgspec.structs.replace(getattr(defaults, section), **new)
        for section, new in grouped.items()
    }
    return msgspec.structs.replace(defaults, **top, **changed)


def value_of(settings: Settings, key: str) -> object:
    """Return the value of a dotted key."""
    value: object = settings
    for name in key.split("."):
        value = getattr(value, name)
    return value


def nearest_key(key: str) -> str | None:
    """Return the setting that an unknown key probably means.

    An equal name in another section comes first, then the nearest spelling.
    """
    keys, normal = dotted_keys(), key.lower().replace("-", "_")
    section, _, name = normal.rpartition(".")
    elsewhere = [known for known, field in keys.items() if field.name == name]
    if elsewhere:
        return get_close_matches(normal, elsewhere, n=1, cutoff=0)[0]
    beside = {field.name: known for known, field in keys.items() if field.section == section}
    anywhere = {field.name: known for known, field in keys.items()}
    for names, cutoff in ((beside, 0.6), (anywhere, 0.75)):
        near = get_close_matches(name, names, n=1, cutoff=cutoff)
        if near:
            return names[near[0]]
    return None


def _fields(group: msgspec.Struct, section: str) -> Iterator[FieldInfo]:
    for name, annotation in typing.get_type_hints(type(group), include_extras=True).items():
        key = f"{section}.{name}" if section else name
        default = getattr(group, name)
        if _is_section(annotation):
            yield from _fields(default, key)
            continue
        meta = next(mark for mark in annotation.__metadata__ if isinstance(mark, msgspec.Meta))
        yield FieldInfo(
            key=key,
            type=annotation,
            kind=kind_of(annotation),
            default=default,
            description=meta.description or "",
            examples=tuple(meta.examples or ()),
            flag=(meta.extra or {}).get("flag"),
        )


def _is_section(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)
