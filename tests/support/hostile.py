"""Malformed texts in the grammar of the files that enuf reads, and a bound on the work of a reader."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator, Sequence
from types import FrameType

from hypothesis import strategies as st

LONGEST = 20_000
"""Characters of a generated text: enough to show work that grows with the square, small enough for many of them."""
CPU_LIMIT_S = 10.0
ODD = (
    "", "\n", "\r\n", "\r", "\t", " ", "\0", "\x0b", "\x0c", "\x1b[31m", "\x7f", "\x85", "\u2028", "\ufeff", "\ufffd", "é", "한", "\U0001f600", "\ud800",
    "0", "-1", "00", "1e999", "NaN", "9" * 25, "9" * 400, "0x10", "true", "null", "../", "/", "//", "~", "*", "?", "$", "%", "&", "\\", "\\\n", "'", '"',
    "(", ")", "[", "]", "{", "}", "<", ">", ";", ":", "::", ",", "#", "=", "@", "|", "`", "!", "^",
)  # fmt: skip
"""Texts that are unexpected in any grammar."""


def hostile(seeds: Sequence[str], tokens: Sequence[str]) -> st.SearchStrategy[str]:
    """Return a strategy for real texts that were cut, doubled and mixed, and for lines and tokens in any order."""
    lines = sorted({line for seed in seeds for line in seed.splitlines(keepends=True)} - {""})
    pieces = st.one_of(
        st.sampled_from([*tokens, *ODD]),
        st.sampled_from(lines),
        st.text(st.characters(exclude_categories=()), max_size=8),
    )
    return st.one_of(_mutated(list(seeds), pieces), st.lists(pieces, max_size=60).map("".join)).map(_bounded)


@st.composite
def _mutated(draw: st.DrawFn, seeds: list[str], pieces: st.SearchStrategy[str]) -> str:
    text = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 6))):
        begin = draw(st.integers(0, len(text)))
        width = draw(st.sampled_from((0, 0, 1, 2, 5, 20, 200)))
        new = draw(pieces | st.just(text[begin : begin + width])) * draw(
            st.sampled_from((1, 1, 1, 2, 20, 300))
        )
        text = _bounded(text[:begin] + new + text[begin + width :])
    return text


def _bounded(text: str) -> str:
    return text[:LONGEST]


def as_bytes(texts: st.SearchStrategy[str]) -> st.SearchStrategy[bytes]:
    """Return a strategy for the texts in an encoding that may be wrong, and for any bytes."""
    encoded = texts.map(lambda text: text.encode("utf-8", "surrogatepass"))
    return encoded | texts.map(lambda text: text.encode("utf-16", "surrogatepass")) | st.binary(max_size=300)


class Hangs(BaseException):
    """The error of a reader that used too much processor time; `except Exception` does not catch it."""


@contextlib.contextmanager
def bounded_work() -> Iterator[None]:
    """Raise Hangs in a block that uses more than `CPU_LIMIT_S` of this process's time, however busy the machine is."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Hangs(f"more than {CPU_LIMIT_S:g} s of processor time")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, CPU_LIMIT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
