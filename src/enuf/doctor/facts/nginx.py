"""What follows from an nginx site: parameters in force, blocks and prefixes, where a line fits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.rule import add_directives, by_hand
from enuf.model.finding import Fix
from enuf.syntax.nginx_tree import Directive, Found, Include, NginxConfig
from enuf.syntax.text_lines import line_at

HANDLERS = frozenset(
    (
        "uwsgi_pass",
        "proxy_pass",
        "fastcgi_pass",
        "scgi_pass",
        "grpc_pass",
        "memcached_pass",
        "return",
        "empty_gif",
        "stub_status",
        "internal",
    )
)
"""What keeps a location from handing out files to whoever asks."""
_TEMPLATE = re.compile(r"\{\{|\{%|<%|^[ \t]{0,200}\{#", re.MULTILINE)
_OTHER_STOCK = ("mime.types", "fastcgi_params", "scgi_params", "fastcgi.conf", "proxy_params")


def uwsgi_passes(evidence: Evidence) -> Iterator[tuple[NginxConfig, Found]]:
    """Every `uwsgi_pass` that hands requests to Python, with its site."""
    for site in evidence.sites:
        for found in site.find("uwsgi_pass"):
            if found.value("uwsgi_modifier1") in ("", "0", "30"):
                yield site, found


def is_whole_site(site: NginxConfig) -> bool:
    """False for a snippet, whose server or location stands in a file that is not here."""
    return site.context in ("main", "http")


def is_template(evidence: Evidence, path: str) -> bool:
    """True for a file that a templating tool still has to fill in."""
    file = evidence.file(path)
    return path.endswith((".j2", ".erb", ".mustache")) or bool(file and _holds_template_signs(file.text))


@lru_cache(64)
def _holds_template_signs(text: str) -> bool:
    return _TEMPLATE.search(text) is not None


def params(found: Found, name: str = "uwsgi_param") -> Mapping[str, Directive]:
    """The parameters in force beside a directive, by name; of two with one name the last, as uWSGI takes it."""
    return found.levels.by_argument(found.inherited(name))


def has_unseen_include(site: NginxConfig, file: str) -> bool:
    """True when a file includes something that could not be read, and that may hold anything."""
    if not site.unseen:
        site.unseen[site.file] = False
        site.unseen.update((include.file, True) for include in site.includes if _is_unseen(include))
    return site.unseen.get(file, False)


def _is_unseen(include: Include) -> bool:
    return (
        not include.files
        and not include.assumed
        and not any(sign in include.pattern for sign in "*?[")
        and not include.pattern.endswith(_OTHER_STOCK)
    )


def own(block: Directive | None, *names: str) -> tuple[Directive, ...]:
    """The directives of these names that stand directly in a block."""
    if block is None:
        return ()
    if len(names) == 1:
        return block.inside(names[0])
    return tuple(each for name in names for each in block.inside(name))


def prefix_of(location: Directive | None) -> str | None:
    """The path of a location that takes everything below it; None for exact, named and regex ones."""
    if location is None or location.name != "location":
        return None
    if len(location.args) == 1 and location.arg().startswith("/"):
        return location.arg()
    return location.arg(1) if len(location.args) == 2 and location.arg() == "^~" else None


def path_argument(location: Directive) -> int:
    """Which argument of a location is its path."""
    return len(location.args) - 1


def line_of(file: SourceFile | None, number: int) -> str:
    """The text of a line, empty when there is none."""
    return line_at(file.text, number).rstrip("\r") if file else ""


def begins_its_line(evidence: Evidence, directive: Directive) -> bool:
    """True when nothing stands in front of a directive, so that a line fits there."""
    column = directive.name_place.column
    before = line_of(evidence.file(directive.file), directive.line)[: max(column - 1, 0)]
    return column > 0 and not before.strip()


def beside(evidence: Evidence, found: Found, kind: str, *lines: str) -> Fix:
    """Add `uwsgi_param` or `proxy_set_header` lines in front of a pass.

    Told only, not written, where that would drop the ones that are inherited, or where other text shares the line.
    """
    directive = found.directive
    block = found.chain[-1] if found.chain else None
    inherits = bool(found.inherited(kind)) and not own(block, kind)
    if inherits or not begins_its_line(evidence, directive):
        told = " and ".join(f"`{line}`" for line in lines)
        return by_hand(f"add {told} beside the other {kind} lines" if inherits else f"add {told}")
    return add_directives(directive, *lines)
