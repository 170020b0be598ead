"""The declaration of a rule, the places that it points at, and the fixes that it offers."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

import msgspec

from enuf.doctor.evidence import Evidence
from enuf.model.finding import Edit, Fix, Severity
from enuf.syntax.nginx_tree import ParsedDirective
from enuf.syntax.unit import UnitFile, UnitSetting
from enuf.syntax.uwsgi_config import ParsedOption, UwsgiConfig
from enuf.syntax.uwsgi_lines import SectionHeading
from enuf.syntax.uwsgi_logic import ENDS
from enuf.syntax.uwsgi_values import LOGIC


class Diagnostic(msgspec.Struct, frozen=True, kw_only=True):
    """What the check of a rule yields: a finding without the rule's code and name."""

    message: str
    file: str
    line: int
    column: int = 1
    end_column: int = 0
    hint: str = ""
    fix: Fix | None = None
    severity: Severity | None = None
    """Overrides the severity of the rule if this case is better or worse."""
    is_certain: bool = True
    """False if the files can be read in another way, too: an error is a warning then."""
    evidence: tuple[str, ...] = ()


Check = Callable[[Evidence], Iterator[Diagnostic]]


class Rule(msgspec.Struct, frozen=True):
    """One entry of the catalogue: code, name, severity, and the pure function that checks the evidence."""

    code: str
    name: str
    severity: Severity
    check: Check
    is_about_templates: bool = False
    """True for a rule whose errors are the marks of a template themselves."""


def at_option(option: ParsedOption, message: str, **rest: object) -> Diagnostic:
    """Create a diagnostic on the value of a uWSGI option."""
    written = option.written
    return _diagnostic(message, written.file, (written.line, written.column, written.end_column), rest)


def at_key(option: ParsedOption, message: str, **rest: object) -> Diagnostic:
    """Create a diagnostic on the name of a uWSGI option."""
    written = option.written
    place = (written.line, written.key_column, written.key_column + len(option.key))
    return _diagnostic(message, written.file, place, rest)


def at_config(config: UwsgiConfig, message: str, **rest: object) -> Diagnostic:
    """Create a diagnostic on a uWSGI configuration as a whole, for a missing line.

    The place is the section heading, or the command line of a configuration without files.
    """
    heading = _heading(config)
    if heading:
        return _diagnostic(message, heading.file, (heading.line, 1, len(heading.text) + 1), rest)
    first = next((each.written for each in config.options if each.written.file == config.main_file), None)
    return _diagnostic(message, config.main_file, (first.line if first else 1, 1, 0), rest)


def _heading(config: UwsgiConfig) -> SectionHeading | None:
    """Return the section heading above the options of the first file, None if there is none."""
    held = {each.written.line for each in config.options if each.written.file == config.main_file}
    first = min(held, default=0)
    above = [each for each in config.headings if each.file == config.main_file and each.line < first]
    return above[-1] if above else None


def at_directive(directive: ParsedDirective, message: str, argument: int = 0, **rest: object) -> Diagnostic:
    """Create a diagnostic on an argument of an nginx directive, or with -1 on its name."""
    place = directive.name_place if argument < 0 else directive.place(argument)
    line = place.line if place.column else directive.line
    return _diagnostic(message, directive.file, (line, place.column or 1, place.end_column), rest)


def at_setting(setting: UnitSetting, message: str, **rest: object) -> Diagnostic:
    """Create a diagnostic on the value of a unit's setting."""
    return _diagnostic(message, setting.file, (setting.line, setting.column, setting.end_column), rest)


def at_unit(unit: UnitFile, message: str, section: str = "Service", **rest: object) -> Diagnostic:
    """Create a diagnostic on a section of a unit, for a missing setting."""
    return _diagnostic(message, unit.file, (unit.line_of(section), 1, 0), rest)


def at_node(path: str, node: ast.AST, message: str, **rest: object) -> Diagnostic:
    """Create a diagnostic on a node of a Python syntax tree."""
    line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1
    same_line = getattr(node, "end_lineno", None) == line
    end_column = getattr(node, "end_col_offset", -1) + 1 if same_line else 0
    return _diagnostic(message, path, (line, column, end_column), rest)


