"""Markdown of the reference as roff, the language of manual pages: inline code, links, paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterable

SIGNS = {"\\": r"\(rs", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti"}
"""Signs that roff would read as its own, or print as typographic signs that no shell understands."""
LINK = re.compile(r"\[([^\]]+)\]\([^)\s]+\)")
CODE = re.compile(r"`([^`]+)`")


def escaped(text: str) -> str:
    """Return a text that roff prints as it is. Newlines become blanks."""
    return "".join(SIGNS.get(sign, sign) for sign in text.replace("\n", " "))


def bold(text: str) -> str:
    """Return a text in bold."""
    return rf"\fB{escaped(text)}\fR"


def inline(markdown: str) -> str:
    """Return a paragraph on one line: code in bold, links as their words."""
    parts = CODE.split(LINK.sub(r"\1", markdown.strip()))
    shown = "".join(bold(part) if place % 2 else escaped(part) for place, part in enumerate(parts))
    return rf"\&{shown}" if shown.startswith(".") else shown


def paragraphs(markdown: str) -> str:
    """Return paragraphs that are separated by empty lines."""
    return "\n.PP\n".join(inline(part) for part in markdown.split("\n\n")) + "\n"


def tag(markdown: str) -> str:
    """Return the names of an option or a setting: the words in bold, what stands for a value in italics."""

    def shown(match: re.Match[str]) -> str:
        name, _, value = match[1].partition(" ")
        return bold(name) + (rf" \fI{escaped(value)}\fR" if value else "")

    return CODE.sub(shown, markdown)


def entries(rows: Iterable[tuple[str, str]]) -> str:
    """Return a list of names, each with its text below."""
    return "".join(f".TP\n{tag(name)}\n{inline(about)}\n" for name, about in rows)


def literal(text: str) -> str:
    """Return lines that are shown as they are, indented."""
    lines = (rf"\&{escaped(line)}" for line in text.strip("\n").splitlines())
    return "\n".join((".nf", ".RS", *lines, ".RE", ".fi", ""))


def section(title: str, body: str) -> str:
    """Return a section with its heading."""
    return f".SH {quoted(title)}\n{body}"


def subsection(title: str, body: str) -> str:
    """Return a subsection with its heading."""
    return f".SS {quoted(title)}\n{body}"


def quoted(text: str) -> str:
    """Return the argument of a macro."""
    return '"{}"'.format(escaped(text).replace('"', r"\(dq"))
