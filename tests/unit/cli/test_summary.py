"""The lines about a stack that serves."""

from __future__ import annotations

import pytest
from tests.support.parts import plan, toolchain

from enuf.cli.terminal.summary import introduction


@pytest.mark.parametrize(("user", "is_named"), [("www-data", True), ("nobody", True), ("shop", False)])
def test_a_user_whom_enuf_has_chosen_itself_is_named(user: str, is_named: bool) -> None:
    lines = introduction(plan(toolchain=toolchain(user=user)))
    line = f"the servers and the app run as {user}: serve.user names another user"
    assert (line in lines) is is_named
