"""Conditions of `--fail-if`, parsed.

    condition = figure COMPARISON amount
    figure    = [topology] ["/" scenario] "." name | name
    amount    = NUMBER | [NUMBER "*"] reference
    reference = figure | [topology] ["/" scenario]

A part that is left out on the left means every one that was measured. On the right, a part that is left out is taken
from the row that is judged: `p99_ms > 2 * p50_ms`, `nginx-uwsgi.rps < 2 * nginx-gunicorn`. `before` in the place of a
topology is the row's counterpart in an earlier report. A path of --url is a scenario: `nginx-uwsgi/articles.rps`.
"""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Callable
from decimal import Decimal
from typing import NoReturn

import msgspec

from enuf.bench.figures import FIGURES
from enuf.bench.wrong import BenchUsage

BEFORE = "before"
"""The word for the earlier report of `enuf bench compare`."""
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_TOKEN = re.compile(
    r"(?P<number>\d+(?:\.\d+)?)|(?P<comparison>[<>]=?|[=!]=)|(?P<times>\*)|(?P<reference>[A-Za-z/.][\w/.%~-]*)",
    re.ASCII,
)
_REFERENCE = re.compile(
    r"(?P<topology>[A-Za-z][\w-]*)?(?:/(?P<scenario>\w[\w/%~-]*))?(?:\.(?P<figure>[A-Za-z]\w*))?", re.ASCII
)
_UNITS = frozenset(("ms", "s", "us", "µs", "mb", "kb", "gb", "%"))


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of a row; a part that is empty was left out."""

    topology: str = ""
    scenario: str = ""
    figure: str = ""

    def __str__(self) -> str:
        subject = self.topology + (f"/{self.scenario}" if self.scenario else "")
        return ".".join(filter(None, (subject, self.figure)))


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """A figure and an amount that it is compared with: `factor` alone, or `factor` times what `other` refers to."""

    figure: Reference
    comparison: str
    factor: float
    other: Reference | None = None

    def __str__(self) -> str:
        return f"{self.figure} {self.comparison} {self.amount}"

    @property
    def amount(self) -> str:
        """Return the right side."""
        number = f"{Decimal(str(self.factor)):f}".removesuffix(".0")
        if self.other is None:
            return number
        return str(self.other) if self.factor == 1 else f"{number} * {self.other}"

    @property
    def needs_before(self) -> bool:
        """Return True if the condition refers to an earlier report."""
        return self.other is not None and self.other.topology == BEFORE


class _Token(msgspec.Struct, frozen=True):
    kind: str
    text: str
    start: int


def parse_condition(text: str) -> Condition:
    """Return the condition that a text states. Raise BenchUsage with the position of what is wrong."""
    tokens = _Tokens(text)
    figure = tokens.reference("a figure, such as p99_ms or nginx-uwsgi.rps")
    if not figure.figure:
        tokens.refuse(_without_figure(figure))
    comparison = tokens.take("comparison", f"a comparison: {' '.join(COMPARISONS)}").text
    factor, other = 1.0, None
    if tokens.is_next("number"):
        factor = float(tokens.take("number", "").text)
        if tokens.is_next("times"):
            tokens.take("times", "")
            other = tokens.reference("a topology or a figure")
    else:
        other = tokens.reference("a number, a topology or a figure")
    tokens.end()
    return Condition(figure=figure, comparison=comparison, factor=factor, other=other)


class _Tokens:
    """The tokens of a condition, taken from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._begun = 0

    def is_next(self, kind: str) -> bool:
        """Return True if the next token is of this kind."""
        token = self._peek()
        return token is not None and token.kind == kind

    def take(self, kind: str, expected: str) -> _Token:
        """Return the next token. Raise BenchUsage where the next token is of another kind."""
        token = self._peek()
        if token is None or token.kind != kind:
            raise self._error(f"here must stand {expected}", self._start())
        self._begun, self._at = token.start, token.start + len(token.text)
        return token

    def reference(self, expected: str) -> Reference:
        """Return the reference that comes next. Raise BenchUsage where none comes, or one to an unknown figure."""
        text = self.take("reference", expected).text
        match = _REFERENCE.fullmatch(text)
        if not match:
            self.refuse(f"{text} is not of the form topology/scenario.figure")
        if text in FIGURES:
            return Reference(figure=text)
        reference = Reference(**match.groupdict(""))
        if reference.figure and reference.figure not in FIGURES:
            self.refuse(f"there is no figure {reference.figure}{_near(reference.figure)}")
        return reference

    def end(self) -> None:
        """Raise BenchUsage if text is left."""
        rest = self._text[self._start() :].rstrip()
        if rest.lower() in _UNITS:
            raise self._error("a number has no unit: the names of the figures say it", self._start())
        if rest:
            raise self._error("the condition ends before this", self._start())

    def refuse(self, reason: str) -> NoReturn:
        """Raise BenchUsage about the token that was taken last."""
        raise self._error(reason, self._begun)

    def _start(self) -> int:
        return len(self._text) - len(self._text[self._at :].lstrip())

    def _peek(self) -> _Token | None:
        match = _TOKEN.match(self._text, self._start())
        return _Token(match.lastgroup or "", match[0], match.start()) if match else None

    def _error(self, reason: str, at: int) -> BenchUsage:
        return BenchUsage(
            f"--fail-if {self._text!r}, character {at + 1}: {reason}",
            "as in: p99_ms > 50, or nginx-uwsgi/hello.rps < 2 * nginx-gunicorn",
        )


def _without_figure(named: Reference) -> str:
    """Return why words on the left that name no figure cannot be followed."""
    near = [] if named.scenario else difflib.get_close_matches(named.topology, FIGURES, n=1)
    if near:
        return f"there is no figure {named}, did you mean {near[0]}?"
    return f"{named} is no figure; {named}.p99_ms would be one"


def _near(word: str) -> str:
    """Return the figure that was probably meant; empty when no figure is near."""
    near = difflib.get_close_matches(word, FIGURES, n=1)
    return f", did you mean {near[0]}?" if near else f": one of {', '.join(FIGURES)}"
