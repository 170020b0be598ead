"""An nginx that is too old for a setting is named before anything is started."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from enuf.errors import ToolUnusable
from tests.support.parts import plan, toolchain


def test_limits_need_an_nginx_that_tells_which_limit_it_was() -> None:
    found = toolchain("system")
    old = replace(found, tools={**found.tools, "nginx": replace(found.tools["nginx"], version="1.14.2")})
    assert plan(toolchain=old)
    with pytest.raises(ToolUnusable, match=r"nginx 1\.14\.2 is too old for \[limits\]: 1\.17\.6"):
        plan({"limits.connections": 3}, toolchain=old)
