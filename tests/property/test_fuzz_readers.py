"""Whatever stands in a file, a log, a packet: no reader raises what it does not document, and none hangs.

`make fuzz` runs the same readers for an hour.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.hostile import Hangs
from tests.support.readers import Reader, check, readers

FEW = settings(
    max_examples=examples(100),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("name", readers())
@FEW
@given(data=st.data())
def test_no_text_crashes_or_hangs_a_reader(name: str, data: st.DataObject) -> None:
    reader = readers()[name]
    text: Any = data.draw(reader.texts)
    check(reader, text)


def test_a_declared_encoding_that_nobody_knows_does_not_matter() -> None:
    """The text was decoded before; found by `make fuzz`."""
    check(readers()["uwsgi xml"], "<?xml version='1.0' encoding='x'?><uwsgi><socket>:1</socket></uwsgi>")


@pytest.mark.parametrize("broken", [RecursionError, KeyError])
def test_an_exception_that_is_not_documented_is_seen(broken: type[Exception]) -> None:
    def read(_text: str) -> None:
        raise broken

    with pytest.raises(broken):
        check(Reader(st.text(), read, (ValueError,)), "")


def test_a_reader_that_hangs_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(_text: str) -> None:
        while True:
            pass

    monkeypatch.setattr("tests.support.hostile.CPU_LIMIT_S", 0.1)
    with pytest.raises(Hangs):
        check(Reader(st.text(), read), "")
