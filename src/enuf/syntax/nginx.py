"""An nginx configuration as a tree, and its printer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

_BARE = re.compile(r"[^\s;{}\"'#\\]+")
_INDENT = "    "


class Directive(msgspec.Struct, frozen=True):
    """`name args;`, with an optional comment printed above it."""

    name: str
    args: tuple[str, ...] = ()
    comment: str = ""


class Block(msgspec.Struct, frozen=True):
    """`name args { children }`, with an optional comment printed above it."""

    name: str
    args: tuple[str, ...] = ()
    children: tuple[Node, ...] = ()
    comment: str = ""


class Remark(msgspec.Struct, frozen=True):
    """A comment of its own, one or more lines."""

    text: str


class Verbatim(msgspec.Struct, frozen=True):
    """Text that the user wrote, printed as it is between two marks."""

    text: str
    origin: str


Node = Directive | Block | Remark | Verbatim


def directive(name: str, *args: object, comment: str = "") -> Directive:
    """The directive with its arguments as text; numbers are written as nginx reads them."""
    return Directive(name, tuple(str(arg) for arg in args), comment)


def block(name: str, *args: str, children: Iterable[Node], comment: str = "") -> Block:
    """The block with these children."""
    return Block(name, args, tuple(children), comment)


def quote(argument: str) -> str:
    """The argument as nginx must read it back: bare where possible, else in double quotes.

    Raises ValueError for what no nginx syntax can express: a line break or NUL.
    """
    if any(sign in argument for sign in "\n\r\0"):
        raise ValueError(f"nginx cannot hold a line break in a value: {argument!r}")
    # An unbraced variable with braces, ${name}, is one word for nginx too.
    if _BARE.fullmatch(re.sub(r"\$\{\w+\}", "", argument) or ("x" if argument else "")):
        return argument
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def to_text(nodes: Iterable[Node]) -> str:
    """The configuration file."""
    return "\n".join(_lines(nodes, 0)) + "\n"


def _lines(nodes: Iterable[Node], depth: int) -> Iterator[str]:
    pad = _INDENT * depth
    for position, node in enumerate(nodes):
        match node:
            case Remark(text):
                if position:
                    yield ""
                yield from _comment(text, pad)
            case Verbatim(text, origin):
                yield f"{pad}# --- {origin}: your own lines, copied as they are"
                yield from (f"{pad}{line}".rstrip() for line in text.strip("\n").splitlines())
                yield f"{pad}# --- end of {origin}"
            case Directive(name, args, comment):
                yield from _comment(comment, pad)
                yield f"{pad}{' '.join(map(quote, (name, *args)))};"
            case Block(name, args, children, comment):
                if position:
                    yield ""
                yield from _comment(comment, pad)
                yield f"{pad}{' '.join(map(quote, (name, *args)))} {{"
                yield from _lines(children, depth + 1)
                yield f"{pad}}}"


def _comment(text: str, pad: str) -> Iterator[str]:
    return (f"{pad}# {line}".rstrip() for line in text.splitlines())
