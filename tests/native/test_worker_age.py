"""Workers are as short-lived as the setting says, on every uWSGI."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builds import BUILDS, prepare, settings_of
from tests.support.stack import APP, stack_in, until

pytestmark = pytest.mark.native


@pytest.mark.parametrize("build", BUILDS)
def test_a_worker_of_the_smallest_age_serves_and_is_replaced(tmp_path: Path, build: str) -> None:
    prepare(tmp_path / "shop", build)
    with stack_in(tmp_path / "shop") as stack:
        stack.write("app.py", APP)
        stack.write("enuf.toml", f'{settings_of(build)}\n[workers]\nmax_age = "2s"\n')
        stack.up("--processes", "1")
        first = stack.get("/pid").text
        assert until(lambda: stack.get("/pid").text != first, what="another worker")
