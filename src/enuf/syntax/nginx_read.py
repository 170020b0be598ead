"""Reads an nginx configuration: crossplane cuts and checks it, here it becomes a tree with places and includes.

The oracle is `nginx -T`. Text comes in through a callback, so nothing here opens a file.
"""

from __future__ import annotations

import io
import posixpath
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import msgspec
from crossplane.analyzer import CONTEXTS, DIRECTIVES, analyze, enter_block_ctx
from crossplane.errors import NgxParserBaseException
from crossplane.lexer import _balance_braces, _lex_file_object

from enuf.syntax.nginx_tree import Directive, Include, NginxConfig, NginxTrouble, Place

DEPTH_LIMIT = 64
DIRECTIVES_LIMIT = 50_000
INCLUDE_DEPTH_LIMIT = 16
STOCK = frozenset(
    (
        "uwsgi_params",
        "fastcgi_params",
        "scgi_params",
        "proxy_params",
        "mime.types",
        "fastcgi.conf",
        "koi-win",
        "koi-utf",
        "win-utf",
    )
)
"""Files that the packages put beside nginx.conf."""

_STOCK_PARAMS = ["QUERY_STRING", "$query_string", "REQUEST_METHOD", "$request_method", "CONTENT_TYPE", "$content_type", "CONTENT_LENGTH", "$content_length", "REQUEST_URI", "$request_uri", "PATH_INFO", "$document_uri", "DOCUMENT_ROOT", "$document_root", "SERVER_PROTOCOL", "$server_protocol", "REQUEST_SCHEME", "$scheme", "HTTPS", "$https", "REMOTE_ADDR", "$remote_addr", "REMOTE_PORT", "$remote_port", "SERVER_PORT", "$server_port", "SERVER_NAME", "$server_name"]
_STOCK_PROXY = ["Host", "$http_host", "X-Real-IP", "$remote_addr", "X-Forwarded-For", "$proxy_add_x_forwarded_for", "X-Forwarded-Proto", "$scheme"]
_STOCK_TEXTS = {
    "uwsgi_params": "\n".join(map("uwsgi_param {} {};".format, _STOCK_PARAMS[::2], _STOCK_PARAMS[1::2])),
    "proxy_params": "\n".join(map("proxy_set_header {} {};".format, _STOCK_PROXY[::2], _STOCK_PROXY[1::2])),
}
"""What a stock file says, for a site that is read without it. Debian's newest also sets HTTP_HOST (F148): not here."""

_COMMON = frozenset(("listen", "root", "index", "include", "alias", "return", "location", "server", "rewrite"))
_SERVER_ONLY = frozenset(("location", "listen", "server_name"))
_ESCAPES = {"t": "\t", "r": "\r", "n": "\n", '"': '"', "'": "'", "\\": "\\"}


class NginxWorld(msgspec.Struct, frozen=True, kw_only=True):
    """How the reader gets at files."""

    read: Callable[[str], str | None]
    glob: Callable[[str], Sequence[str]] = lambda _pattern: ()
    folders: tuple[str, ...] = ()
    """Absolute folders in which a relative include is looked up, before those that follow from the file's own place."""


def read_nginx(path: str, world: NginxWorld) -> NginxConfig:
    """The configuration that begins with this file (absolute path); what cannot be read becomes a trouble."""
    return _Reader(path, world).read()


def context_of(names: Sequence[str]) -> str:
    """Where directives of these names stand when nobody says: `main` for a whole nginx.conf, else `http` and so on."""
    if "http" in names or "events" in names:
        return "main"
    if "server" in names or "upstream" in names or "map" in names:
        return "http"
    if _SERVER_ONLY.intersection(names):
        return "server"
    return "location" if any(name.endswith(("_param", "_pass", "_set_header")) for name in names) else "http"


_CONTEXTS: dict[str, tuple[str, ...]] = {
    "main": (),
    "http": ("http",),
    "server": ("http", "server"),
    "location": ("http", "location"),
}


class _Token(msgspec.Struct, frozen=True):
    text: str
    quoted: bool
    place: Place


