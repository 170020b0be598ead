"""What varies from one request to the next, learnt from two answers of one server to the same request.

A text that is equal in both answers must be equal in a third one, too, that was given in between: also a time of
day that is written without its seconds.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

# A token, a signature or a number is one piece: half of it may be equal by chance.
_PIECE = re.compile(r"[\w.+/=:%~-]+|\s+|.", re.S)
_SEPARATORS = frozenset("<>\"' \t\r\n")
_PIECES_LIMIT = 4000
_VARIES_BY = 64


class Gap:
    """A place in a text where the two answers differ: how long the text there may be, and of which signs."""

    def __init__(self, first: str, second: str) -> None:
        self.at_most = max(len(first), len(second)) * 2 + _VARIES_BY
        self._foreign = _SEPARATORS - set(first) - set(second)

    def ends(self, text: str, at: int) -> Iterator[int]:
        """Yield where this gap may end: a number that varies does not become a tag or a sentence."""
        yield at
        for end in range(at, min(len(text), at + self.at_most)):
            if text[end] in self._foreign:
                return
            yield end + 1


Template = list[str | Gap]


def template_of(first: str, second: str) -> Template:
    """Return what is common to both texts, in order, with a gap wherever they differ."""
    if first == second:
        return [first]
    merged: Template = []
    for part in _by_lines(first.splitlines(keepends=True), second.splitlines(keepends=True)):
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    return merged


def fits(template: Template, text: str) -> bool:
    """Return True if the text has the common parts in their order, with nothing but gaps between them."""
    reached = {0}
    for part in template:
        if isinstance(part, Gap):
            reached = {end for at in reached for end in part.ends(text, at)}
        else:
            reached = {at + len(part) for at in reached if text.startswith(part, at)}
    return len(text) in reached


def has_gap(template: Template) -> bool:
    """Return True if the two answers differed."""
    return any(isinstance(part, Gap) for part in template)


def _by_lines(first: Sequence[str], second: Sequence[str]) -> Iterator[str | Gap]:
    matcher = difflib.SequenceMatcher(None, first, second, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            yield "".join(first[i1:i2])
        else:
            yield from _by_pieces("".join(first[i1:i2]), "".join(second[j1:j2]))


def _by_pieces(first: str, second: str) -> Iterator[str | Gap]:
    ours, theirs = _PIECE.findall(first), _PIECE.findall(second)
    if max(len(ours), len(theirs)) > _PIECES_LIMIT:
        yield Gap(first, second)
        return
    matcher = difflib.SequenceMatcher(None, ours, theirs, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            yield "".join(ours[i1:i2])
        else:
            yield Gap("".join(ours[i1:i2]), "".join(theirs[j1:j2]))
