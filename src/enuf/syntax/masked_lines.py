"""The lines of a file as they are printed, without the secrets in them."""

from __future__ import annotations

import bisect

import msgspec

from enuf.model.secrets import MASK, Span, joined, masked
from enuf.syntax.secret_spans import spans_of
from enuf.syntax.uwsgi_lines import LineIndex

SHORTEST = 3
"""A shorter secret occurs in too many other words to be searched for."""


class MaskedLine(msgspec.Struct, frozen=True):
    """A source line as it is printed, with the places of its secrets."""

    line_number: int
    """Counts from 1; 0 if the file has no such line."""
    text: str
    source: str
    spans: tuple[Span, ...]

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets of the line, the longest first."""
        texts = {self.source[start:end].strip() for start, end in self.spans}
        return tuple(sorted((each for each in texts if len(each) >= SHORTEST), key=len, reverse=True))

    def column(self, column: int) -> int:
        """Return the column of the printed line that shows a column of the source. Columns count from 1."""
        shift = 0
        for start, end in self.spans:
            if column - 1 >= end:
                shift += len(MASK) - (end - start)
            elif column - 1 > start:
                return start + 1 + shift
        return column + shift


class MaskedFile:
    """A file with its secrets, which returns single masked lines."""

    def __init__(self, kind: str, text: str) -> None:
        self._line_index = LineIndex(text)
        self._spans = joined(spans_of(kind, text))
        self._ends = [end for _, end in self._spans]

    def line(self, line_number: int) -> MaskedLine:
        """Return a line, counted from 1; an empty one if the file has no such line."""
        starts, text = self._line_index.starts, self._line_index.text
        if not 0 < line_number <= len(starts) or not text:
            return MaskedLine(0, "", "", ())
        first, last = (
            starts[line_number - 1],
            starts[line_number] - 1 if line_number < len(starts) else len(text),
        )
        spans = []
        for start, end in self._spans[bisect.bisect_right(self._ends, first) :]:
            if start >= last:
                break
            spans.append((max(start, first) - first, min(end, last) - first))
        source = text[first:last]
        return MaskedLine(line_number, masked(source, spans), source, tuple(spans))

    def lines(self) -> dict[str, str]:
        """Return each line with a secret in it, mapped to its printed form."""
        every = (self.line(line_number) for line_number in range(1, len(self._line_index.starts) + 1))
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
