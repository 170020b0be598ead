"""The lines of a file as they are printed: without the secrets in them."""

from __future__ import annotations

import bisect

import msgspec

from enuf.model.secrets import MASK, Span, joined, masked
from enuf.syntax.secret_spans import spans_of
from enuf.syntax.uwsgi_lines import LineIndex

SHORTEST = 3
"""A shorter secret stands in too many other words to be looked for there."""


class MaskedLine(msgspec.Struct, frozen=True):
    """A source line as it is printed, and the secrets that were in it."""

    number: int
    """0 where the file has no such line."""
    text: str
    source: str
    spans: tuple[Span, ...]

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets, the longest first."""
        texts = {self.source[start:end].strip() for start, end in self.spans}
        return tuple(sorted((each for each in texts if len(each) >= SHORTEST), key=len, reverse=True))

    def column(self, column: int) -> int:
        """Return where a column of the source is in the printed line."""
        shift = 0
        for start, end in self.spans:
            if column - 1 >= end:
                shift += len(MASK) - (end - start)
            elif column - 1 > start:
                return start + 1 + shift
        return column + shift


class MaskedFile:
    """A file whose lines are asked for one by one."""

    def __init__(self, kind: str, text: str) -> None:
        self._ruler = LineIndex(text)
        self._spans = joined(spans_of(kind, text))
        self._ends = [end for _, end in self._spans]

    def line(self, number: int) -> MaskedLine:
        """Return a line, counted from 1; an empty one where there is none."""
        starts, text = self._ruler.starts, self._ruler.text
        if not 0 < number <= len(starts) or not text:
            return MaskedLine(0, "", "", ())
        first, last = starts[number - 1], starts[number] - 1 if number < len(starts) else len(text)
        spans = []
        for start, end in self._spans[bisect.bisect_right(self._ends, first) :]:
            if start >= last:
                break
            spans.append((max(start, first) - first, min(end, last) - first))
        source = text[first:last]
        return MaskedLine(number, masked(source, spans), source, tuple(spans))

    def lines(self) -> dict[str, str]:
        """Return each line with a secret in it, and how it is printed."""
        every = (self.line(number) for number in range(1, len(self._ruler.starts) + 1))
        return {line.source: line.text for line in every if line.spans}


def masked_difference(difference: str, kind: str, *texts: str) -> str:
    """Return a unified diff between the texts without the secrets in its lines."""
    known: dict[str, str] = {}
    for text in texts:
        known.update(MaskedFile(kind, text).lines())
    lines = (_masked_line(line, known) for line in difference.split("\n"))
    return "\n".join(lines)


def _masked_line(line: str, known: dict[str, str]) -> str:
    return line[:1] + known.get(line[1:], line[1:])
