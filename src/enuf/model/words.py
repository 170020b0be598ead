"""The language of a text for people, for code below the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

DOCUMENTATION = "https://github.com/enuf/enuf/tree/main/docs"
"""Where the documentation of every version can be read."""


class Words(NamedTuple):
    """The functions that put English sentences and labels into the language of the reader."""

    sentence: Callable[[str], str]
    label: Callable[[str], str]


ENGLISH = Words(str, str)