class _Reader:
    def __init__(self, path: str, world: NginxWorld) -> None:
        self.path, self.world = path, world
        self.troubles: list[NginxTrouble] = []
        self.includes: list[Include] = []
        self.files: list[str] = []
        self.count = 0
        parent = posixpath.dirname(path)
        self.folders = (*world.folders, parent)
        self.alone = False
        self.read_before: dict[tuple[str, tuple[str, ...]], tuple[Directive, ...]] = {}

    def read(self) -> NginxConfig:
        text = self.world.read(self.path)
        if text is None:
            self._trouble("absent", "it cannot be read", self.path, 1)
            return self._config("http", ())
        tokens = list(self._tokens(text, self.path))
        context = context_of(_top_names(tokens))
        self.alone = context != "main"
        if self.alone:  # a site in /etc/nginx/sites-enabled: includes count from /etc/nginx
            self.folders = (*self.folders, posixpath.dirname(self.folders[-1]))
        return self._config(context, self._tree(tokens, self.path, _CONTEXTS[context], (self.path,)))

    def _config(self, context: str, directives: tuple[Directive, ...]) -> NginxConfig:
        return NginxConfig(
            file=self.path,
            context=context,
            directives=directives,
            includes=tuple(self.includes),
            troubles=tuple(self.troubles),
            files=tuple(dict.fromkeys([self.path, *self.files])),
        )

    def _trouble(self, kind: str, text: str, file: str, line: int, directive: str = "") -> None:
        trouble = NginxTrouble(kind=kind, text=text, file=file, line=line, directive=directive)
        if trouble not in self.troubles:
            self.troubles.append(trouble)

    def _tokens(self, text: str, file: str) -> Iterator[_Token]:
        lines = text.split("\n")
        line_before, cursor = 0, 0
        try:
            for word, line, quoted in _balance_braces(_lex_file_object(io.StringIO(text)), file):
                if not quoted and word.startswith("#"):
                    continue
                if line != line_before:
                    line_before, cursor = line, 0
                source = lines[line - 1] if line <= len(lines) else ""
                at = source.find(word, cursor) if word else source.find('""', cursor)
                place = Place(line, at + 1, at + 1 + len(word)) if at >= 0 else Place(line, 0, 0)
                cursor = at + len(word) if at >= 0 else cursor
                yield _Token(word if quoted else _unescaped(word), quoted, place)
        except NgxParserBaseException as error:
            self._trouble("syntax", str(error.strerror), file, error.lineno or 1)

    def _tree(
        self, tokens: Sequence[_Token], file: str, context: tuple[str, ...], opened: tuple[str, ...]
    ) -> tuple[Directive, ...]:
        """The directives of one file, put together without recursion: nesting may be as deep as the file likes."""
        blocks: list[tuple[list[_Token], list[Directive], tuple[str, ...]]] = [([], [], context)]
        words: list[_Token] = []
        skipped = 0
        for token in tokens:
            sign = "" if token.quoted else token.text
            if skipped:
                skipped += {"{": 1, "}": -1}.get(sign, 0)
            elif sign == ";" or (sign == "}" and words):
                self._close(words, sign, blocks[-1], file, opened)
                words = []
                if sign == "}":
                    _leave(blocks, file)
            elif sign == "{":
                context_here = blocks[-1][2]
                if self._check(words, "{", file, context_here) and len(blocks) < DEPTH_LIMIT:
                    inner = tuple(enter_block_ctx({"directive": words[0].text}, context_here))
                    blocks.append((words, [], inner))
                else:
                    skipped = 1
                words = []
            elif sign == "}":
                _leave(blocks, file)
            else:
                words.append(token)
        if words:
            self._trouble("syntax", 'unexpected end of file, expecting ";" or "}"', file, words[0].place.line)
        while len(blocks) > 1:
            _leave(blocks, file)
        return tuple(blocks[0][1])

    def _close(self, words, sign, block, file, opened) -> None:  # type: ignore[no-untyped-def]
        """Add the simple directive that ends here; an include adds what it stands for."""
        if not words:
            return
        _, directives, context = block
        if sign == "}":
            self._trouble(
                "unterminated",
                f'directive "{words[0].text}" is not terminated by ";"',
                file,
                words[0].place.line,
                words[0].text,
            )
            return
        if not self._check(words, sign, file, context):
            return
        directive = _directive(words, file, None)
        self.count += 1
        if self.count > DIRECTIVES_LIMIT:
            return
        if directive.name == "include" and directive.args:
            directives += self._included(directive, context, opened)
        else:
            directives.append(directive)

    def _check(self, words: Sequence[_Token], sign: str, file: str, context: tuple[str, ...]) -> bool:
        """False for a statement that is cut wrongly, so that what follows it is no part of it."""
        if not words:
            return sign != "{"
        name, args = words[0].text, [word.text for word in words[1:]]
        line = words[0].place.line
        if _swallows_a_line(words):
            self._trouble("unterminated", f'directive "{name}" is not terminated by ";"', file, line, name)
            return False
        known = context if context in CONTEXTS else ()
        if context and not known:
            return True
        try:
            analyze(
                file,
                {"directive": name, "args": args, "line": line},
                sign,
                known,
                check_ctx=bool(known or not self.alone),
            )
        except NgxParserBaseException as error:
            text = str(error.strerror)
            unterminated = "is not terminated" in text or "has no opening" in text
            kind = (
                "unterminated" if unterminated else "context" if "not allowed here" in text else "arguments"
            )
            self._trouble(kind, text, file, line, name)
            return not unterminated
        return True

    def _included(
        self, include: Directive, context: tuple[str, ...], opened: tuple[str, ...]
    ) -> tuple[Directive, ...]:
        pattern = include.arg()
        paths, assumed = self._resolve(pattern)
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
        directives: list[Directive] = []
        for path in paths:
            if path in opened or len(opened) > INCLUDE_DEPTH_LIMIT:
                self._trouble("loop", f"{pattern} includes itself", include.file, include.line, "include")
                continue
            text = _STOCK_TEXTS.get(posixpath.basename(path), "") if assumed else self.world.read(path)
            if text is None:
                self._trouble("absent", f"{pattern} cannot be read", include.file, include.line, "include")
                continue
            if not assumed:
                self.files.append(path)
            if (path, context) not in self.read_before:
                tokens = list(self._tokens(text, path))
                self.read_before[path, context] = self._tree(tokens, path, context, (*opened, path))
            directives += self.read_before[path, context]
        if not paths and not assumed and not _is_pattern(pattern):
            self._trouble("absent", f"{pattern} is not there", include.file, include.line, "include")
        return tuple(directives)

    def _resolve(self, pattern: str) -> tuple[list[str], bool]:
        folders = [""] if pattern.startswith("/") else self.folders
        for folder in folders:
            path = posixpath.normpath(posixpath.join(folder, pattern)) if folder else pattern
            if _is_pattern(pattern):
                found = list(self.world.glob(path))
            else:
                found = [path] if self.world.read(path) is not None else []
            if found:
                return found, False
        stock = self.alone and posixpath.basename(pattern) in STOCK
        return [posixpath.join(self.folders[0], pattern)] if stock else [], stock


