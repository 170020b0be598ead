"""The regular expressions of nginx locations, as far as Python matches them alike and quickly."""

from __future__ import annotations

import re
import warnings
from functools import cached_property

from enuf.doctor.facts.nginx import HANDLERS, directives_in
from enuf.syntax.nginx_tree import ParsedDirective

_PATTERN_LIMIT = 300
_PATTERNS_LIMIT = 50
_NAMES_LIMIT = 20
_GROUPS_LIMIT = 2
_REPEATED_GROUP = re.compile(r"\)[+*{]")


class DenyingLocations:
    """The regex locations of a server that deny requests or pass them on."""

    def __init__(self, server: ParsedDirective) -> None:
        self._server = server

    def reachable(self, names: tuple[str, ...], prefix: str) -> tuple[str, ...]:
        """Return the names below a prefix that no location denies; none if that is unknown."""
        if self._patterns is None:
            return ()
        base = prefix if prefix.endswith("/") else f"{prefix}/"
        return tuple(name for name in names[:_NAMES_LIMIT] if not self._takes(f"{base}{name}"))

    def _takes(self, path: str) -> bool:
        return any(pattern.search(path) or pattern.search(f"{path}/x") for pattern in self._patterns or ())

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...] | None:
        patterns: list[re.Pattern[str]] = []
        for each in directives_in(self._server, "location"):
            if (
                len(each.args) == 2
                and each.arg() in ("~", "~*")
                and (is_denied(each) or directives_in(each, *HANDLERS))
            ):
                pattern = path_pattern(each.arg(1), ignore_case=each.arg() == "~*")
                if pattern is None or len(patterns) == _PATTERNS_LIMIT:
                    return None
                patterns.append(pattern)
        return tuple(patterns)


def is_denied(block: ParsedDirective) -> bool:
    """Return True if a block denies all requests and allows none."""
    return any(each.arg() == "all" for each in directives_in(block, "deny")) and not directives_in(
        block, "allow"
    )


def path_pattern(text: str, *, ignore_case: bool) -> re.Pattern[str] | None:
    """Compile the regular expression of a location.

    Return None for one that Python reads differently or may match too slowly.
    """
    if len(text) > _PATTERN_LIMIT or not _is_quick(text):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return re.compile(text.replace("(?<", "(?P<"), re.IGNORECASE if ignore_case else 0)
        except (re.error, OverflowError, RecursionError):
            return None


def _is_quick(text: str) -> bool:
    """Return True for a pattern that matches any path in linear time.

    Patterns and paths come from untrusted files, and Python's matcher tries all combinations of choices.
    """
    plain = re.sub(r"\\.", "a", text)
    if _REPEATED_GROUP.search(plain) or (plain.count("|") and plain.count("(") > _GROUPS_LIMIT):
        return False
    if plain.count("?") > _GROUPS_LIMIT + plain.count("(?"):
        return False
    body = plain.removesuffix("$").removesuffix(".*").removesuffix(".+")
    repeats = len(re.findall(r"[*+]|\{\d*,\}", body))
    return repeats == 0 or (repeats == 1 and body.startswith("^"))
