"""Whatever stands in a file, a log, a packet: no reader raises what it does not document, and none hangs.

`make fuzz` runs the same readers for an hour.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.readers import check, readers

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
