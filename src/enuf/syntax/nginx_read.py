"""A reader of nginx configurations: crossplane splits and checks, this module builds the tree with includes.

The oracle is `nginx -T`. Text comes from a callback: nothing in this module opens a file.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence

import msgspec
from crossplane.analyzer import CONTEXTS, analyze, enter_block_ctx
from crossplane.errors import NgxParserBaseException

from enuf.syntax.nginx_stock import STOCK
from enuf.syntax.nginx_tokens import (
    CONTEXT_BLOCKS,
    Token,
    context_of,
    read_tokens,
    swallows_a_line,
    top_names,
    without_lone_placeholders,
)
from enuf.syntax.nginx_tree import Include, NginxConfig, NginxProblem, ParsedDirective, Place

DEPTH_LIMIT = 64
_MARK = "\ufeff"
DIRECTIVES_LIMIT = 20_000
INCLUDE_DEPTH_LIMIT = 16


class NginxSources(msgspec.Struct, frozen=True, kw_only=True):
    """The callbacks by which the reader gets at files."""

    read: Callable[[str], str | None]
    glob: Callable[[str], Sequence[str]] = lambda _pattern: ()
    folders: tuple[str, ...] = ()
    """Absolute folders in which a relative include is looked up before the folders around the file."""
    is_elsewhere: Callable[[str, str], bool] = lambda _path, _pattern: False
    """Return True for a file beside the site that lies in another folder where nginx runs."""
    located: Callable[[str], str] = str
    """Return the file behind a path that an include names, for diagnostics to point at."""


def read_nginx(path: str, sources: NginxSources) -> NginxConfig:
    """Return the configuration that begins with this file (absolute path).

    What cannot be read is recorded as a problem of the configuration.
    """
    return _Reader(path, sources).read()


class _Open(msgspec.Struct):
    """A block that is being read."""

    words: tuple[Token, ...]
    context: tuple[str, ...]
    children: list[ParsedDirective] = msgspec.field(default_factory=list)


class _Reader:
    def __init__(self, path: str, sources: NginxSources) -> None:
        self.path, self.sources = path, sources
        self.problems: list[NginxProblem] = []
        self.includes: list[Include] = []
        self.files: list[str] = []
        self.count = 0
        self.is_circular = False
        """True once a file included itself: nginx ends there, and a circle of many files is never read to its end."""
        parent = posixpath.dirname(path)
        self.folders = (*sources.folders, parent)
        self.alone = False
        self.read_before: dict[tuple[str, tuple[str, ...]], tuple[ParsedDirective, ...]] = {}

    def read(self) -> NginxConfig:
        text = self.sources.read(self.path)
        if text is None:
            self._problem("absent", "it cannot be read", self.path, 1)
            return self._config("http", ())
        tokens = list(self._tokens(text, self.path))
        context = context_of(top_names(tokens))
        self.alone = context != "main"
        if self.alone:  # relative includes of a site in /etc/nginx/sites-enabled count from /etc/nginx
            self.folders = (*self.folders, posixpath.dirname(self.folders[-1]))
        return self._config(context, self._tree(tokens, self.path, CONTEXT_BLOCKS[context], (self.path,)))

    def _config(self, context: str, directives: tuple[ParsedDirective, ...]) -> NginxConfig:
        return NginxConfig(
            file=self.path,
            context=context,
            directives=directives,
            includes=tuple(self.includes),
            problems=tuple(self.problems),
            files=tuple(dict.fromkeys([self.path, *self.files])),
        )

    def _problem(self, kind: str, text: str, file: str, line: int, directive: str = "") -> None:
        problem = NginxProblem(kind=kind, text=text, file=file, line=line, directive=directive)
        if problem not in self.problems:
            self.problems.append(problem)

    def _tokens(self, text: str, file: str) -> Iterator[Token]:
        if text.startswith(_MARK):
            text = " " + text[1:]  # nginx refuses the mark; the lines behind it are read all the same
        text, placeholders = without_lone_placeholders(text)
        for line in placeholders:  # they may stand for any directives, as an include of an unseen file does
            self.includes.append(
                Include(pattern="$", file=file, line=line, place=Place(line, 0, 0), files=())
            )
        try:
            yield from read_tokens(text, file)
        except NgxParserBaseException as error:
            self._problem("syntax", str(error.strerror), file, error.lineno or 1)

    def _tree(
        self, tokens: Sequence[Token], file: str, context: tuple[str, ...], opened: tuple[str, ...]
    ) -> tuple[ParsedDirective, ...]:
        """Return the directives of one file, built without recursion: nesting may be of any depth."""
        blocks = [_Open(words=(), context=context)]
        words: list[Token] = []
        skipped = 0
        for token in tokens:
            punctuation = "" if token.quoted else token.text
            if skipped:
                skipped += {"{": 1, "}": -1}.get(punctuation, 0)
            elif punctuation == ";":
                self._close(words, blocks[-1], file, opened)
            elif punctuation == "{":
                skipped = 0 if self._opens(words, blocks, file) else 1
            elif punctuation == "}":
                if words:
                    self._cut_short(words, file)
                _leave(blocks, file)
            else:
                words.append(token)
                continue
            words = []
        if words:
            self._problem("syntax", 'unexpected end of file, expecting ";" or "}"', file, words[0].place.line)
        while len(blocks) > 1:
            _leave(blocks, file)
        return tuple(blocks[0].children)

    def _opens(self, words: Sequence[Token], blocks: list[_Open], file: str) -> bool:
        """Open a block and return True, or return False for a block that must be skipped."""
        around = blocks[-1].context
        if not self._check(words, "{", file, around) or len(blocks) >= DEPTH_LIMIT:
            return False
        inner = tuple(enter_block_ctx({"directive": words[0].text}, around))
        blocks.append(_Open(words=tuple(words), context=inner))
        return True

    def _close(self, words: Sequence[Token], block: _Open, file: str, opened: tuple[str, ...]) -> None:
        """Add the simple directive that ends here. An include adds the directives of its files."""
        if not words or not self._check(words, ";", file, block.context):
            return
        directive = _directive(words, file, None)
        self.count += 1
        if self.count > DIRECTIVES_LIMIT:
            self._problem("limit", f"it comes to more than {DIRECTIVES_LIMIT} directives", self.path, 1)
            return
        if directive.name == "include" and directive.args:
            block.children += self._included(directive, block.context, opened)
        else:
            block.children.append(directive)

    def _cut_short(self, words: Sequence[Token], file: str) -> None:
        name = words[0].text
        text = f'directive "{name}" is not terminated by ";"'
        self._problem("unterminated", text, file, words[0].place.line, name)

    def _check(self, words: Sequence[Token], punctuation: str, file: str, context: tuple[str, ...]) -> bool:
        """Record what nginx would refuse in a statement.

        Return False if the statement was split wrongly, so that the words do not belong together.
        """
        if not words:
            return punctuation != "{"
        name, args = words[0].text, [word.text for word in words[1:]]
        line = words[0].place.line
        if swallows_a_line(words):
            self._problem("unterminated", f'directive "{name}" is not terminated by ";"', file, line, name)
            return False
        known = context if context in CONTEXTS else ()
        if context and not known:
            return True
        try:
            analyze(
                file,
                {"directive": name, "args": args, "line": line},
                punctuation,
                known,
                check_ctx=bool(known or not self.alone),
            )
        except NgxParserBaseException as error:
            text = str(error.strerror)
            unterminated = "is not terminated" in text or "has no opening" in text
            other = "context" if "not allowed here" in text else "arguments"
            kind = "unterminated" if unterminated else other
            self._problem(kind, text, file, line, name)
            return not unterminated
        return True

    def _included(
        self, include: ParsedDirective, context: tuple[str, ...], opened: tuple[str, ...]
    ) -> tuple[ParsedDirective, ...]:
        pattern = include.arg()
        paths, assumed = ([], False) if self.is_circular else self._resolve(pattern)
        self.includes.append(
            Include(
                pattern=pattern,
                file=include.file,
                line=include.line,
                place=include.place(),
                files=tuple(paths),
                assumed=assumed,
            )
        )
        directives: list[ParsedDirective] = []
        for path in paths:
            if path in opened or len(opened) > INCLUDE_DEPTH_LIMIT:
                self._problem("loop", f"{pattern} includes itself", include.file, include.line, "include")
                self.is_circular = True
                continue
            text = STOCK[posixpath.basename(path)] if assumed else self.sources.read(path)
            if text is None:
                self._problem("absent", f"{pattern} cannot be read", include.file, include.line, "include")
                continue
            path = path if assumed else self.sources.located(path)
            if not assumed:
                self.files.append(path)
            if (path, context) not in self.read_before:
                tokens = list(self._tokens(text, path))
                self.read_before[path, context] = self._tree(tokens, path, context, (*opened, path))
            directives += self.read_before[path, context]
        if not paths and not assumed and not self.is_circular and not _is_pattern(pattern):
            self._problem("absent", f"{pattern} is not there", include.file, include.line, "include")
        return tuple(directives)

    def _resolve(self, pattern: str) -> tuple[list[str], bool]:
        folders = [""] if pattern.startswith("/") else self.folders
        for folder in folders:
            path = posixpath.normpath(posixpath.join(folder, pattern)) if folder else pattern
            if _is_pattern(pattern):
                paths = list(self.sources.glob(path))
            else:
                is_there = self.sources.read(path) is not None
                paths = [path] if is_there and not self.sources.is_elsewhere(path, pattern) else []
            if paths:
                return paths, False
        stock = self.alone and posixpath.basename(pattern) in STOCK
        return [posixpath.join(self.folders[0], pattern)] if stock else [], stock


def _leave(blocks: list[_Open], file: str) -> None:
    if len(blocks) > 1:
        block = blocks.pop()
        blocks[-1].children.append(_directive(block.words, file, tuple(block.children)))


def _directive(
    words: Sequence[Token], file: str, block: tuple[ParsedDirective, ...] | None
) -> ParsedDirective:
    first, rest = words[0], words[1:]
    if first.text == "location" and len(rest) == 1:
        rest = _modifier_and_path(rest[0])
    return ParsedDirective(
        name=first.text,
        args=tuple(word.text for word in rest),
        file=file,
        line=first.place.line,
        name_place=first.place,
        places=tuple(word.place for word in rest),
        block=block,
    )


def _modifier_and_path(word: Token) -> Sequence[Token]:
    """Return `^~/static` as the two words that nginx takes it for."""
    modifier = next((sign for sign in ("^~", "~*", "~", "=") if word.text.startswith(sign)), "")
    if (
        not modifier
        or len(word.text) == len(modifier)
        or word.place.end_column - word.place.column != len(word.text)
    ):
        return (word,)
    middle = word.place.column + len(modifier)
    return (
        msgspec.structs.replace(
            word, text=modifier, place=msgspec.structs.replace(word.place, end_column=middle)
        ),
        msgspec.structs.replace(
            word, text=word.text[len(modifier) :], place=msgspec.structs.replace(word.place, column=middle)
        ),
    )


def _is_pattern(text: str) -> bool:
    return any(char in text for char in "*?[")
