"""What follows from an nginx site: parameters in force, ports, the folders it serves files from, where a line fits."""

from __future__ import annotations

import ast
import posixpath
import re
import warnings
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import islice

import msgspec

from enuf.doctor.evidence import Evidence, Listener, Pair, Program, SourceFile
from enuf.doctor.rule import add_directives, by_hand
from enuf.model.address import Address, TcpAddress, UnixAddress
from enuf.model.finding import Fix
from enuf.model.numbers import decimal
from enuf.syntax.nginx_tree import Directive, Found, Include, NginxConfig
from enuf.syntax.text_lines import line_at
from enuf.syntax.uwsgi_config import UwsgiConfig

LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))
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
_TIME = re.compile(r"(\d{1,12})(ms|[smhdwMy]?)")
_TIMES = re.compile(r"(?:\d{1,12}(?:ms|[smhdwMy]))*(?:\d{1,12})?")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2592000, "y": 31536000}
_SIZE = re.compile(r"(\d{1,15})([kKmMgG]?)")
_SIZES = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_ROUTED = ("fastrouter", "rawrouter", "subscri", "emperor", "zerg", "map-socket")
"""Options with which requests may come in elsewhere than at a listener of the same configuration."""

_PATTERN_LIMIT = 300
_PATTERNS_LIMIT = 50
_NAMES_LIMIT = 20
_SERVED_LIMIT = 200
_GROUPS_LIMIT = 2
_REPEATED_GROUP = re.compile(r"\)[+*{]")
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


# --- where a line fits


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


# --- listen, server_name


class Listen(msgspec.Struct, frozen=True, kw_only=True):
    """A `listen` of a server block; a server without any listens on port 80."""

    host: str
    port: int
    is_default: bool = False
    directive: Directive | None = None


def listens(server: Directive) -> tuple[Listen, ...]:
    """The TCP addresses of a server block."""
    written = own(server, "listen")
    if not written:
        return (Listen(host="*", port=80),)
    return tuple(each for each in map(_listen, written) if each)


def _listen(directive: Directive) -> Listen | None:
    text = directive.arg()
    host, _, port = ("*", "", text) if decimal(text, 9) is not None else text.rpartition(":")
    if text.endswith("]") or not host:
        host, port = text, "80"
    number = decimal(port, 9)
    if "$" in text or text.startswith("unix:") or number is None or number > 65535:
        return None
    host = {"0.0.0.0": "*", "localhost": "127.0.0.1"}.get(host, host)  # noqa: S104 - compared, not bound
    is_default = "default_server" in directive.args or "default" in directive.args
    return Listen(host=host, port=number, is_default=is_default, directive=directive)


def names_of(server: Directive) -> tuple[str, ...]:
    """The names of a server block, in small letters; one empty name when it has none."""
    return tuple(name.lower() for each in own(server, "server_name") for name in each.args) or ("",)


def http_groups(evidence: Evidence) -> Iterator[tuple[Found, ...]]:
    """The server blocks that run in one nginx.

    Those of one file; files alone in a folder whose whole content nginx includes are taken together.
    """
    together: dict[str, list[Found]] = {}
    for site in evidence.sites:
        folder = posixpath.dirname(site.file)
        alone = site.context == "http" and folder.rpartition("/")[2] in ("sites-enabled", "conf.d")
        together.setdefault(folder if alone else site.file, []).extend(site.servers())
    return (tuple(group) for group in together.values())


# --- the folders that files come from


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """A folder whose files anyone may fetch, and the directive that says so."""

    folder: str
    prefix: str
    directive: Directive
    server: Directive
    kept_back: KeptBack