def _swallows_a_line(words: Sequence[_Token]) -> bool:
    """True when an argument begins a line and is a directive's name: the one before lacks its semicolon.

    nginx itself only complains of an invalid parameter there, or of nothing.
    """
    for before, word in pairwise(words):
        begins = word.place.line > before.place.line and not word.quoted
        if begins and word.text in DIRECTIVES and ("_" in word.text or word.text in _COMMON):
            return True
    return False


def _leave(blocks: list[tuple[list[_Token], list[Directive], tuple[str, ...]]], file: str) -> None:
    if len(blocks) > 1:
        words, children, _ = blocks.pop()
        blocks[-1][1].append(_directive(words, file, tuple(children)))


def _directive(words: Sequence[_Token], file: str, block: tuple[Directive, ...] | None) -> Directive:
    first, rest = words[0], words[1:]
    return Directive(
        name=first.text,
        args=tuple(word.text for word in rest),
        file=file,
        line=first.place.line,
        name_place=first.place,
        places=tuple(word.place for word in rest),
        block=block,
    )


def _top_names(tokens: Sequence[_Token]) -> list[str]:
    """The names of the directives outside of all blocks."""
    names, depth, fresh = [], 0, True
    for token in tokens:
        sign = "" if token.quoted else token.text
        if sign in ("{", "}"):
            depth += 1 if sign == "{" else -1
        elif sign != ";" and fresh and depth == 0:
            names.append(token.text)
        fresh = sign in ("{", "}", ";") or (fresh and depth > 0)
    return names


def _unescaped(word: str) -> str:
    """The word with nginx's escapes resolved; a backslash before any other character stays."""
    if "\\" not in word:
        return word
    out, position = [], 0
    while position < len(word):
        following = word[position + 1 : position + 2]
        if word[position] == "\\" and following in _ESCAPES and following:
            out.append(_ESCAPES[following])
            position += 2
        else:
            out.append(word[position])
            position += 1
    return "".join(out)


def _is_pattern(text: str) -> bool:
    return any(sign in text for sign in "*?[")


def as_data(directives: Sequence[Directive]) -> list[Any]:
    """Names, arguments and blocks alone, for comparisons."""
    return [
        [each.name, list(each.args), None if each.block is None else as_data(each.block)]
        for each in directives
    ]
