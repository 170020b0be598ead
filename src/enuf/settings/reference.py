"""The reference page and the JSON schema of the settings, both derived from the schema."""

from __future__ import annotations

from collections.abc import Mapping

from enuf.settings.fields import FieldInfo, dotted_keys, sections
from enuf.settings.schema import NOT_YET
from enuf.settings.shapes import AnyTable, plain, spelled

_HEAD = """# Settings

All settings are optional. They stand in `enuf.toml`, or below `[tool.enuf]` in `pyproject.toml`.
Flags win over `ENUF_` variables, these over `enuf.toml`, this over `pyproject.toml`, and that over the default.

Durations are written `30s`, `5m` or `1h30m`, sizes `512k`, `16m` or `2g` (powers of 1024), both in quotes.
In a variable or in `--set KEY=VALUE` a list is written `a,b`, a table `name=value,name=value`, and a switch
`true` or `false` (also `1 0 on off yes no`). An empty variable counts as not set.
"""


def markdown() -> str:
    """The reference page, one table for each section."""
    parts = [_HEAD, "## Above the first section\n", _table("")]
    for section, title in sections().items():
        parts += [f"## [{section}]\n", f"{title.splitlines()[0]}\n", _table(section)]
    return "\n".join(part for part in parts if part)


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


def _table(section: str) -> str:
    fields = [field for field in dotted_keys().values() if field.section == section]
    shown = [field for field in fields if not isinstance(field.kind, AnyTable)]
    if not shown:
        return f"{NOT_YET.get(section, '').capitalize()}.\n"
    rows = ["| key | default | variable | what it does |", "|---|---|---|---|", *map(_row, shown)]
    return "\n".join(rows) + "\n"


def _row(field: FieldInfo) -> str:
    description = field.description
    if field.flag:
        description += f" Flag: `{field.flag}`."
    if field.key in NOT_YET:
        description += f" ({NOT_YET[field.key]})"
    cells = (f"`{field.name}`", f"`{spelled(field.default)}`", f"`{field.env}`", description)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


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
