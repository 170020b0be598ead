"""A number with a unit: atoi stops at the letter and reads 32k as 32 (F161, F203)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import all_options, is_number, without_comment
from enuf.doctor.rule import Diagnostic, Rule, at_option, write_value
from enuf.model.numbers import decimal

_SUFFIXED = re.compile(r"([0-9]+)([^0-9].*)", re.DOTALL)
_GROUPED = re.compile(r"[0-9]{1,3}(?:[ ,._'][0-9]{3}){1,5}")
_FACTORS = {"k": 1024, "kb": 1024, "m": 1024**2, "mb": 1024**2, "g": 1024**3, "gb": 1024**3}
_SECONDS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_IN_MEGABYTES = ("reload-on-rss", "reload-on-as", "evil-reload-on-rss", "evil-reload-on-as", "limit-as")
_BYTES = re.compile(r"(buffer|size|maxsize|post-buffering|limit-post|bufsize|stacksize)")

_USUAL_BUFFER, _LARGEST_BUFFER = 4096, 65535
"""Bytes of uWSGI's buffer without the option, and the most that the uwsgi protocol can announce."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every numeric option whose value is digits followed by other characters."""
    for _, option in all_options(evidence):
        match = (
            _SUFFIXED.fullmatch(without_comment(option))
            if is_number(option) and not option.unresolved
            else None
        )
        if match is None:
            continue
        meant = _meant(option.name, match)
        if option.name == "buffer-size" and int(match[1][:15]) >= _USUAL_BUFFER:
            meant = min(int(match[1][:15]), _LARGEST_BUFFER)
        harmless = meant is None or meant == int(match[1][:15])  # what no unit is may be a slip of the hand
        yield at_option(
            option,
            f"uWSGI reads no units: {option.key} is {match[1][:15]} here, not {without_comment(option)}",
            severity="warning" if harmless else None,
            hint=f"{option.key} = {meant}" if meant else "write a plain number",
            fix=write_value(option, str(meant)) if meant else None,
        )


def _meant(name: str, match: re.Match[str]) -> int | None:
    """Return the plain number that was meant, None if there is a doubt."""
    if _GROUPED.fullmatch(match[0]):
        return decimal(re.sub(r"[^0-9]", "", match[0]))
    number, unit = int(match[1][:15]), match[2].strip().lower()
    if name in _IN_MEGABYTES:
        return {"m": number, "mb": number, "g": number * 1024, "gb": number * 1024}.get(unit)
    if _BYTES.search(name):
        return number * _FACTORS[unit] if unit in _FACTORS else None
    return number * _SECONDS[unit] if unit in _SECONDS else None


RULE = Rule("U003", "buffer-size-suffix", "error", check)
