"""How a rule is declared, and how it points at a place."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

import msgspec

from enuf.doctor.evidence import Evidence
from enuf.model.finding import Edit, Fix, Severity
from enuf.syntax.nginx_tree import Directive
from enuf.syntax.unit import Setting, UnitFile
from enuf.syntax.uwsgi_config import Option, UwsgiConfig
from enuf.syntax.uwsgi_lines import Heading
from enuf.syntax.uwsgi_logic import ENDS
from enuf.syntax.uwsgi_values import LOGIC


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule's check yields: a finding that does not yet know its rule."""

    message: str
    file: str
    line: int
    column: int = 1
    end_column: int = 0
    hint: str = ""
    fix: Fix | None = None
    severity: Severity | None = None
    """Overrides the rule's own when this case is better or worse."""
    evidence: tuple[str, ...] = ()


Check = Callable[[Evidence], Iterator[Sign]]


class Rule(msgspec.Struct, frozen=True):
    """One entry of the catalogue: its code, its name, how bad it is, and the pure function that sees it."""

    code: str
    name: str
    severity: Severity
    check: Check


def at_option(option: Option, message: str, **rest: object) -> Sign:
    """A sign on the value of a uWSGI option."""
    written = option.written
    return _sign(message, written.file, (written.line, written.column, written.end_column), rest)


def at_key(option: Option, message: str, **rest: object) -> Sign:
    """A sign on the name of a uWSGI option."""
    written = option.written
    place = (written.line, written.key_column, written.key_column + len(option.key))
    return _sign(message, written.file, place, rest)


def at_config(config: UwsgiConfig, message: str, **rest: object) -> Sign:
    """A sign on a uWSGI configuration as a whole, for a line that is missing: its heading, or its command."""
    heading = _heading(config)
    if heading:
        return _sign(message, heading.file, (heading.line, 1, len(heading.text) + 1), rest)
    first = next((each.written for each in config.options if each.written.file == config.home), None)
    return _sign(message, config.home, (first.line if first else 1, 1, 0), rest)


def _heading(config: UwsgiConfig) -> Heading | None:
    """The section heading above the options of the first file."""
    held = {each.written.line for each in config.options if each.written.file == config.home}
    first = min(held, default=0)
    above = [each for each in config.headings if each.file == config.home and each.line < first]
    return above[-1] if above else None


def at_directive(directive: Directive, message: str, argument: int = 0, **rest: object) -> Sign:
    """A sign on an argument of an nginx directive; -1 for its name."""
    place = directive.name_place if argument < 0 else directive.place(argument)
    line = place.line if place.column else directive.line
    return _sign(message, directive.file, (line, place.column or 1, place.end_column), rest)


def at_setting(setting: Setting, message: str, **rest: object) -> Sign:
    """A sign on the value of a unit's setting."""
    return _sign(message, setting.file, (setting.line, setting.column, setting.end_column), rest)


def at_unit(unit: UnitFile, message: str, section: str = "Service", **rest: object) -> Sign:
    """A sign on a unit's section, for a setting that is missing."""
    return _sign(message, unit.file, (unit.line_of(section), 1, 0), rest)


def at_node(path: str, node: ast.AST, message: str, **rest: object) -> Sign:
    """A sign on a piece of Python."""
    line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1
    same_line = getattr(node, "end_lineno", None) == line
    end_column = getattr(node, "end_col_offset", -1) + 1 if same_line else 0
    return _sign(message, path, (line, column, end_column), rest)


def at_line(file: str, line: int, message: str, column: int = 1, end_column: int = 0, **rest: object) -> Sign:
    """A sign on a line of any file."""
    return _sign(message, file, (line, column, end_column), rest)


def _sign(message: str, file: str, place: tuple[int, int, int], rest: dict[str, object]) -> Sign:
    line, column, end_column = place
    sign = Sign(message=message, file=file, line=line, column=column, end_column=end_column)
    return msgspec.structs.replace(sign, **rest)


# --- fixes


def write_value(option: Option, value: str, *, safe: bool = True) -> Fix:
    """Write another value into the line of an option."""
    written = option.written
    edit = Edit(
        file=written.file, line=written.line, column=written.column, end_column=written.end_column, text=value
    )
    return Fix(safe=safe, description=f"write `{option.key} = {value}`", edits=(edit,))


def add_options(config: UwsgiConfig, *lines: str, safe: bool = True) -> Fix:
    """Add lines below the last option of the file that uWSGI is started with, never inside of a condition.

    Without an option in an ini file there is no place to write to: then the fix is only told.
    """
    place = _place_to_add(config)
    edits = (Edit(file=config.home, line=place, action="insert", text="\n".join(lines)),) if place else ()
    told = " and ".join(f"`{line}`" for line in lines)
    return Fix(
        kind="edit" if edits else "manual", safe=safe and bool(edits), description=f"add {told}", edits=edits
    )


def _place_to_add(config: UwsgiConfig) -> int:
    """The line of an ini file after which options can be added, 0 where there is none."""
    heading = _heading(config)
    if heading is None or not heading.text.startswith("["):
        return 0
    place, open_logic = heading.line, False
    below = [each.line for each in config.headings if each.file == config.home and each.line > heading.line]
    for option in config.options:
        line = option.written.line
        if option.written.file != config.home or line < heading.line or line > min(below, default=line):
            continue
        if option.key in LOGIC:
            open_logic = option.key not in ENDS
        if not open_logic and not option.maybe:
            place = max(place, line)
    return place


def remove_lines(options: Iterable[Option], *, safe: bool = False) -> Fix:
    """Take the lines of options out."""
    chosen = tuple(options)
    edits = tuple(Edit(file=each.written.file, line=each.written.line, action="delete") for each in chosen)
    told = " and ".join(f"`{each.key} = {each.value}`" for each in chosen)
    return Fix(safe=safe, description=f"remove {told}", edits=edits)


def write_argument(directive: Directive, argument: int, text: str, *, safe: bool = True) -> Fix:
    """Write another argument into an nginx directive."""
    place = directive.place(argument)
    known = place.column > 0
    edit = Edit(
        file=directive.file, line=place.line, column=place.column, end_column=place.end_column, text=text
    )
    description = f"write `{directive.name} {text};`"
    return Fix(
        kind="edit" if known else "manual",
        safe=safe and known,
        description=description,
        edits=(edit,) if known else (),
    )


def add_directives(beside: Directive, *lines: str, safe: bool = True) -> Fix:
    """Add nginx lines in front of a directive that stands alone on its line, indented as it is."""
    place = beside.name_place
    indent = " " * max(place.column - 1, 0)
    edit = Edit(
        file=beside.file,
        line=place.line - 1,
        action="insert",
        text="\n".join(indent + line for line in lines),
    )
    told = " and ".join(f"`{line}`" for line in lines)
    return Fix(safe=safe and place.column > 0, description=f"add {told}", edits=(edit,))


def by_hand(description: str) -> Fix:
    """Something that only a person can do."""
    return Fix(kind="manual", description=description)
