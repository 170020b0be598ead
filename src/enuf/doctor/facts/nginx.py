"""What follows from an nginx site: parameters in force, blocks and prefixes, places for new lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.rule import add_directives, by_hand
from enuf.model.finding import Fix
from enuf.syntax.nginx_contexts import is_allowed_in
from enuf.syntax.nginx_tree import DirectiveMatch, Include, NginxConfig, ParsedDirective
from enuf.syntax.placeholders import is_site_template
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
"""Directives by which a location answers in another way than with files."""
TABLES = ("types", "map", "geo", "split_clients", "charset_map", "match")
"""Blocks whose lines begin with words of the user's own."""
_TORN = ("syntax", "unterminated")
_PASSES = ("uwsgi_pass", "proxy_pass", "fastcgi_pass", "scgi_pass", "grpc_pass", "memcached_pass")
_KNOWN_ELSEWHERE = ("uwsgi_params", "options-ssl-nginx.conf")
"""Included files whose content every reader knows: the packages' and certbot's."""
_OTHER_STOCK = ("mime.types", "fastcgi_params", "scgi_params", "fastcgi.conf", "proxy_params")


def uwsgi_passes(evidence: Evidence) -> Iterator[tuple[NginxConfig, DirectiveMatch]]:
    """Yield every `uwsgi_pass` that hands requests to Python, with its site."""
    for site in evidence.sites:
        for match in site.find("uwsgi_pass"):
            if match.is_overruled_by(_PASSES):
                continue
            if match.value("uwsgi_modifier1") in ("", "0", "30"):
                yield site, match


def python_passes(evidence: Evidence) -> Iterator[tuple[NginxConfig, DirectiveMatch]]:
    """Yield every pass that hands requests to Python: uWSGI's, and those to an app server of the files."""
    yield from uwsgi_passes(evidence)
    seen: set[int] = set()
    for pair in evidence.app_pairs:
        match = pair.site_pass.match
        if pair.bind is not None and match.directive.name == "proxy_pass" and id(match.directive) not in seen:
            seen.add(id(match.directive))
            yield pair.site_pass.site, match


def is_complete_site(site: NginxConfig) -> bool:
    """Return False for a snippet, whose server or location is in a file that is not here."""
    return site.context in ("main", "http")


def is_template(evidence: Evidence, path: str) -> bool:
    """Return True for a file that a template engine, or a person after a merge, still has to complete."""
    file = evidence.file(path)
    return path.endswith((".j2", ".erb", ".mustache", ".tftpl")) or bool(
        file and _holds_template_signs(file.text)
    )


@lru_cache(64)
def _holds_template_signs(text: str) -> bool:
    return is_site_template(text) or holds_merge_marks(text)


def is_torn(site: NginxConfig, path: str) -> bool:
    """Return True for a file in which a statement has no end, so that its lines are not what they were meant to be."""
    return any(each.file == path and each.kind in _TORN for each in site.problems)


def holds_merge_marks(text: str) -> bool:
    """Return True for a text in which git left both sides of a merge."""
    return "<<<<<<< " in text and "\n>>>>>>> " in text


def params_in_force(match: DirectiveMatch, name: str = "uwsgi_param") -> Mapping[str, ParsedDirective]:
    """Return the parameters in force at a directive, by name; of duplicates the last, as uWSGI does."""
    return match.levels.by_argument(match.inherited(name))


def has_unseen_include(site: NginxConfig, file: str) -> bool:
    """Return True if a file includes another one that could not be read and may hold anything."""
    if not site.unseen:
        site.unseen[site.file] = False
        site.unseen.update((include.file, True) for include in site.includes if _is_unseen(include))
    return site.unseen.get(file, False)


def hides_lines(site: NginxConfig, file: str) -> bool:
    """Return True if a file includes another one that could not be read and that holds more than parameters or TLS."""
    return has_unseen_include(site, file) and any(
        include.file == file and _is_unseen(include) and not include.pattern.endswith(_KNOWN_ELSEWHERE)
        for include in site.includes
    )


def _is_unseen(include: Include) -> bool:
    return (
        not include.files
        and not include.assumed
        and not any(char in include.pattern for char in "*?[")
        and not include.pattern.endswith(_OTHER_STOCK)
    )


def directives_in(block: ParsedDirective | None, *names: str) -> tuple[ParsedDirective, ...]:
    """Return the directives of these names directly inside a block."""
    if block is None:
        return ()
    if len(names) == 1:
        return block.inside(names[0])
    return tuple(each for name in names for each in block.inside(name))


def prefix_of(location: ParsedDirective | None) -> str | None:
    """Return the path of a prefix location, None for an exact, named or regex one."""
    if location is None or location.name != "location":
        return None
    if len(location.args) == 1 and location.arg().startswith("/"):
        return location.arg()
    return location.arg(1) if len(location.args) == 2 and location.arg() == "^~" else None


def path_argument(location: ParsedDirective) -> int:
    """Return the index of the argument of a location that is its path."""
    return len(location.args) - 1


def line_text(file: SourceFile | None, line_number: int) -> str:
    """Return the text of a line, empty if there is none. Lines count from 1."""
    return line_at(file.text, line_number).rstrip("\r") if file else ""


def begins_its_line(evidence: Evidence, directive: ParsedDirective) -> bool:
    """Return True if a directive begins its line, so that another line fits before it."""
    column = directive.name_place.column
    before = line_text(evidence.file(directive.file), directive.line)[: max(column - 1, 0)]
    return column > 0 and not before.strip()


def add_beside(evidence: Evidence, match: DirectiveMatch, kind: str, *lines: str, asks: str = "") -> Fix:
    """Create a fix that adds `uwsgi_param` or `proxy_set_header` lines before a pass.

    Where the block of the pass takes no such line (`if`, `limit_except`), the place is before that block. The fix is
    manual if new lines would drop inherited ones, or if other text shares the line.
    """
    before, block = _place_beside(match, kind)
    inherits = bool(match.inherited(kind)) and not directives_in(block, kind)
    if block is None or inherits or not begins_its_line(evidence, before):
        listed = " and ".join(f"`{line}`" for line in lines)
        return by_hand(f"add {listed} beside the other {kind} lines" if inherits else f"add {listed}")
    return add_directives(before, *lines, asks=asks)


def _place_beside(match: DirectiveMatch, kind: str) -> tuple[ParsedDirective, ParsedDirective | None]:
    """Return the directive before which lines can be added, and the block that then holds them; None without one."""
    inner = match.directive
    for block in reversed(match.chain):
        around = tuple(each.name for each in match.chain[: match.chain.index(block) + 1])
        if is_allowed_in(kind, around) and block.file == match.directive.file:
            return inner, block
        inner = block
    return match.directive, None
