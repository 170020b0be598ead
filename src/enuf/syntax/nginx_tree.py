"""An nginx configuration as it was read: directives with places, and the values that hold by inheritance."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

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
"""Directives that hold only in the block that contains them."""


class Place(msgspec.Struct, frozen=True):
    """The place of a word: line and columns count from 1, column 0 means unknown."""

    line: int
    column: int
    end_column: int


class ParsedDirective(msgspec.Struct, frozen=True, kw_only=True):
    """`name args;` or `name args { block }`, with included directives in the place of an include."""

    name: str
    args: tuple[str, ...]
    file: str
    line: int
    name_place: Place
    places: tuple[Place, ...]
    """The place of each argument."""
    block: tuple[ParsedDirective, ...] | None = None
    by_name: dict[str, tuple[ParsedDirective, ...]] = msgspec.field(default_factory=dict)
    """A cache of `block` by name, filled on first use."""

    def inside(self, name: str) -> tuple[ParsedDirective, ...]:
        """Return the directives of a name directly inside the block."""
        if self.block and not self.by_name:
            self.by_name.update(_sorted_by_name(self.block))
        return self.by_name.get(name, ())

    def below(self) -> Iterator[ParsedDirective]:
        """Yield the directives inside the block at any depth, in no order."""
        stack = list(self.block or ())
        while stack:
            each = stack.pop()
            yield each
            stack += each.block or ()

    def arg(self, index: int = 0) -> str:
        """Return the argument at an index, empty if there are fewer."""
        return self.args[index] if index < len(self.args) else ""

    def place(self, index: int = 0) -> Place:
        """Return the place of the argument at an index, or of the name if there are fewer."""
        return self.places[index] if index < len(self.places) else self.name_place


def _sorted_by_name(level: Iterable[ParsedDirective]) -> dict[str, tuple[ParsedDirective, ...]]:
    sorted_out: dict[str, list[ParsedDirective]] = {}
    for each in level:
        sorted_out.setdefault(each.name, []).append(each)
    return {name: tuple(held) for name, held in sorted_out.items()}


class DirectiveIndex:
    """The directives of each level by name and by first argument, sorted once.

    A level is identified by its tuple object: the tuple must live as long as the index.
    """

    def __init__(self) -> None:
        self._by_name: dict[int, dict[str, tuple[ParsedDirective, ...]]] = {}
        self._by_argument: dict[int, dict[str, ParsedDirective]] = {}

    def named(self, level: tuple[ParsedDirective, ...], name: str) -> tuple[ParsedDirective, ...]:
        """Return the directives of a name on the level."""
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
    """A directive with the blocks around it, the outermost first."""

    directive: ParsedDirective
    chain: tuple[ParsedDirective, ...]
    top: tuple[ParsedDirective, ...]
    levels: DirectiveIndex = msgspec.field(default_factory=DirectiveIndex)
    """Shared by all matches of one configuration, so that many locations do not mean many walks."""

    def around(self, name: str) -> ParsedDirective | None:
        """Return the innermost enclosing block of a name, such as `server`; None if there is none."""
        return next((block for block in reversed(self.chain) if block.name == name), None)

    def inherited(self, name: str) -> tuple[ParsedDirective, ...]:
        """Return the directives of a name that hold here: those of the nearest level that has any.

        One inner `uwsgi_param` therefore drops all outer ones (F145).
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

    def is_overruled_by(self, names: Collection[str]) -> bool:
        """Return True if a directive of another one of these names follows in the block: of several passes nginx takes the last."""
        around = (self.chain[-1].block or ()) if self.chain else ()
        last = next((each for each in reversed(around) if each.name in names), None)
        return last is not None and last.name != self.directive.name

    def value(self, name: str) -> str:
        """Return the first argument of the last directive of a name that holds here, empty if none does."""
        here = self.inherited(name)
        return here[-1].arg() if here else ""


class Include(msgspec.Struct, frozen=True, kw_only=True):
    """An `include` line and the files that it includes."""

    pattern: str
    file: str
    line: int
    place: Place
    files: tuple[str, ...]
    assumed: bool = False
    """True if the file is one that every nginx package brings and that was not found here."""


class NginxProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that nginx would refuse.

    The kinds are `syntax`, `unterminated`, `arguments`, `context`, `absent`, `loop` and `limit`.
    """

    kind: str
    text: str
    file: str
    line: int
    directive: str = ""


class NginxConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A main nginx.conf, or a site file alone, which is read as a part of `http {}`."""

    file: str
    context: str
    """Context of the top level: `main`, `http`, `server` or `location`."""
    directives: tuple[ParsedDirective, ...]
    includes: tuple[Include, ...] = ()
    problems: tuple[NginxProblem, ...] = ()
    files: tuple[str, ...] = ()
    levels: DirectiveIndex = msgspec.field(default_factory=DirectiveIndex)
    """A cache of `directives`, filled on use."""
    matches: dict[tuple[str, ...], tuple[DirectiveMatch, ...]] = msgspec.field(default_factory=dict)
    """The results of `find`, which rules ask for repeatedly."""
    upstreams: dict[str, tuple[ParsedDirective, ...]] = msgspec.field(default_factory=dict)
    """The `server` lines of each upstream, filled on first use."""
    unseen: dict[str, bool] = msgspec.field(default_factory=dict)
    """Whether a file includes another one that could not be read, filled on use."""

    def find(self, *names: str) -> Iterator[DirectiveMatch]:
        """Return an iterator over the directives of these names, at any depth, in the order of the file.

        What is in `stream` and `mail` is left out: words such as server and proxy_pass mean something else there.
        """
        if names not in self.matches:
            self.matches[names] = tuple(self._walk(*names))
        return iter(self.matches[names])

    def find_in_stream(self, *names: str) -> Iterator[DirectiveMatch]:
        """Yield the directives of these names in the `stream` block."""
        return (match for match in self._walk(*names, all_modules=True) if match.around("stream") is not None)

    def _walk(self, *names: str, all_modules: bool = False) -> Iterator[DirectiveMatch]:
        wanted = frozenset(names)
        stack: list[tuple[ParsedDirective, tuple[ParsedDirective, ...]]] = [
            (each, ()) for each in reversed(self.directives)
        ]
        while stack:
            directive, chain = stack.pop()
            if directive.name in wanted:
                yield DirectiveMatch(directive, chain, self.directives, self.levels)
            if directive.block and (all_modules or chain or directive.name not in ("stream", "mail")):
                inner = (*chain, directive)
                stack += [(each, inner) for each in reversed(directive.block)]

    def servers(self) -> tuple[DirectiveMatch, ...]:
        """Return the `server` blocks of http, without the `server` lines of upstreams."""
        return tuple(match for match in self.find("server") if match.directive.block is not None)

    def upstream(self, name: str) -> tuple[ParsedDirective, ...]:
        """Return the `server` lines of `upstream name`, empty if there is no such block."""
        if not self.upstreams:
            for match in self.find("upstream"):
                self.upstreams.setdefault(match.directive.arg(), match.directive.inside("server"))
        return self.upstreams.get(name, ())
