"""Commands in settings: words as a shell reads them, and nothing that only a shell would do."""

from __future__ import annotations

import pytest

from enuf.settings.formats import command_line


@pytest.mark.parametrize("text", ["flask db upgrade", "python -c 'print(\"a; b\")'", "./migrate --to=3"])
def test_words_and_quotes_are_taken(text: str) -> None:
    assert command_line(text) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "names no program"),
        ("  ", "names no program"),
        ("flask 'db", "a quote or a backslash without its end"),
        ("flask db upgrade && flask seed", "no shell runs the command"),
        ("flask db upgrade > /dev/null", "no shell runs the command"),
        ("flask\ndb", "on one line"),
    ],
)
def test_what_no_program_would_get_as_meant_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        command_line(text)
