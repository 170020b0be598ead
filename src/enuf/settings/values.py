"""Values that are written with a unit or an operator: durations, sizes, log rotation, a range of processes.

`parse_x(str(x)) == x` holds for each of them. The only exception that a parser raises is ValueError with a
sentence for the user.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import final

from enuf.model.numbers import decimal

_DURATION_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_SIZE_UNITS = {"g": 1 << 30, "m": 1 << 20, "k": 1 << 10, "b": 1}
_LONGEST_MS = 365 * _DURATION_UNITS["d"]
_LARGEST_BYTES = 1024 * _SIZE_UNITS["g"]
_MOST_PROCESSES = 256
_MOST_FILES = 999

_DURATION = re.compile("".join(f"(?:([0-9]{{1,12}}){unit})?" for unit in _DURATION_UNITS))
_SIZE = re.compile(r"([0-9]{1,15})([bkmgBKMG])")
_ROTATE = re.compile(r"([0-9]+[A-Za-z]) *[x×] *([0-9]{1,3})")
_RATE_UNITS = {"s": 1, "m": 60}
_MOST_REQUESTS = 10_000
_RATE = re.compile(r"([0-9]{1,6}) */ *([sm])(?: +burst +([0-9]{1,6}))?")
_RANGE = re.compile(r"([0-9]{1,3})\.\.([0-9]{1,3})")
_LOOSE_PART = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?) *([A-Za-z]*) *")

# What people write first; only used to guess what they meant.
_DURATION_WORDS = {
    "": "s",
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("day", "days"), "d"),
    **dict.fromkeys(("msec", "millisecond", "milliseconds"), "ms"),
}
_SIZE_WORDS = {
    "": "b",
    "kb": "k",
    "kib": "k",
    "mb": "m",
    "mib": "m",
    "gb": "g",
    "gib": "g",
    "byte": "b",
    "bytes": "b",
}


@final
@dataclass(frozen=True, slots=True)
class Duration:
    """A duration in whole milliseconds, at most a year."""

    seconds: float

    def __post_init__(self) -> None:
        in_range = math.isfinite(self.seconds) and 0 <= self.seconds * 1000 <= _LONGEST_MS
        if not in_range or round(self.seconds * 1000) / 1000 != self.seconds:
            raise ValueError(f"{self.seconds} is no duration: whole milliseconds from 0s to 365d are")

    def __str__(self) -> str:
        rest, parts = round(self.seconds * 1000), ""
        for unit, factor in _DURATION_UNITS.items():
            count, rest = divmod(rest, factor)
            parts += f"{count}{unit}" if count else ""
        return parts or "0s"


@final
@dataclass(frozen=True, slots=True)
class Size:
    """A number of bytes, at most 1024 GiB; k, m and g are powers of 1024, as in nginx."""

    bytes: int

    def __post_init__(self) -> None:
        if not 0 <= self.bytes <= _LARGEST_BYTES:
            raise ValueError(f"{self.bytes} is no size: 0b to 1024g are")

    def __str__(self) -> str:
        if not self.bytes:
            return "0b"
        unit, factor = next(item for item in _SIZE_UNITS.items() if self.bytes % item[1] == 0)
        return f"{self.bytes // factor}{unit}"


@final
@dataclass(frozen=True, slots=True)
class Rotate:
    """The size at which a new log file begins, and the number of old ones to keep."""

    size: Size
    keep: int

    def __post_init__(self) -> None:
        if self.size.bytes < _SIZE_UNITS["k"] or not 1 <= self.keep <= _MOST_FILES:
            raise ValueError(f"'{self}' is no rotation: at least 1k a file, and 1 to {_MOST_FILES} files")

    def __str__(self) -> str:
        return f"{self.size} x {self.keep}"


@final
@dataclass(frozen=True, slots=True)
class ProcessRange:
    """The least and the largest number of processes; the load decides between them."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if not 1 <= self.low <= self.high <= _MOST_PROCESSES:
            raise ValueError(f"'{self}' is no range: write the smaller number first, 1 to {_MOST_PROCESSES}")

    def __str__(self) -> str:
        return f"{self.low}..{self.high}"


@final
@dataclass(frozen=True, slots=True)
class Rate:
    """A number of requests in a second or a minute, and how many of them may come at once."""

    count: int
    unit: str
    burst: int | None = None
    """None: as many as `count`."""

    def __post_init__(self) -> None:
        counts = (self.count, self.at_once)
        if self.unit not in _RATE_UNITS or not all(1 <= each <= _MOST_REQUESTS for each in counts):
            raise ValueError(f"'{self}' is no rate: 1 to {_MOST_REQUESTS} requests are")

    @property
    def at_once(self) -> int:
        """The number of requests that may come at once."""
        return self.count if self.burst is None else self.burst

    @property
    def unit_s(self) -> int:
        """The length of the unit in seconds."""
        return _RATE_UNITS[self.unit]

    def __str__(self) -> str:
        return f"{self.count}/{self.unit}" + ("" if self.burst is None else f" burst {self.burst}")


