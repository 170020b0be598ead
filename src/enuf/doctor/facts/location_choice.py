"""The location that nginx chooses for a path, as far as its patterns can be tried."""

from __future__ import annotations

import posixpath
import re

import msgspec

from enuf.doctor.facts.location_patterns import path_pattern
from enuf.doctor.facts.nginx import directives_in
from enuf.syntax.nginx_tree import DirectiveMatch, ParsedDirective

PASSES = ("uwsgi_pass", "proxy_pass", "fastcgi_pass", "scgi_pass", "grpc_pass")
_LOCATIONS_LIMIT = 100
_EXTENSIONS = re.compile(r"\\\.(?:\((?:\?:)?)?([a-z0-9|]+)")


class RegexLocation(msgspec.Struct, frozen=True):
    """A location with a regular expression. The pattern is None if it cannot be tried."""

    location: ParsedDirective
    pattern: re.Pattern[str] | None

    def matches(self, path: str) -> bool:
        """Return True if the pattern certainly matches the path."""
        return self.pattern is not None and self.pattern.search(path) is not None

    @property
    def extensions(self) -> tuple[str, ...]:
        """The suffixes that the pattern names, such as `css` and `js`."""
        found = _EXTENSIONS.findall(self.location.arg(1).lower())
        return tuple(dict.fromkeys(each for part in found for each in part.split("|") if each))[:20]


class LocationChoice:
    """The locations of a server block, in the order in which nginx tries them."""

    def __init__(self, server: ParsedDirective) -> None:
        self.exact: dict[str, ParsedDirective] = {}
        self.prefixes: dict[str, ParsedDirective] = {}
        self.regexes: list[RegexLocation] = []
        for each in directives_in(server, "location")[:_LOCATIONS_LIMIT]:
            modifier, path = (each.arg(), each.arg(1)) if len(each.args) == 2 else ("", each.arg())
            if modifier in ("~", "~*"):
                pattern = path_pattern(path, ignore_case=modifier == "~*")
                self.regexes.append(RegexLocation(each, pattern))
            elif modifier == "=":
                self.exact.setdefault(path, each)
            elif not path.startswith("@"):
                self.prefixes.setdefault(path, each)

    @property
    def is_known(self) -> bool:
        """True if every pattern can be tried."""
        return all(each.pattern is not None for each in self.regexes)

    def prefix(self, path: str) -> ParsedDirective | None:
        """Return the longest prefix location of a path."""
        fitting = [each for each in self.prefixes if path.startswith(each)]
        return self.prefixes[max(fitting, key=len)] if fitting else None

    def chosen(self, path: str) -> ParsedDirective | None:
        """Return the location that answers a path; None if there is none or a pattern cannot be tried."""
        if path in self.exact:
            return self.exact[path]
        prefix = self.prefix(path)
        if prefix is not None and prefix.arg() == "^~":
            return prefix
        for each in self.regexes:
            if each.pattern is None:
                return None
            if each.matches(path):
                return each.location
        return prefix


def location_path(location: ParsedDirective) -> str:
    """Return the path or the pattern of a location."""
    return location.args[-1] if location.args else ""


def as_written(location: ParsedDirective) -> str:
    """Return a location as it is written."""
    return f"location {' '.join(location.args)}"


def passes_on(location: ParsedDirective) -> bool:
    """Return True if a location hands its requests to a server behind nginx."""
    return bool(directives_in(location, *PASSES))


def file_of(match: DirectiveMatch, path: str) -> str:
    """Return the file that a location looks up for a path, empty if that is not certain."""
    location = match.directive
    alias = directives_in(location, "alias")
    named = alias or match.inherited("root")
    folder = named[-1].arg() if named else ""
    if not folder.startswith("/") or "$" in folder:
        return ""
    if not alias:
        return posixpath.normpath(folder + path)
    prefix = location_path(location)
    return posixpath.normpath(folder + path.removeprefix(prefix)) if path.startswith(prefix) else ""
