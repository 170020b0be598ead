"""A TARGET is taken apart as Flask takes its --app apart."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enuf.discover.target import Target, parse_target
from enuf.errors import AppNotFound


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("app.py", Target(place="app.py")),
        ("./sub/app.py", Target(place="./sub/app.py")),
        ("pkg.mod", Target(place="pkg.mod")),
        ("pkg.mod:name", Target(place="pkg.mod", attribute="name")),
        ("pkg:obj.attr", Target(place="pkg", attribute="obj.attr")),
        ('pkg:create_app("prod")', Target(place="pkg", attribute="create_app", call='"prod"')),
        (
            "pkg:create_app('a', debug=True)",
            Target(place="pkg", attribute="create_app", call="'a', debug=True"),
        ),
        ('pkg:create_app("http://x/:y")', Target(place="pkg", attribute="create_app", call='"http://x/:y"')),
        ("sub/app.py:create_app()", Target(place="sub/app.py", attribute="create_app", call="")),
        ("pkg:factories.web('x')", Target(place="pkg", attribute="factories.web", call="'x'")),
        (" app.py : app ", Target(place="app.py", attribute="app")),
        ("my-app.py", Target(place="my-app.py")),
        ("앱.py:앱", Target(place="앱.py", attribute="앱")),
        ("C:\\x\\app.py", Target(place="C:\\x\\app.py")),
    ],
)
def test_a_target_is_a_place_a_name_and_arguments(text: str, expected: Target) -> None:
    assert parse_target(text) == expected


def test_arguments_over_several_lines_become_one_line() -> None:
    assert parse_target("pkg:create_app(\n 'a',\n debug=True)").call == "'a', debug=True"


def test_a_name_in_parentheses_is_still_that_name() -> None:
    assert parse_target('pkg:(create_app)("a(")') == Target(place="pkg", attribute="create_app", call="'a('")


@pytest.mark.parametrize("end", ["\r", "\n", "\x85", "\u2028"])
def test_the_end_of_a_line_in_an_argument_stays_an_escape(end: str) -> None:
    call = parse_target(f"pkg:create_app('''a{end}b''')").call
    assert (
        call is not None and call.isprintable() and ast.literal_eval(call) == f"a{end}b".replace("\r", "\n")
    )


@pytest.mark.parametrize(
    "text", ["", "  ", ":app", "app.py:", "a\rb.ini", "a\0b.py", "pkg:1", "pkg:a b", "pkg:x[0]", "pkg:f()()"]
)
def test_what_names_nothing_is_refused_with_exit_code_5(text: str) -> None:
    with pytest.raises(AppNotFound) as refusal:
        parse_target(text)
    assert refusal.value.exit_code == 5
    assert refusal.value.hint


@pytest.mark.parametrize("arguments", ["prod", "f()", "*['a']", "**{'a': 1}", "1 + x", "{[]: 1}", "a=b"])
def test_arguments_that_are_no_literals_are_refused_as_in_flask(arguments: str) -> None:
    with pytest.raises(AppNotFound, match="must be literals"):
        parse_target(f"pkg:create_app({arguments})")


@pytest.mark.parametrize(
    ("text", "is_path"), [("app", False), ("a.b", False), ("app.py", True), ("a/b", True), (".", True)]
)
def test_only_a_slash_or_a_py_suffix_makes_a_path(text: str, is_path: bool) -> None:
    assert parse_target(text).is_path is is_path


literals = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet="abc"), inner, max_size=3),
    max_leaves=5,
)


@given(literals)
def test_any_literal_comes_through_with_its_value(value: object) -> None:
    call = parse_target(f"pkg:create_app({value!r})").call
    assert call is not None
    assert ast.literal_eval(call) == value


@given(st.text())
def test_no_text_does_anything_but_parse_or_be_refused(text: str) -> None:
    try:
        parse_target(text)
    except AppNotFound as refusal:
        assert "\n" not in refusal.summary
