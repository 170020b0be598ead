"""What is printed, and how."""

from __future__ import annotations

import io
import sys

import pytest

from enuf.cli.errors import _USUAL_HINTS, print_error
from enuf.cli.terminal import output
from enuf.cli.verb import begin_run
from enuf.errors import EnufError, NotReady


@pytest.fixture(autouse=True)
def a_run_without_flags() -> None:
    begin_run([])


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("한글 ünd €", "한글 ünd €"),
        ("two\nlines", "two lines"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("tab\there", "tab\\there"),
        ("\u202eright to left", "\\u202eright to left"),
        ("\udc80", "\\udc80"),
    ],
)
def test_nothing_that_is_printed_moves_the_cursor(text: str, shown: str) -> None:
    assert output.printable(text) == shown


def test_an_error_is_two_lines_with_its_evidence_before_them(capsys: pytest.CaptureFixture[str]) -> None:
    print_error(EnufError("it broke", "mend it", detail="Traceback\n  line\n"), as_json=False)
    assert capsys.readouterr().err == "Traceback\n  line\nerror: it broke\nhint: mend it\n"


def test_an_error_without_a_hint_gets_a_usual_one(capsys: pytest.CaptureFixture[str]) -> None:
    print_error(NotReady("it broke"), as_json=False)
    assert capsys.readouterr().err == f"error: it broke\nhint: {_USUAL_HINTS[7]}\n"


def test_a_long_remark_is_folded_on_a_terminal_with_its_label_in_colour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    output.remark("warning", "a text of more words than one line can hold", fg="yellow")
    lines = terminal.getvalue().splitlines()
    assert lines[0] == "\x1b[33mwarning:\x1b[0m a text of more words"
    assert lines[1:] == ["  than one line can hold"]


def test_a_word_that_is_longer_than_the_terminal_is_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    output.remark("hint", "/a/very/long/path/that/somebody/copies then")
    assert "/a/very/long/path/that/somebody/copies" in terminal.getvalue().split()


@pytest.mark.parametrize("length", range(45, 65))
def test_only_a_first_word_that_is_too_long_makes_a_line_longer_than_the_terminal(
    monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys, "stderr", screen := Terminal())
    output.remark("warning", f"{'x' * length} is not a folder")
    first, *others = screen.getvalue().splitlines()
    assert first == f"warning: {'x' * length}" + (" is" if length <= 48 else "")
    assert " ".join([first, *others]).split()[2:] == ["is", "not", "a", "folder"]
    assert all(line.startswith("  ") and len(line) <= 60 for line in others)