class KeptBack:
    """The regex locations of a server that deny requests or hand them to someone else."""

    def __init__(self, server: Directive) -> None:
        self._server = server

    def reachable(self, names: tuple[str, ...], prefix: str) -> tuple[str, ...]:
        """Return the names below a prefix that none of the locations takes; none where that cannot be told."""
        if self._patterns is None:
            return ()
        base = prefix if prefix.endswith("/") else f"{prefix}/"
        return tuple(name for name in names[:_NAMES_LIMIT] if not self._takes(f"{base}{name}"))

    def _takes(self, path: str) -> bool:
        return any(pattern.search(path) or pattern.search(f"{path}/x") for pattern in self._patterns or ())

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...] | None:
        found: list[re.Pattern[str]] = []
        for each in own(self._server, "location"):
            if (
                len(each.args) == 2
                and each.arg() in ("~", "~*")
                and (_is_denied(each) or own(each, *HANDLERS))
            ):
                pattern = _pattern(each.arg(1), ignore_case=each.arg() == "~*")
                if pattern is None or len(found) == _PATTERNS_LIMIT:
                    return None
                found.append(pattern)
        return tuple(found)


def served_folders(site: NginxConfig) -> Iterator[Served]:
    """Every folder that a site hands out files from, as far as its paths are plain; the first hundreds."""
    return islice(_all_served(site), _SERVED_LIMIT)


def _all_served(site: NginxConfig) -> Iterator[Served]:
    inside: dict[int, list[Found]] = {}
    for each in site.find("location"):
        for block in each.chain:
            if block.name == "server":
                inside.setdefault(id(block), []).append(each)
    for found in site.servers():
        server = found.directive
        kept_back = KeptBack(server)
        locations = inside.get(id(server), [])
        if not own(server, "return") and all(prefix_of(each.directive) != "/" for each in locations):
            yield from _served(found, "/", server, kept_back)
        for each in locations:
            prefix = prefix_of(each.directive)
            if prefix and not own(each.directive, *HANDLERS) and not _is_denied(each.directive):
                yield from _served(each, prefix, server, kept_back)


def _served(found: Found, prefix: str, server: Directive, kept_back: KeptBack) -> Iterator[Served]:
    block = found.directive
    alias = own(block, "alias")
    roots = found.inherited("root")
    directive = alias[-1] if alias else roots[-1] if roots else None
    path = directive.arg() if directive else ""
    if directive is None or not path.startswith("/") or "$" in path:
        return
    folder = path if alias else path.rstrip("/") + prefix
    yield Served(
        folder=posixpath.normpath(folder),
        prefix=prefix,
        directive=directive,
        server=server,
        kept_back=kept_back,
    )


def _is_denied(block: Directive) -> bool:
    return any(each.arg() == "all" for each in own(block, "deny")) and not own(block, "allow")


def names_in(evidence: Evidence, folder: str) -> tuple[str, ...]:
    """What is in a folder: as the file system says, else as far as its files were read."""
    fact = evidence.fact(folder)
    if fact.kind == "folder":
        return fact.names
    start = f"{folder.rstrip('/')}/"
    inside = (file.path.removeprefix(start) for file in evidence.files if file.path.startswith(start))
    return tuple(dict.fromkeys(path.partition("/")[0] for path in inside))


def _pattern(text: str, *, ignore_case: bool) -> re.Pattern[str] | None:
    """The regular expression of a location, None for one that Python reads otherwise or that might take for ever."""
    if len(text) > _PATTERN_LIMIT or not _is_quick(text):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return re.compile(text.replace("(?<", "(?P<"), re.IGNORECASE if ignore_case else 0)
        except (re.error, OverflowError, RecursionError):
            return None


def _is_quick(text: str) -> bool:
    """True for a pattern that is matched in time in proportion to the path, whatever the path is.

    Patterns and paths come from whoever wrote the files, and Python's matcher tries out all combinations of choices.
    """
    signs = re.sub(r"\\.", "a", text)
    if _REPEATED_GROUP.search(signs) or (signs.count("|") and signs.count("(") > _GROUPS_LIMIT):
        return False
    if signs.count("?") > _GROUPS_LIMIT + signs.count("(?"):
        return False
    body = signs.removesuffix("$").removesuffix(".*").removesuffix(".+")
    repeats = len(re.findall(r"[*+]|\{\d*,\}", body))
    return repeats == 0 or (repeats == 1 and body.startswith("^"))


