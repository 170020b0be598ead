"""The JSON schema of the settings, derived from their schema. The reference pages are made by scripts/reference.py."""

from __future__ import annotations

from collections.abc import Mapping

from enuf.settings.fields import FieldInfo, dotted_keys, sections
from enuf.settings.shapes import plain


def json_schema() -> dict[str, object]:
    """The JSON schema of `enuf.toml`, for editors."""
    properties: dict[str, object] = {}
    for section, title in sections().items():
        inner = {
            field.name: _json_field(field) for field in dotted_keys().values() if field.section == section
        }
        properties[section] = _json_object(title, inner)
    top = {field.key: _json_field(field) for field in dotted_keys().values() if not field.section}
    schema = _json_object("Settings of enuf.", {**properties, **top})
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "enuf.toml", **schema}


def _json_field(field: FieldInfo) -> dict[str, object]:
    return {
        **field.kind.json_schema(),
        "description": field.description,
        "default": plain(field.default),
        "examples": [plain(example) for example in field.examples],
    }


def _json_object(description: str, properties: Mapping[str, object]) -> dict[str, object]:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "additionalProperties": False,
    }