def at_line(
    file: str, line: int, message: str, column: int = 1, end_column: int = 0, **rest: object
) -> Diagnostic:
    """Create a diagnostic on a line of any file."""
    return _diagnostic(message, file, (line, column, end_column), rest)


def _diagnostic(message: str, file: str, place: tuple[int, int, int], rest: dict[str, object]) -> Diagnostic:
    line, column, end_column = place
    diagnostic = Diagnostic(message=message, file=file, line=line, column=column, end_column=end_column)
    return msgspec.structs.replace(diagnostic, **rest)


# --- fixes


def write_value(option: ParsedOption, value: str, *, asks: str = "", safe: bool = True) -> Fix:
    """Create a fix that writes another value into the line of an option.

    `asks` says what the fix depends on that no file shows: it is then made only when it is named.
    """
    written = option.written
    edit = Edit(
        file=written.file, line=written.line, column=written.column, end_column=written.end_column, text=value
    )
    return Fix(
        safe=safe and not asks, description=f"write `{option.key} = {value}`", edits=(edit,), asks=asks
    )


def add_options(config: UwsgiConfig, *lines: str, asks: str = "", safe: bool = True) -> Fix:
    """Create a fix that adds lines below the last option of uWSGI's first file, outside of any condition.

    A configuration without an option in an ini file has no place for them: the fix is then manual.
    """
    place = _place_to_add(config)
    edits = (
        (Edit(file=config.main_file, line=place, action="insert", text="\n".join(lines)),) if place else ()
    )
    listed = " and ".join(f"`{line}`" for line in lines)
    return Fix(
        kind="edit" if edits else "manual",
        safe=safe and bool(edits) and not asks,
        description=f"add {listed}",
        edits=edits,
        asks=asks,
    )


def _place_to_add(config: UwsgiConfig) -> int:
    """Return the line of an ini file after which options can be added, 0 if there is none."""
    heading = _heading(config)
    if heading is None or not heading.text.startswith("["):
        return 0
    place, open_logic = heading.line, False
    below = [
        each.line for each in config.headings if each.file == config.main_file and each.line > heading.line
    ]
    for option in config.options:
        line = option.written.line
        if option.written.file != config.main_file or line < heading.line or line > min(below, default=line):
            continue
        if option.key in LOGIC:
            open_logic = option.key not in ENDS
        if not open_logic and not option.conditional:
            place = max(place, line)
    return place


def remove_lines(options: Iterable[ParsedOption], *, asks: str = "") -> Fix:
    """Create a fix that removes the lines of options."""
    chosen = tuple(options)
    edits = tuple(Edit(file=each.written.file, line=each.written.line, action="delete") for each in chosen)
    listed = " and ".join(f"`{each.key} = {each.value}`" for each in chosen)
    return Fix(description=f"remove {listed}", edits=edits, asks=asks)


def write_argument(
    directive: ParsedDirective, argument: int, text: str, *, asks: str = "", safe: bool = True
) -> Fix:
    """Create a fix that writes another argument into an nginx directive."""
    place = directive.place(argument)
    known = place.column > 0
    edit = Edit(
        file=directive.file, line=place.line, column=place.column, end_column=place.end_column, text=text
    )
    description = f"write `{directive.name} {text};`"
    return Fix(
        kind="edit" if known else "manual",
        safe=safe and known and not asks,
        description=description,
        edits=(edit,) if known else (),
        asks=asks,
    )


def add_directives(beside: ParsedDirective, *lines: str, asks: str = "") -> Fix:
    """Create a fix that adds nginx lines before a directive that begins its line, with its indent."""
    place = beside.name_place
    indent = " " * max(place.column - 1, 0)
    edit = Edit(
        file=beside.file,
        line=place.line - 1,
        action="insert",
        text="\n".join(indent + line for line in lines),
    )
    listed = " and ".join(f"`{line}`" for line in lines)
    return Fix(safe=place.column > 0 and not asks, description=f"add {listed}", edits=(edit,), asks=asks)


def by_hand(description: str) -> Fix:
    """Create a fix that only a person can carry out."""
    return Fix(kind="manual", description=description)
