"""YAML for people: in order, with reasons, and read back as it was meant."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from enuf.export.yaml_text import Noted, yaml_text
from tests.support.examples import examples

_SIGNS = "ab:#-?&*![]{}|>%@`'\" ,=~\\\n\té한0"
_SCALARS = st.one_of(st.text(_SIGNS, max_size=12), st.integers(), st.booleans(), st.none())
_KEYS = st.text("abkey:#- 01", min_size=1, max_size=8)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=3)),
    max_leaves=12,
)


def test_a_reason_stands_above_its_line() -> None:
    text = yaml_text({"a": {"b": Noted([1, Noted(2, "two")], "why\nso")}, "c": "x"}, "head")
    assert text == "# head\na:\n  # why\n  # so\n  b:\n  - 1\n  # two\n  - 2\nc: x\n"


def test_a_text_of_several_lines_is_a_block() -> None:
    assert yaml_text({"a": "x\ny\n"}) == "a: |\n  x\n  y\n"


def noted(value: Any) -> Any:
    """The value with a comment wherever one may stand."""
    if isinstance(value, dict):
        return {key: Noted(noted(each), f"about: {key}") for key, each in value.items()}
    if isinstance(value, list):
        return [Noted(noted(each), "- item") for each in value]
    return value


@given(st.dictionaries(_KEYS, _VALUES, max_size=4))
@settings(max_examples=examples(60))
def test_comments_change_no_value(value: dict[str, Any]) -> None:
    assert yaml.safe_load(yaml_text(noted(value))) == value
