"""An nginx configuration as a tree, and its printer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from enuf.syntax.comments import Heading, Remark

__all__ = [
    "Block",
    "Directive",
    "Heading",
    "Node",
    "Remark",
    "Verbatim",
    "block",
    "directive",
    "quote",
    "to_text",
]

_INDENT = "    "
_WIDTH = 110
_VARIABLE = re.compile(r"\$\{\w+\}")
_BARE = re.compile(r"[^\s;{}\"'#]+")
_READ_AS_ESCAPE = re.compile(r"\\(?=[\\\"'trn]|$)")


class Directive(msgspec.Struct, frozen=True):
    """`name args;`, with an optional comment printed above."""

    name: str
    args: tuple[str, ...] = ()
    comment: str = ""
    holds_lines: bool = False
    """True where an argument may hold a line break, which is written as `\\n`; else a line break is an error."""


class Block(msgspec.Struct, frozen=True):
    """`name args { children }`, with an optional comment printed above."""

    name: str
    args: tuple[str, ...] = ()
    children: tuple[Node, ...] = ()
    comment: str = ""
    holds_lines: bool = False


class Verbatim(msgspec.Struct, frozen=True):
    """Text that the user wrote, printed unchanged between two marks."""

    text: str
    origin: str


Node = Directive | Block | Heading | Remark | Verbatim


def directive(name: str, *args: object, comment: str = "") -> Directive:
    """Return a directive with its arguments as text. Numbers are written as nginx reads them."""
    return Directive(name, tuple(str(arg) for arg in args), comment)


def block(name: str, *args: str, children: Iterable[Node], comment: str = "") -> Block:
    """Return a block with these children."""
    return Block(name, args, tuple(children), comment)


def quote(argument: str) -> str:
    """Return the argument as nginx must read it back: bare where possible, else in quotes.

    Raise ValueError for what no nginx syntax can express: a line break or NUL.
    """
    if any(char in argument for char in "\n\r\0"):
        raise ValueError(f"nginx cannot hold a line break in a value: {argument!r}")
    # nginx reads \" \' \\ \t \r \n as one character, in and out of quotes.
    # Any other backslash is literal: ~\.php$
    escaped = _READ_AS_ESCAPE.sub(r"\\\\", argument)
    if argument and _BARE.fullmatch(
        _VARIABLE.sub("x", argument)
    ):  # the braces of ${name} do not end the word
        return escaped
    mark = "'" if '"' in argument and "'" not in argument else '"'
    return mark + escaped.replace(mark, f"\\{mark}") + mark


def to_text(nodes: Iterable[Node]) -> str:
    """Return the text of a configuration file."""
    return "\n".join(_lines(nodes, 0)) + "\n"


def _lines(nodes: Iterable[Node], depth: int) -> Iterator[str]:
    pad = _INDENT * depth
    previous: Node | None = None
    for node in nodes:
        if previous is not None and _stands_apart(previous, node):
            yield ""
        previous = node
        match node:
            case Heading(text):
                yield f"{pad}# --- {' '.join(text.split())} ---"
            case Remark(text):
                yield from _comment(text, pad)
            case Verbatim(text, origin):
                yield f"{pad}# --- {origin}: your own lines, copied as they are ---"
                yield from (f"{pad}{line}".rstrip() for line in text.strip("\n").splitlines())
                yield f"{pad}# --- end of {origin} ---"
            case Directive(comment=comment):
                yield from _comment(comment, pad)
                yield from _wrapped(_words(node), pad, ";")
            case Block(children=children, comment=comment):
                yield from _comment(comment, pad)
                yield from _wrapped(_words(node), pad, " {")
                yield from _lines(children, depth + 1)
                yield f"{pad}}}"


def _words(node: Directive | Block) -> list[str]:
    return [
        _quote_lines(word) if node.holds_lines and "\n" in word else quote(word)
        for word in (node.name, *node.args)
    ]


def _quote_lines(argument: str) -> str:
    lines = [_READ_AS_ESCAPE.sub(r"\\\\", line).replace('"', '\\"') for line in argument.split("\n")]
    return '"' + "\\n".join(lines) + '"'


def _stands_apart(previous: Node, node: Node) -> bool:
    """Return True if an empty line must show the reader that something else begins."""
    if isinstance(previous, Heading):
        return isinstance(node, Heading)
    if isinstance(node, Heading | Remark | Verbatim) or isinstance(previous, Block | Verbatim):
        return True
    if isinstance(previous, Remark):  # without an empty line, two comments would look like one
        return isinstance(node, Directive | Block) and bool(node.comment)
    return isinstance(node, Block)


def _wrapped(words: list[str], pad: str, end: str) -> Iterator[str]:
    """Yield the words on one line, or on several if they are too long for one."""
    line = pad + words[0]
    for word in words[1:]:
        if len(line) + 1 + len(word) > _WIDTH and line.strip():
            yield line
            line = f"{pad}{_INDENT}{word}"
        else:
            line += f" {word}"
    yield line + end


def _comment(text: str, pad: str) -> Iterator[str]:
    return (f"{pad}# {line}".rstrip() for line in text.splitlines())
