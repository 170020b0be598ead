"""The printer of uWSGI's ini files: layout, escapes, and what no such file can hold."""

from __future__ import annotations

import pytest

from enuf.syntax.uwsgi_ini import Heading, IniOption, Remark, escape, magic, option, to_text, when_env


def printed(*lines: IniOption) -> list[str]:
    """The lines below the section's name."""
    return to_text(lines).splitlines()[1:]


def test_values_are_written_in_uwsgis_spelling() -> None:
    lines = printed(
        option("master", True), option("vacuum", False), option("listen", 1024), option("env", "A=한글 #1;")
    )
    assert lines == ["master = true", "vacuum = false", "listen = 1024", "env = A=한글 #1;"]


def test_a_percent_sign_is_doubled_unless_it_is_meant_for_uwsgi() -> None:
    assert printed(option("log-date", "%Y 100%"), magic("pythonpath", "%d")) == [
        "log-date = %%Y 100%%",
        "pythonpath = %d",
    ]
    assert magic("stats", f"{escape('/run/100%')}/%n").value == "/run/100%%/%n"


def test_an_empty_value_leaves_no_blank_at_the_end() -> None:
    assert printed(option("endif", "")) == ["endif ="]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("a\nb", "line break"), ("a\rb", "line break"), ("a\0b", "line break"), (" a", "blanks"), ("a ", "blanks"),
        ("a\t", "blanks"), ("$(HOME)", "something else"), ("%(chdir)", "something else"), ("a@(b", "something else"),
    ],
)  # fmt: skip
def test_what_no_ini_of_uwsgi_can_hold_is_refused(value: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        to_text([option("chdir", value)])


@pytest.mark.parametrize("value", ["a\nuid = root", " a", "a "])
def test_magic_values_are_checked_too(value: str) -> None:
    with pytest.raises(ValueError, match=r"line break|blanks"):
        to_text([magic("x", value)])


def test_options_stand_in_titled_groups_and_conditions() -> None:
    lines = [
        Remark("The head\nof the file"),
        Heading("A title"),
        option("master", True, "Why."),
        option("threads", 2),
        *when_env("FD", [magic("socket", "fd://%(_)")], [option("socket", "/run/a.sock")], "Lent or own."),
        Heading("Last"),
        option("strict", True),
    ]
    assert to_text(lines) == (
        "[uwsgi]\n# The head\n# of the file\n\n# --- A title ---\n# Why.\nmaster = true\nthreads = 2\n\n"
        "# Lent or own.\nif-env = FD\nsocket = fd://%(_)\nendif =\nif-not-env = FD\nsocket = /run/a.sock\nendif =\n\n"
        "# --- Last ---\nstrict = true\n"
    )


def test_a_comment_never_becomes_an_option() -> None:
    for text in ("a\nuid = root", "a\ruid = root", "a\u2028uid = root"):
        lines = to_text([Heading(text), Remark(text), option("x", 1, text)]).splitlines()
        assert [line for line in lines if line and not line.startswith("#")] == ["[uwsgi]", "x = 1"]
