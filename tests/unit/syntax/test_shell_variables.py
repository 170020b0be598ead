"""Variables of shells in texts."""

from __future__ import annotations

import pytest

from enuf.syntax.shell_variables import fill_in, names_in


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("$HOST:$PORT", "db:$PORT"),
        ("${HOST}:${PORT}", "db:${PORT}"),
        ("${HOST:-web}:${PORT:-80}", "db:80"),
        ("${PORT-80} ${PORT:=81} ${PORT:-}.", "80 81 ."),
        ("${PORT:?no port}", "${PORT:?no port}"),
        ("${OTHER:-${HOST}}", "${OTHER:-db}"),
        ("$5 and ${", "$5 and ${"),
    ],
)
def test_a_variable_has_its_value_or_its_default_and_stays_without_both(text: str, filled: str) -> None:
    assert fill_in(text, {"HOST": "db"}) == filled


def test_the_names_of_variables_are_found_with_and_without_braces() -> None:
    assert names_in("$HOST ${PORT:-80}") == {"HOST", "PORT"}
