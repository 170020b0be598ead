"""The main job."""

from __future__ import annotations

import pytest

from tests.support.stack import Stack

pytestmark = pytest.mark.native


def test_a_file_with_an_app_is_served_behind_nginx_and_uwsgi(stack: Stack) -> None:
    stack.up()
    answer = stack.get("/")
    assert (answer.status, answer.text) == (200, "version 1\n")
    assert answer.headers["Server"] == "nginx"
