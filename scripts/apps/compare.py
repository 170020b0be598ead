"""Compare the answers of enuf with gunicorn's: what differs, apart from what varies at gunicorn alone."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence

import msgspec
from scripts.apps.catalog import Ask
from scripts.apps.masks import Template, fits, has_gap, template_of
from scripts.apps.visitor import Answer

STATUS, BODY = "status", "body"


class Difference(msgspec.Struct, frozen=True):
    """One part of an answer, that enuf gives another value than gunicorn."""

    ask: Ask
    part: str
    """`status`, `body`, or the name of a header in lower case."""
    ours: str
    theirs: str
    answer: Answer
    """The whole answer of enuf."""
    oracle: Answer
    """The whole answer of gunicorn."""


class Comparison(msgspec.Struct, frozen=True):
    """The differences of all requests, and how many of their parts vary at gunicorn itself."""

    requests: int
    varying: int
    differences: list[Difference]


def compare(
    asks: Sequence[Ask], ours: Sequence[Answer], before: Sequence[Answer], after: Sequence[Answer]
) -> Comparison:
    """Compare each answer of enuf with gunicorn's answers from `before` and `after` enuf was asked."""
    varying, differences = 0, []
    varying_bodies = {
        ask.path for ask, first, second in zip(asks, before, after, strict=True) if first.body != second.body
    }
    for ask, answer, first, second in zip(asks, ours, before, after, strict=True):
        if first.status != second.status:
            # an unsteady oracle proves nothing: never a reason to look away
            theirs = f"{first.status}, then {second.status}"
            differences.append(Difference(ask, STATUS, answer.status, theirs, answer, first))
            continue
        for part, our_text, template in _parts(answer, first, second):
            is_length = part == "content-length" and (has_gap(template) or ask.path in varying_bodies)
            varying += has_gap(template)
            if is_length:
                template = [str(len(answer.body))] if ask.method != "HEAD" else [our_text]
            if not fits(template, our_text):
                theirs = (
                    first.status if part == STATUS else text_of(first) if part == BODY else first.header(part)
                )
                differences.append(Difference(ask, part, our_text, theirs, answer, first))
    return Comparison(len(asks), varying, differences)


def _parts(answer: Answer, first: Answer, second: Answer) -> Iterator[tuple[str, str, Template]]:
    """Yield the name of each part, enuf's text, and what gunicorn's two texts have in common."""
    yield STATUS, answer.status, template_of(first.status, second.status)
    names = {name.lower() for each in (answer, first, second) for name, _ in each.headers}
    for name in sorted(names):
        yield name, answer.header(name), template_of(first.header(name), second.header(name))
    yield BODY, text_of(answer), template_of(text_of(first), text_of(second))


def text_of(answer: Answer) -> str:
    """Return the body as the app wrote it, one character a byte: compression is undone."""
    body = answer.body
    if answer.header("content-encoding") == "gzip" and body:
        try:
            body = gzip.decompress(body)
        except (OSError, EOFError, zlib.error):
            return f"no gzip: {body!r}"
    return body.decode("latin-1")
