"""Words in a configuration that a template engine or a deployment's script replaces before a server reads the file."""

from __future__ import annotations

import re

_OF_ENGINE = r"\{[{%]|<%"
_OF_FORMAT = rf"{_OF_ENGINE}|%\{{[ ~]|(?<!\$)\{{\$?[A-Za-z_]\w{{0,80}}\}}|%\(\w{{1,80}}\)s\b|##\w{{1,80}}##"
_ENGINE = re.compile(_OF_ENGINE)
_MARKED = re.compile(
    rf"{_OF_FORMAT}|@@|@[A-Za-z]\w{{0,80}}@|__[A-Za-z]\w{{0,80}}?__|%%\w{{1,80}}%%|%[A-Z][A-Z_]{{2,80}}%|"
    r"\[\[ ?\w|PLACEHOLDER|CHANGE_?ME|YOUR_|<[A-Za-z][^<>\n]{0,80}>"
)
"""`{{ name }}`, `<%= name %>`, `{name}`, `%(name)s`, `@NAME@`, `__NAME__`, `%NAME%`, `##NAME##`, `<name>`."""
_SITE = re.compile(
    rf"{_OF_FORMAT}|^[ \t]{{0,200}}\{{#|\b__[A-Z][A-Z0-9_]{{0,80}}__\b|@[A-Z]\w{{0,80}}@|"
    r"\$\{\w{0,80}[^\w{}\n][^{}\n]{0,200}\}",
    re.MULTILINE,
)
"""Without what a site has for itself: `@name` of a location, `(?<name>…)`, and words of comments."""
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


def holds_engine_marks(text: str) -> bool:
    """Return True for a text with the brackets of a template engine, which no server has for itself."""
    return _ENGINE.search(text) is not None


def is_site_template(text: str) -> bool:
    """Return True for the text of a site with marks that nginx does not know."""
    return _SITE.search(text) is not None


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
