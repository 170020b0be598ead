"""Parts of a sentence that follow each other without a text between them: `, 5 times in 10 s, last 09:04:35`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from enuf.language.templates import Found

MOST_PLACES = 40
SIGNS = (" ", ",", ";", ":", "(")
"""Characters that a part may begin with."""


Part = Callable[[str, bool], Found | None]
"""A function that translates a part, None for a text that is no message; the flag says that the part is the first one."""


def translate_joined(text: str, part: Part) -> Found:
    """Return the text with its parts translated: of all ways to cut it, the one in which the most letters agree, and of those the one with long parts.

    What is no part stays as it is.
    """
    places = [*_places(text), len(text)]
    if len(places) > MOST_PLACES:
        return Found(text, 0)

    @cache
    def best(number: int) -> Found:
        """Return the translation of the text from a place on."""
        start = places[number]
        if start == len(text):
            return Found("", 0)
        rest = best(number + 1)
        chosen = Found(text[start : places[number + 1]] + rest.text, rest.weight)
        for after in range(number + 1, len(places)):
            found = part(text[start : places[after]], number == 0)
            rest = best(after)
            if found is not None and found.weight + rest.weight >= chosen.weight:
                chosen = Found(found.text + rest.text, found.weight + rest.weight)
        return chosen

    return best(0)


def _places(text: str) -> Iterator[int]:
    """Yield the places at which a part may begin: the start, a sign or blank after a word, and a word after those."""
    yield 0
    for at in range(1, len(text)):
        if _is_sign(text, at) != _is_sign(text, at - 1):
            yield at


def _is_sign(text: str, at: int) -> bool:
    """Return True for a blank or a sign that separates parts; the colons of a time or an address do not."""
    return text[at] in " ,;(" or text[at : at + 2] == ": "
