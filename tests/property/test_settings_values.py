"""Whatever is written or typed: what is spelled is read back, and nothing but ValueError is raised."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enuf.settings import formats
from enuf.settings.fields import dotted_keys, nearest_key
from enuf.settings.shapes import plain
from enuf.settings.toml_lines import key_lines
from enuf.settings.values import (
    Duration,
    ProcessRange,
    Rotate,
    Size,
    parse_duration,
    parse_process_range,
    parse_rotate,
    parse_size,
)
from tests.support.examples import examples

any_text = st.text(st.characters(exclude_categories=[]), max_size=60) | st.from_regex(
    r"-?[0-9]{0,20}[.]?[0-9]{0,5} ?[a-zA-Z]{0,4} ?[0-9x.]{0,4}", fullmatch=True
)
scalars = st.booleans() | st.integers() | st.floats() | any_text | st.dates()
any_toml = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=6,
)
milliseconds = st.integers(0, 365 * 86_400_000)
sizes = st.integers(0, 1 << 40).map(Size)

PARSERS: list[Callable[[str], object]] = [
    parse_duration,
    parse_size,
    parse_rotate,
    parse_process_range,
    formats.host_name,
    formats.network,
    formats.url_prefix,
    formats.url_folder,
    formats.folder,
    formats.health_path,
    formats.tool_choice,
    formats.user_name,
    formats.option_name,
    formats.one_line,
    formats.any_lines,
]
keys = st.sampled_from(list(dotted_keys()))


@given(milliseconds)
def test_a_duration_is_read_back_from_its_spelling(total: int) -> None:
    duration = Duration(total / 1000)
    assert parse_duration(str(duration)) == duration


@given(sizes)
def test_a_size_is_read_back_from_its_spelling(size: Size) -> None:
    assert parse_size(str(size)) == size


@given(st.integers(1024, 1 << 40), st.integers(1, 999))
def test_a_rotation_is_read_back_from_its_spelling(size: int, keep: int) -> None:
    rotate = Rotate(Size(size), keep)
    assert parse_rotate(str(rotate)) == rotate


@given(st.integers(1, 256), st.integers(0, 255))
def test_a_range_is_read_back_from_its_spelling(low: int, more: int) -> None:
    scale = ProcessRange(low, min(256, low + more))
    assert parse_process_range(str(scale)) == scale


@pytest.mark.parametrize("parse", PARSERS)
@given(text=any_text)
def test_no_text_crashes_a_parser(parse: Callable[[str], object], text: str) -> None:
    try:
        parse(text)
    except ValueError as error:
        assert type(error) is ValueError
        assert str(error).isprintable()


@pytest.mark.parametrize("parse", PARSERS)
@given(text=any_text)
def test_what_a_parser_keeps_is_kept_again(parse: Callable[[str], object], text: str) -> None:
    try:
        value = parse(text)
    except ValueError:
        return
    assert parse(str(value)) == value


@settings(max_examples=examples(1000), deadline=None)
@given(key=keys, raw=any_toml)
def test_no_value_crashes_a_setting(key: str, raw: object) -> None:
    kind = dotted_keys()[key].kind
    try:
        value = kind.read(raw)
    except ValueError as error:
        assert str(error).isprintable()
        return
    assert kind.read(plain(value)) == value


@settings(max_examples=examples(1000), deadline=None)
@given(key=keys, text=any_text)
def test_no_variable_or_flag_crashes_a_setting(key: str, text: str) -> None:
    try:
        dotted_keys()[key].kind.read_text(text)
    except ValueError as error:
        assert str(error).isprintable()


@settings(deadline=None)
@given(any_text, any_text)
def test_what_stays_in_a_setting_has_no_line_break(name: str, text: str) -> None:
    for key, field in dotted_keys().items():
        try:
            value = field.kind.read({name: text} if key in ("static.extra", "raw.uwsgi") else text)
        except ValueError:
            continue
        kept = str(value if not isinstance(value, Mapping) else "".join(map(str, [*value, *value.values()])))
        assert key.startswith("raw.nginx_") or not set("\r\n\0") & set(kept)


@given(any_text)
def test_no_key_crashes_the_search_for_the_nearest_one(key: str) -> None:
    assert nearest_key(key) is None or nearest_key(key) in dotted_keys()


@given(st.text(st.sampled_from("ab.=[]\"'#\n {}\\"), max_size=80))
def test_no_text_crashes_the_search_for_lines(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in key_lines(text).values())
