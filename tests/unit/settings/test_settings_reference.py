"""The generated JSON schema."""

from __future__ import annotations

import json

from enuf.settings.fields import dotted_keys
from enuf.settings.reference import json_schema


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