def parse_rate(text: str) -> Rate:
    """Parse a rate: `10/s`, or `100/m burst 20`."""
    match = _RATE.fullmatch(text)
    if not match:
        raise ValueError(
            f'{shown(text)} is not a rate: write requests per second or minute, like "10/s" or "100/m burst 20"'
        )
    return Rate(int(match[1]), match[2], int(match[3]) if match[3] else None)


def parse_duration(text: str) -> Duration:
    """Parse a duration: `30s`, `5m`, `1h30m` or `250ms`."""
    match = _DURATION.fullmatch(text)
    if not text or not match:
        guess = _guess(text, _DURATION_UNITS, _DURATION_WORDS, _LONGEST_MS)
        meant = "" if guess is None else str(Duration(guess / 1000))
        advice = f'write "{meant}"' if meant else 'write it like "30s", "5m" or "1h30m"'
        raise ValueError(_lacks_unit(text, advice) or f"{shown(text)} is not a duration: {advice}")
    counts = [int(count or 0) for count in match.groups()]
    total = sum(count * factor for count, factor in zip(counts, _DURATION_UNITS.values(), strict=True))
    if total > _LONGEST_MS:
        raise ValueError(f"{shown(text)} is too long: the longest duration is 365d")
    return Duration(total / 1000)


def parse_size(text: str) -> Size:
    """Parse a size: `16m`, `32k`, `2g` or `512b`."""
    match = _SIZE.fullmatch(text)
    if not match:
        guess = _guess(text, _SIZE_UNITS, _SIZE_WORDS, _LARGEST_BYTES)
        # A bare 16 hardly means 16 bytes; a bare 16777216 does mean 16m.
        meant = (
            ""
            if guess is None or (decimal(text) is not None and guess < _SIZE_UNITS["k"])
            else str(Size(guess))
        )
        advice = f'write "{meant}"' if meant else 'write it like "512k", "16m" or "2g"'
        raise ValueError(_lacks_unit(text, advice) or f"{shown(text)} is not a size: {advice}")
    total = int(match[1]) * _SIZE_UNITS[match[2].lower()]
    if total > _LARGEST_BYTES:
        raise ValueError(f"{shown(text)} is too large: the largest size is 1024g")
    return Size(total)


def parse_rotate(text: str) -> Rotate:
    """Parse a log rotation: `50m x 5` begins a new file at 50 MiB and keeps five old ones."""
    match = _ROTATE.fullmatch(text)
    if not match:
        raise ValueError(f'{shown(text)} is not a rotation: write size x files, like "50m x 5"')
    return Rotate(parse_size(match[1]), int(match[2]))


def parse_process_range(text: str) -> ProcessRange:
    """Parse a range of processes: `2..8`."""
    match = _RANGE.fullmatch(text)
    if not match:
        raise ValueError(f'{shown(text)} is not a range of processes: write it like "2..8"')
    return ProcessRange(int(match[1]), int(match[2]))


def shown(value: object) -> str:
    """Return a value as an error message quotes it: short, on one line, with control characters escaped."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return repr(value if len(value) <= 60 else f"{value[:57]}...")
        case int() | float():
            # str() of an int with thousands of digits raises.
            return "a huge number" if isinstance(value, int) and abs(value) >= 10**18 else str(value)
        case list() | tuple():
            return "a list"
        case dict():
            return "a table"
        case _:
            return str(value)


def _guess(text: str, units: Mapping[str, int], words: Mapping[str, str], limit: int) -> int | None:
    """Return the probable meaning of `30 sec`, `1.5h`, `16 MB` or a bare number, in the smallest unit.

    Return None if the meaning is unclear.
    """
    parts = list(_LOOSE_PART.finditer(text))
    if "".join(part[0] for part in parts) != text:
        return None
    total = Fraction(0)
    for part in parts:
        unit = words.get(part[2].lower(), part[2].lower())
        # A number without a unit beside one that has it (`1h30`) could mean anything.
        if unit not in units or (not part[2] and len(parts) > 1):
            return None
        total += Fraction(part[1]) * units[unit]
    return int(total) if 0 < total <= limit and total.denominator == 1 else None


def _lacks_unit(text: str, advice: str) -> str:
    """Return the refusal of a bare number; empty for any other text."""
    is_bare = re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", text) is not None
    return f"{shown(text)} has no unit: {advice}" if is_bare else ""
