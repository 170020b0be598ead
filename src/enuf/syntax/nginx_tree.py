"""An nginx configuration as it was read: every directive with its place, and what holds where by inheritance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

NOT_INHERITED = frozenset(
    (
        "uwsgi_pass",
        "proxy_pass",
        "fastcgi_pass",
        "scgi_pass",
        "grpc_pass",
        "try_files",
        "return",
        "rewrite",
        "listen",
        "server_name",
        "include",
    )
)
"""Directives that hold only in the very block that they stand in."""


class Place(msgspec.Struct, frozen=True):
    """Where a word stands: line and columns from 1; column 0 when it is not known."""

    line: int
    column: int
    end_column: int


class ParsedDirective(msgspec.Struct, frozen=True, kw_only=True):
    """`name args;` or `name args { block }`, includes already put in their place."""

    name: str
    args: tuple[str, ...]
    file: str
    line: int
    name_place: Place
    places: tuple[Place, ...]
    """Where each argument stands."""
    block: tuple[ParsedDirective, ...] | None = None
    by_name: dict[str, tuple[ParsedDirective, ...]] = msgspec.field(default_factory=dict)
    """Filled at the first question; says nothing that `block` does not say."""

    def inside(self, name: str) -> tuple[ParsedDirective, ...]:
        """Return the directives of that name that stand directly in the block."""
        if self.block and not self.by_name:
            self.by_name.update(_sorted_by_name(self.block))
        return self.by_name.get(name, ())

    def arg(self, number: int = 0) -> str:
        """An argument, empty when there are not so many."""
        return self.args[number] if number < len(self.args) else ""

    def place(self, number: int = 0) -> Place:
        """Where an argument stands; the name's place when there is no such argument."""
        return self.places[number] if number < len(self.places) else self.name_place


def _sorted_by_name(level: Iterable[ParsedDirective]) -> dict[str, tuple[ParsedDirective, ...]]:
    sorted_out: dict[str, list[ParsedDirective]] = {}
    for each in level:
        sorted_out.setdefault(each.name, []).append(each)
    return {name: tuple(held) for name, held in sorted_out.items()}


class DirectiveIndex:
    """The directives of each level by name and by first argument, sorted once.

    A level goes by the identity of its tuple: the tuple must live as long as this object.
    """

    def __init__(self) -> None:
        self._by_name: dict[int, dict[str, tuple[ParsedDirective, ...]]] = {}
        self._by_argument: dict[int, dict[str, ParsedDirective]] = {}

    def named(self, level: tuple[ParsedDirective, ...], name: str) -> tuple[ParsedDirective, ...]:
        """Return the directives of that name on the level."""
        if id(level) not in self._by_name:
            self._by_name[id(level)] = _sorted_by_name(level)
        return self._by_name[id(level)].get(name, ())

    def by_argument(self, held: tuple[ParsedDirective, ...]) -> Mapping[str, ParsedDirective]:
        """Return the last directive for each first argument, of directives that `named` returned."""
        if not held:
            return {}
        if id(held) not in self._by_argument:
            self._by_argument[id(held)] = {each.arg(): each for each in held}
        return self._by_argument[id(held)]


class DirectiveMatch(msgspec.Struct, frozen=True):
    """A directive together with the blocks around it, the outermost first."""

    directive: ParsedDirective
    chain: tuple[ParsedDirective, ...]
    top: tuple[ParsedDirective, ...]
    levels: DirectiveIndex = msgspec.field(default_factory=DirectiveIndex)
    """Shared by all that was found in one configuration, so that many locations do not mean many walks."""

    def around(self, name: str) -> ParsedDirective | None:
        """The innermost block of that name around it: `server`, `location`."""
        return next((block for block in reversed(self.chain) if block.name == name), None)

    def inherited(self, name: str) -> tuple[ParsedDirective, ...]:
        """The directives of that name that hold here: those of the nearest level that has any.

        So one inner `uwsgi_param` drops all outer ones (F145).
        """
        levels = [self.top, *(block.block or () for block in self.chain)]
        if self.directive.block is not None:
            levels.append(self.directive.block)
        if name in NOT_INHERITED:
            levels = levels[-1:]
        for level in reversed(levels):
            here = self.levels.named(level, name)
            if here:
                return here
        return ()

    def value(self, name: str) -> str:
        """The first argument of the last such directive that holds here, empty when there is none."""
        here = self.inherited(name)
        return here[-1].arg() if here else ""


class Include(msgspec.Struct, frozen=True, kw_only=True):
    """An `include` line and the files that it stands for."""

    pattern: str
    file: str
    line: int
    place: Place
    files: tuple[str, ...]
    assumed: bool = False
    """True when the file is one that every nginx package brings and that was not found here."""


class NginxProblem(msgspec.Struct, frozen=True, kw_only=True):
    """What nginx would refuse: `syntax`, `unterminated`, `arguments`, `context`, `absent`, `loop`, `limit`."""

    kind: str
    text: str
    file: str
    line: int
    directive: str = ""


class NginxConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A main nginx.conf, or a site file alone, which is understood as standing in `http {}`."""

    file: str
    context: str
    """Where its top level stands: `main`, `http`, `server` or `location`."""
    directives: tuple[ParsedDirective, ...]
    includes: tuple[Include, ...] = ()
    problems: tuple[NginxProblem, ...] = ()
    files: tuple[str, ...] = ()
    levels: DirectiveIndex = msgspec.field(default_factory=DirectiveIndex)
    """Filled while questions are asked; says nothing that `directives` does not say."""
    matches: dict[tuple[str, ...], tuple[DirectiveMatch, ...]] = msgspec.field(default_factory=dict)
    """The answers of `find`, which rules ask again and again."""
    upstreams: dict[str, tuple[ParsedDirective, ...]] = msgspec.field(default_factory=dict)
    """The `server` lines of each upstream, filled at the first question."""
    unseen: dict[str, bool] = msgspec.field(default_factory=dict)
    """Whether a file includes something that could not be read, filled while questions are asked."""

    def find(self, *names: str) -> Iterator[DirectiveMatch]:
        """Every directive of these names, at any depth, in the order of the file."""
        if names not in self.matches:
            self.matches[names] = tuple(self._walk(*names))
        return iter(self.matches[names])

    def _walk(self, *names: str) -> Iterator[DirectiveMatch]:
        wanted = frozenset(names)
        stack: list[tuple[ParsedDirective, tuple[ParsedDirective, ...]]] = [
            (each, ()) for each in reversed(self.directives)
        ]
        while stack:
            directive, chain = stack.pop()
            if directive.name in wanted:
                yield DirectiveMatch(directive, chain, self.directives, self.levels)
            if directive.block:
                inner = (*chain, directive)
                stack += [(each, inner) for each in reversed(directive.block)]

    def servers(self) -> tuple[DirectiveMatch, ...]:
        """The `server` blocks of http, not the `server` lines of an upstream."""
        return tuple(match for match in self.find("server") if match.directive.block is not None)

    def upstream(self, name: str) -> tuple[ParsedDirective, ...]:
        """The `server` lines of `upstream name`, empty when there is no such block."""
        if not self.upstreams:
            for match in self.find("upstream"):
                self.upstreams.setdefault(match.directive.arg(), match.directive.inside("server"))
        return self.upstreams.get(name, ())