# --- values


def seconds(text: str) -> float | None:
    """A time as nginx writes it (`65s`, `1m`, `1m 30s`), None when it is something else."""
    parts = text.replace(" ", "")
    if not parts or not _TIMES.fullmatch(parts):
        return None
    return sum(
        int(number) * (0.001 if unit == "ms" else _SECONDS[unit]) for number, unit in _TIME.findall(parts)
    )


def size(text: str) -> int | None:
    """A size as nginx writes it (`10m`), None when it is something else."""
    match = _SIZE.fullmatch(text)
    return int(match[1]) * _SIZES[match[2].lower()] if match else None


def constants(program: Program) -> Iterator[tuple[str, ast.Constant]]:
    """Every string in a source, docstrings too."""
    for node in ast.walk(program.tree) if program.tree else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, node


def is_near(address: Address | None) -> bool:
    """True for an address on the same machine."""
    return isinstance(address, UnixAddress) or (isinstance(address, TcpAddress) and address.host in LOOPBACK)


def meets_same_protocol(evidence: Evidence, pair: Pair) -> bool:
    """True when another uWSGI at the same address does speak what the site speaks."""
    return any(
        other.listener is not None and other.listener.protocol == pair.way.protocol
        for other in evidence.pairs_of_pass(pair.way)
    )


# --- a site and its uWSGI


def has_containers(evidence: Evidence) -> bool:
    """True when paths and ports may be other ones inside of containers."""
    return any(True for _ in evidence.of_kind("dockerfile", "compose"))


def missed_listener(pair: Pair) -> Listener | None:
    """The listener that a pass most likely means although its address is another; None when none fits."""
    if pair.listener is not None or pair.way.address is None:
        return None
    routed = any(name.startswith(_ROUTED) for name in pair.server.config.names)
    if routed or any(listener.address is None for listener in pair.server.listeners):
        return None
    fitting = [
        listener
        for listener in pair.server.listeners
        if listener.protocol == pair.way.protocol
        and listener.address is not None
        and not listener.option.maybe
    ]
    alike = [each for each in fitting if isinstance(each.address, type(pair.way.address))]
    return next(iter(alike or fitting), None)


def is_certain_meeting(pair: Pair) -> bool:
    """True when a pass and a listener have the very same address, on the same machine."""
    if pair.listener is None:
        return False
    address, other = pair.way.address, pair.listener.address
    return address == other or is_near(address)


def handles_prefix(evidence: Evidence, pair: Pair) -> bool:
    """True when uWSGI or a middleware takes a prefix off the path."""
    known = evidence.index.handles_prefix
    if id(pair.server) not in known:
        known[id(pair.server)] = _handles_prefix(evidence, pair.server.config)
    return known[id(pair.server)]


def _handles_prefix(evidence: Evidence, config: UwsgiConfig) -> bool:
    if config.is_on("manage-script-name") is not False:
        return True
    if any("fixpathinfo" in option.value or "PATH_INFO" in option.value for option in config.options):
        return True
    if not config.is_whole:
        return True
    return any(
        text in ("PATH_INFO", "SCRIPT_NAME", "APPLICATION_ROOT", "HTTP_X_SCRIPT_NAME")
        or "DispatcherMiddleware" in program.text
        for program in evidence.programs
        for text, _ in constants(program)
    )


def is_one_project(pair: Pair) -> bool:
    """True when a site and a configuration lie side by side, or at most one folder apart."""
    paths = (pair.way.named_by.file, pair.server.config.home)
    common = posixpath.commonpath(paths)
    return all(path.removeprefix(common).count("/") <= 2 for path in paths)
