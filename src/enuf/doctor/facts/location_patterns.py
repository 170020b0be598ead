"""The regular expressions of nginx locations, as far as Python matches them alike and quickly."""

from __future__ import annotations

import re
import warnings
from functools import cached_property

from enuf.doctor.facts.nginx import HANDLERS, own
from enuf.syntax.nginx_tree import Directive

_PATTERN_LIMIT = 300
_PATTERNS_LIMIT = 50
_NAMES_LIMIT = 20
_GROUPS_LIMIT = 2
_REPEATED_GROUP = re.compile(r"\)[+*{]")


class KeptBack:
    """The regex locations of a server that deny requests or hand them to someone else."""

    def __init__(self, server: Directive) -> None:
        self._server = server

    def reachable(self, names: tuple[str, ...], prefix: str) -> tuple[str, ...]:
        """Return the names below a prefix that none of the locations takes; none where that cannot be told."""
        if self._patterns is None:
            return ()
        base = prefix if prefix.endswith("/") else f"{prefix}/"
        return tuple(name for name in names[:_NAMES_LIMIT] if not self._takes(f"{base}{name}"))

    def _takes(self, path: str) -> bool:
        return any(pattern.search(path) or pattern.search(f"{path}/x") for pattern in self._patterns or ())

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...] | None:
        found: list[re.Pattern[str]] = []
        for each in own(self._server, "location"):
            if (
                len(each.args) == 2
                and each.arg() in ("~", "~*")
                and (is_denied(each) or own(each, *HANDLERS))
            ):
                pattern = _pattern(each.arg(1), ignore_case=each.arg() == "~*")
                if pattern is None or len(found) == _PATTERNS_LIMIT:
                    return None
                found.append(pattern)
        return tuple(found)


def is_denied(block: Directive) -> bool:
    return any(each.arg() == "all" for each in own(block, "deny")) and not own(block, "allow")


def _pattern(text: str, *, ignore_case: bool) -> re.Pattern[str] | None:
    """The regular expression of a location, None for one that Python reads otherwise or that might take for ever."""
    if len(text) > _PATTERN_LIMIT or not _is_quick(text):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return re.compile(text.replace("(?<", "(?P<"), re.IGNORECASE if ignore_case else 0)
        except (re.error, OverflowError, RecursionError):
            return None


def _is_quick(text: str) -> bool:
    """True for a pattern that is matched in time in proportion to the path, whatever the path is.

    Patterns and paths come from whoever wrote the files, and Python's matcher tries out all combinations of choices.
    """
    signs = re.sub(r"\\.", "a", text)
    if _REPEATED_GROUP.search(signs) or (signs.count("|") and signs.count("(") > _GROUPS_LIMIT):
        return False
    if signs.count("?") > _GROUPS_LIMIT + signs.count("(?"):
        return False
    body = signs.removesuffix("$").removesuffix(".*").removesuffix(".+")
    repeats = len(re.findall(r"[*+]|\{\d*,\}", body))
    return repeats == 0 or (repeats == 1 and body.startswith("^"))
