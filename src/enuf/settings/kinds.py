"""Kinds of single values: how each is read from TOML and from one line of text, and its name in messages.

`read` takes a value of TOML, `read_text` the text of a flag or an environment variable. The only exception
that both raise is ValueError with a sentence for the user.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable

import msgspec

from enuf.model.numbers import decimal
from enuf.settings.formats import any_lines, one_line
from enuf.settings.values import Duration, Size, shown

_LONGEST = 1024  # no form is longer, and int() refuses thousands of digits in words of its own
_BOOLS = {
    "true": True,
    "1": True,
    "on": True,
    "yes": True,
    "false": False,
    "0": False,
    "off": False,
    "no": False,
}


class Kind(msgspec.Struct, frozen=True):
    """The kind of value that a setting takes."""

    @property
    def words(self) -> str:
        """The name of the kind in a message, after "is not"."""
        raise NotImplementedError

    def read(self, raw: object) -> object:
        """Check a value of TOML, and return it in its final type."""
        raise NotImplementedError

    def read_text(self, text: str) -> object:
        """Parse the text of a flag or an environment variable."""
        return self.read(text)

    def refusal(self, raw: object, more: str = "") -> ValueError:
        """Return the error for a value of another kind."""
        return ValueError(f"{shown(raw)} is not {self.words}{more}")


class Text(Kind, frozen=True):
    """Text on one line, or on several where the schema marks it so."""

    lines: bool = False

    @property
    def words(self) -> str:
        """The name of the kind in a message."""
        return "text in quotes"

    def read(self, raw: object) -> str:
        """Return the text. Raise ValueError for another type or a control character."""
        if not isinstance(raw, str):
            raise self.refusal(raw)
        return any_lines(raw) if self.lines else one_line(raw)


class FormattedText(Kind, frozen=True):
    """A value that is written as text in a special format, and parsed by `parse`."""

    parse: Callable[[str], object]
    noun: str
    takes_numbers: bool = False
    """True if `parse` has a better message for a bare number than "is not text"."""

    @property
    def words(self) -> str:
        """The name of the kind in a message."""
        return self.noun

    def read(self, raw: object) -> object:
        """Parse the text."""
        is_number = isinstance(raw, int | float) and not isinstance(raw, bool)
        if not isinstance(raw, str) and not (is_number and self.takes_numbers):
            raise self.refusal(raw)
        text = one_line(raw if isinstance(raw, str) else shown(raw))
        if len(text) > _LONGEST:
            raise self.refusal(text)
        return self.parse(text)


class Limited(Kind, frozen=True):
    """A duration or size within bounds in seconds or bytes."""

    inner: FormattedText
    low: float | None = None
    high: float | None = None
    step: float | None = None

    @property
    def words(self) -> str:
        """The name of the kind in a message."""
        return self.inner.words

    def read(self, raw: object) -> object:
        """Parse the text, and check the bounds."""
        value = self.inner.read(raw)
        assert isinstance(value, Duration | Size)
        amount = value.seconds if isinstance(value, Duration) else value.bytes
        if self.low is not None and amount < self.low:
            raise ValueError(f'"{value}" is too little: write "{self._spelled(value, self.low)}" or more')
        if self.high is not None and amount > self.high:
            raise ValueError(f'"{value}" is too much: write "{self._spelled(value, self.high)}" or less')
        if self.step is not None and amount % self.step:
            raise ValueError(
                f'"{value}" is too fine: write whole seconds, like "{Duration(float(int(amount)))}"'
            )
        return value

    def _spelled(self, like: Duration | Size, amount: float) -> str:
        return str(Duration(amount) if isinstance(like, Duration) else Size(int(amount)))


class Switch(Kind, frozen=True):
    """A boolean."""

    @property
    def words(self) -> str:
        """The name of the kind in a message."""
        return "true or false"

    def read(self, raw: object) -> bool:
        """Return the boolean."""
        if isinstance(raw, bool):
            return raw
        raise self.refusal(raw, ": write it without quotes" if isinstance(raw, str) else "")

    def read_text(self, text: str) -> object:
        """Parse one of true, false and their synonyms."""
        if text.strip().lower() not in _BOOLS:
            raise self.refusal(text, f": write one of {', '.join(_BOOLS)}")
        return _BOOLS[text.strip().lower()]


class Number(Kind, frozen=True):
    """A whole number within bounds."""

    low: float | None = None
    high: float | None = None

    @property
    def words(self) -> str:
        """The name of the kind in a message."""
        low, high = self.low, self.high
        bounds = "" if low is None else f" of {low} or more" if high is None else f" from {low} to {high}"
        return f"a whole number{bounds}"

    def read(self, raw: object) -> int:
        """Return the number, if it is within the bounds."""
        if not isinstance(raw, int) or isinstance(raw, bool):
            raise self.refusal(raw)
        if (self.low is not None and raw < self.low) or (self.high is not None and raw > self.high):
            raise self.refusal(raw)
        return raw

    def read_text(self, text: str) -> object:
        """Parse decimal digits."""
        digits = text.strip()
        number = decimal(digits.removeprefix("-"))
        if number is None:
            raise self.refusal(text)
        return self.read(-number if digits.startswith("-") else number)


class OneOf(Kind, frozen=True):
    """A few fixed words, each for a value, and optionally another kind."""

    choices: dict[str, object]
    other: Kind | None = None

    @property
    def words(self) -> str:
        """The name of the kind in a message."""
        return _either([*(f'"{word}"' for word in self.choices), *([self.other.words] if self.other else [])])

    def read(self, raw: object) -> object:
        """Return the value of the word, or the value of the other kind."""
        return self._read(raw, lambda other: other.read(raw))

    def read_text(self, text: str) -> object:
        """Return the value of the word, or the value of the other kind."""
        return self._read(text, lambda other: other.read_text(text))

    def _read(self, raw: object, read_other: Callable[[Kind], object]) -> object:
        if isinstance(raw, str) and raw in self.choices:
            return self.choices[raw]
        if self.other is None:
            raise self.refusal(raw, did_you_mean(raw, self.choices))
        try:
            return read_other(self.other)
        except ValueError as error:
            words = _either([f'"{word}"' for word in self.choices])
            raise ValueError(f"{error}; possible too: {words}") from None


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Return `: did you mean "x"?` for the nearest known word; empty if no word is near."""
    text = str(word).lower()
    # A number is not misspelt: 500 is another status than 504.
    near = [] if text.isdigit() else difflib.get_close_matches(text, list(known), n=1)
    return f': did you mean "{near[0]}"?' if near else ""


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
