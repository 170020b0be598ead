"""The generated reference page and JSON schema."""

from __future__ import annotations

import json

from enuf.settings.fields import dotted_keys, sections
from enuf.settings.reference import json_schema, markdown
from enuf.settings.shapes import AnyTable


def test_the_page_has_a_row_for_every_setting() -> None:
    page = markdown()
    for field in dotted_keys().values():
        if not isinstance(field.kind, AnyTable):
            assert f"| `{field.name}` | " in page
            assert f"`{field.env}`" in page


def test_the_page_has_a_heading_for_every_section() -> None:
    headings = [line for line in markdown().splitlines() if line.startswith("## [")]
    assert headings == [f"## [{section}]" for section in sections()]


def test_every_row_of_the_page_has_four_cells() -> None:
    rows = [line for line in markdown().splitlines() if line.startswith("|")]
    assert {row.replace(r"\|", "").count("|") for row in rows} == {5}


def test_the_page_says_what_is_not_there_yet() -> None:
    assert "certificates are not there yet" in markdown()
    assert "Caching is not there yet" in markdown()


def test_the_json_schema_knows_every_setting_and_refuses_any_other() -> None:
    schema = json.loads(json.dumps(json_schema()))
    assert schema["additionalProperties"] is False
    assert schema["properties"]["serve"]["additionalProperties"] is False
    for key, field in dotted_keys().items():
        node = schema
        for part in key.split("."):
            node = node["properties"][part]
        assert node["description"] == field.description


def test_the_json_schema_carries_bounds_and_words() -> None:
    serve = json.loads(json.dumps(json_schema()))["properties"]["serve"]["properties"]
    assert serve["threads"] | {"description": "", "examples": []} == {
        "type": "integer",
        "minimum": 1,
        "maximum": 256,
        "default": 2,
        "description": "",
        "examples": [],
    }
    assert serve["processes"]["anyOf"][0] == {"enum": ["auto"]}
    assert serve["hosts"]["items"] == {"type": "string"}
