"""A folder in which somebody planted a supervisor: commands end in words, whatever it answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.planted import planted
from tests.support.refusal import assert_refused
from tests.support.stack import Stack

pytestmark = pytest.mark.native


@pytest.mark.parametrize(
    ("verb", "answer"),
    [
        (("status",), b'{"ok":5}\n'),
        (("status",), b"[]\n"),
        (("status",), b'{"ok":{"state":"serving"}}\n'),
        (("status", "--json"), b"[" * 200_000),
        (("reload",), b"x"),
        (("dash",), b'{"ok":{"dashboard":{"url":7}}}\n'),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else repr(value[:20]),
)
def test_an_answer_that_is_none_is_told_as_such(tmp_path: Path, verb: tuple[str, ...], answer: bytes) -> None:
    with planted(tmp_path, lambda end: end.sendall(answer)):
        done = Stack(tmp_path).run(*verb)
    assert_refused(done, 1)
    assert "not understood" in done.err + done.out, done
