"""Whole numbers in texts that others wrote.

`str.isdigit` also holds for digits that `int` refuses (a raised two), and `int` raises for thousands of
digits.
"""

from __future__ import annotations


def decimal(text: str, digits: int = 18) -> int | None:
    """Return the number written by `text`.

    Return None unless the text is 1 to `digits` of the digits 0 to 9 and nothing else.
    """
    if not text or len(text) > digits or not (text.isascii() and text.isdigit()):
        return None
    return int(text)


def leading_decimal(text: str, digits: int = 18) -> int | None:
    """Return the number that the text begins with, its first `digits` digits at most.

    Return None when it begins with none.
    """
    end = 0
    while end < min(len(text), digits) and text[end] in "0123456789":
        end += 1
    return int(text[:end]) if end else None
