"""Words in a configuration that a template engine or a deployment's script replaces before a server reads the file."""

from __future__ import annotations

import re

_MARKED = re.compile(
    r"\{[{%]|<%|%\{[ ~]|(?<!\$)\{\$?[A-Za-z_]\w{0,80}\}|%\(\w{1,80}\)s\b|@@|@[A-Za-z]\w{0,80}@|"
    r"__[A-Za-z]\w{0,80}?__|%%\w{1,80}%%|%[A-Z][A-Z_]{2,80}%|##\w{1,80}##|\[\[ ?\w|PLACEHOLDER|CHANGE_?ME|YOUR_|"
    r"<[A-Za-z][^<>\n]{0,80}>"
)
"""`{{ name }}`, `<%= name %>`, `{name}`, `%(name)s`, `@NAME@`, `__NAME__`, `%NAME%`, `##NAME##`, `<name>`."""
_NAME = r"_{0,2}[A-Z][A-Z0-9]{0,40}(?:[_-][A-Z0-9]{1,40}){1,8}|_[A-Z]{2,60}"
_ENDS = "(?:DIR|PATH|USER|NAME|HOME|ROOT|PORT|HOST|CHANGE|DOMAIN|GROUP|FOLDER|LOCATION|WORKERS)"
_BARE = re.compile(rf"(?:{_NAME})(?![^\s/:.\"'])|[A-Z]{{3,60}}/|[A-Z]{{0,40}}{_ENDS}(?=[/.]|$)")
"""`INSTALL_DIR/run`, `_TARGET` and `PATHTOCHANGE`: a name in capitals that begins a value or a word of the value."""


_TEMPLATE_NAMES = (
    *(".tpl", ".tmpl", ".template", ".ctmpl", ".gotmpl", ".j2", ".jinja", ".jinja2"),
    *(".erb", ".epp", ".mako", ".in"),
)
_SIGIL = re.compile(r"[%$@#&!]\{?[A-Za-z_]\w{2,80}")
"""`%name`, `$name`, `@name`: what engines with a sign of their own replace, such as Python's string.Template."""


def is_marked(text: str) -> bool:
    """Return True for a text with the marks of a template in it."""
    return _MARKED.search(text) is not None


def lines_to_fill_in(file: str, text: str) -> list[int]:
    """Return the numbers of the lines with a sign before a name, in a file that is called a template."""
    if not file.endswith(_TEMPLATE_NAMES):
        return []
    return [number for number, line in enumerate(text.split("\n"), 1) if _SIGIL.search(line)]


def is_filled_in_later(value: str) -> bool:
    """Return True for a value with a template's mark, or with a name in capitals where a path or a word is meant."""
    return is_marked(value) or any(_BARE.match(value, found.start()) for found in re.finditer(r"\S+", value))
