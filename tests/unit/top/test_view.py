"""Keys at the terminal change what is shown; the last row says which keys there are and which rows are shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enuf.top.keyboard import named_keys
from enuf.top.view import AT_FIRST, ROUTE_ORDERS, THREAD_ORDERS, TopView, after_key, footer, help_text


def pressed(*keys: str, rows: int = 60, room: int = 23) -> TopView:
    view = AT_FIRST
    for key in keys:
        after = after_key(view, key, rows=rows, room=room)
        assert after is not None
        view = after
    return view


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ("q", ["q"]),
        ("\x1b", ["escape"]),
        ("\x1b[A\x1b[B\x1bOA", ["up", "down", "up"]),
        ("\x1b[5~\x1b[6~", ["pgup", "pgdn"]),
        ("\x1b[H\x1b[F\x1b[1~\x1b[4~", ["home", "end", "home", "end"]),
        ("ss?", ["s", "s", "?"]),
        ("\x1b[1;5C", ["\x1b[1;5C"]),
        ("\x03", ["ctrl-c"]),
        ("한", ["한"]),
    ],
)
def test_what_a_terminal_sends_is_cut_into_keys(sent: str, keys: list[str]) -> None:
    assert named_keys(sent) == keys


@pytest.mark.parametrize("key", ["q", "Q", "escape", "ctrl-c", "closed"])
def test_a_key_leaves(key: str) -> None:
    assert after_key(AT_FIRST, key, rows=10, room=23) is None


@pytest.mark.parametrize(
    ("keys", "offset"),
    [
        (["down", "j"], 2),
        (["down", "up", "up"], 0),
        (["pgdn"], 23),
        ([" ", "pgdn", "pgdn"], 37),
        (["end"], 37),
        (["end", "pgup"], 14),
        (["end", "home"], 0),
        (["x", "\x1b[1;5C"], 0),
    ],
)
def test_a_screen_is_scrolled_within_its_ends(keys: list[str], offset: int) -> None:
    assert pressed(*keys).offset == offset


def test_a_screen_that_fits_is_not_scrolled() -> None:
    assert pressed("down", "pgdn", "end", rows=20).offset == 0


def test_the_orders_take_turns() -> None:
    assert [pressed(*"s" * times).routes for times in range(5)] == [*ROUTE_ORDERS, "time"]
    assert [pressed(*"t" * times).threads for times in range(6)] == [*THREAD_ORDERS, "number"]


@pytest.mark.parametrize("key", ["?", "h", "escape", "x"])
def test_the_help_covers_the_screen_until_the_next_key(key: str) -> None:
    helped = pressed("down", "?")
    assert helped.is_help
    assert footer(helped, rows=20, room=23) == "any key: back   q quit"
    assert after_key(helped, key, rows=20, room=23) == AT_FIRST


def test_the_last_row_names_the_keys_the_orders_and_the_rows_that_are_shown() -> None:
    assert footer(AT_FIRST, rows=20, room=23) == "q quit   ? help   s routes by time   t threads by number"
    assert footer(pressed("s", "end"), rows=60, room=23).endswith(
        "s routes by rate   t threads by number   rows 38-60 of 60"
    )


def test_the_help_names_every_order_within_a_small_terminal() -> None:
    rows = help_text().splitlines()
    assert max(map(len, rows)) <= 80 and len(rows) <= 23
    assert all(name in help_text() for name in (*ROUTE_ORDERS, *THREAD_ORDERS))


@given(
    st.lists(
        st.text(max_size=3) | st.sampled_from(["up", "down", "pgup", "pgdn", "home", "end", "?", "s", "t"])
    ),
    st.integers(0, 99),
    st.integers(1, 50),
)
def test_no_key_shows_rows_that_are_not_there(keys: list[str], rows: int, room: int) -> None:
    view = AT_FIRST
    for key in keys:
        after = after_key(view, key, rows=rows, room=room)
        if after is None:
            return
        view = after
        assert 0 <= view.offset <= max(0, rows - room)
