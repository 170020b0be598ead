"""Durations, sizes, rotations and ranges: what is read, how it is spelled, what is refused in which words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from enuf.settings.values import (
    Duration,
    ProcessRange,
    Rotate,
    Size,
    parse_duration,
    parse_process_range,
    parse_rotate,
    parse_size,
    shown,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("5m", 300),
        ("1h30m", 5400),
        ("250ms", 0.25),
        ("1m500ms", 60.5),
        ("365d", 31_536_000),
        ("0s", 0),
    ],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text).seconds == seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(30, "30s"), (90, "1m30s"), (5400, "1h30m"), (0, "0s"), (0.25, "250ms"), (86400, "1d")],
)
def test_a_duration_is_spelled_with_the_largest_units(seconds: float, text: str) -> None:
    assert str(Duration(seconds)) == text


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("30 sec", "'30 sec' is not a duration: write \"30s\""),
        ("30", "'30' has no unit: write \"30s\""),
        ("1.5h", "'1.5h' is not a duration: write \"1h30m\""),
        ("5 Minutes", "'5 Minutes' is not a duration: write \"5m\""),
        ("30S", "'30S' is not a duration: write \"30s\""),
        ("", '\'\' is not a duration: write it like "30s", "5m" or "1h30m"'),
        ("-1s", "'-1s' is not a duration: write it like"),
        ("1e9h", "'1e9h' is not a duration: write it like"),
        ("1h30", "'1h30' is not a duration: write it like"),
        ("30m1h", "'30m1h' is not a duration: write \"1h30m\""),
        ("soon", "'soon' is not a duration: write it like"),
        ("٣s", "is not a duration: write it like"),
        ("366d", "'366d' is too long: the longest duration is 365d"),
        ("s", "'s' is not a duration"),
    ],
)
def test_a_bad_duration_is_refused_with_the_right_spelling(text: str, advice: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_duration(text)
    assert advice in str(caught.value)


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), 0.0001, 400 * 86400])
def test_a_duration_cannot_be_made_of_a_senseless_number(seconds: float) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        Duration(seconds)


@pytest.mark.parametrize(
    ("text", "size"),
    [("16m", 16 << 20), ("32k", 32 << 10), ("2g", 2 << 30), ("512b", 512), ("16M", 16 << 20)],
)
def test_a_size_is_read_in_powers_of_1024(text: str, size: int) -> None:
    assert parse_size(text).bytes == size


@pytest.mark.parametrize(("size", "text"), [(16 << 20, "16m"), (1536, "1536b"), (1 << 30, "1g"), (0, "0b")])
def test_a_size_is_spelled_with_the_largest_unit_that_divides_it(size: int, text: str) -> None:
    assert str(Size(size)) == text


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("16MB", "'16MB' is not a size: write \"16m\""),
        ("1.5g", "'1.5g' is not a size: write \"1536m\""),
        ("16777216", "'16777216' has no unit: write \"16m\""),
        ("16", '\'16\' has no unit: write it like "512k", "16m" or "2g"'),
        ("", "'' is not a size: write it like"),
        ("-1m", "'-1m' is not a size"),
        ("9999g", "'9999g' is too large: the largest size is 1024g"),
    ],
)
def test_a_bad_size_is_refused_with_the_right_spelling(text: str, advice: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_size(text)
    assert advice in str(caught.value)


def test_a_size_cannot_be_negative() -> None:
    with pytest.raises(ValueError, match="is no size"):
        Size(-1)


@pytest.mark.parametrize("text", ["50m x 5", "50mx5", "50m × 5"])
def test_a_rotation_is_read(text: str) -> None:
    assert parse_rotate(text) == Rotate(Size(50 << 20), 5)
    assert str(parse_rotate(text)) == "50m x 5"


@pytest.mark.parametrize(
    "text", ["", "50m", "50m x", "x 5", "50 x 5", "50m x 0", "0b x 5", "50m x 5 x 5", "50q x 5"]
)
def test_a_bad_rotation_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"rotation|size"):
        parse_rotate(text)


def test_a_range_of_processes_is_read() -> None:
    assert parse_process_range("2..8") == ProcessRange(2, 8)
    assert str(ProcessRange(2, 8)) == "2..8"


@pytest.mark.parametrize("text", ["", "8..2", "0..4", "2-8", "2..", "2..257", "2...8", "a..b"])
def test_a_bad_range_of_processes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no range|is not a range"):
        parse_process_range(text)


@pytest.mark.parametrize("parse", [parse_duration, parse_size, parse_rotate, parse_process_range])
def test_a_very_long_value_is_quoted_in_part(parse: Callable[[str], object]) -> None:
    with pytest.raises(ValueError) as caught:
        parse("1" * 100_000)
    assert len(str(caught.value)) < 200


def test_what_an_error_quotes_stays_on_one_line() -> None:
    assert shown("a\nb\x1b[31m") == r"'a\nb\x1b[31m'"
    assert shown(True) == "true"
    assert shown([1]) == "a list"
    assert shown({}) == "a table"
    assert shown(10**5000) == "a huge number"
