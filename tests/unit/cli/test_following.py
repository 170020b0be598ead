"""`up -d` hears from its background process until it serves, or says why it does not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from enuf.cli.terminal.reporter import TerminalReporter
from enuf.errors import EnufError, NotReady
from enuf.start.background import PipeReporter, in_background


def started(supervise_to: object, tmp_path: Path) -> EnufError:
    """The error that a start with this supervisor ends with."""
    with pytest.raises(EnufError) as told:
        in_background(supervise_to, lambda: None, str(tmp_path / "log"), TerminalReporter(quiet=True))  # type: ignore[arg-type]
    os.wait()
    return told.value


def test_a_background_process_that_is_killed_was_not_ready_and_is_no_bug(tmp_path: Path) -> None:
    def killed(_reporter: PipeReporter) -> int:
        os.kill(os.getpid(), 9)
        return 0

    assert isinstance(started(killed, tmp_path), NotReady)


def test_an_exception_in_the_background_is_told_as_the_bug_that_it_is(tmp_path: Path) -> None:
    def broken(_reporter: PipeReporter) -> int:
        raise KeyError("x")

    error = started(broken, tmp_path)
    assert (error.exit_code, error.summary) == (70, "KeyError: 'x'")
