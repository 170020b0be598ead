"""The cache of nginx: what is kept, for whom, and under which key.

A page of one visitor must never reach another one. So a request with a cookie or credentials never touches the cache: it gets
no page from it, and its answer is not kept. What the app varies its answers by beside the address is its own word: `Vary`.
"""

from __future__ import annotations

from enuf.fronts.base import FrontRequest
from enuf.fronts.nginx_access import credentials
from enuf.fronts.nginx_answer import answer_headers
from enuf.fronts.nginx_pass import directive_prefix
from enuf.fronts.nginx_paths import longest_first
from enuf.fronts.nginx_trust import (
    FORWARDED_HOST,
    FORWARDED_PORT,
    FORWARDED_PREFIX,
    HOST,
    SCHEME,
    variable,
)
from enuf.model.address import UnixAddress
from enuf.settings.schema import Settings
from enuf.syntax.access_log import CACHE_STATUSES
from enuf.syntax.nginx import Heading, Node, directive

X_CACHE = "X-Cache"
_STATUS = "$enuf_did"
_KEPT = (200, 301, 302, 308)
_BODY = "$enuf_body"
_PERSONAL = "$enuf_own"
_MARKS = "".join(
    f"$http_{name}"
    for name in (
        *("cookie", "upgrade", "x_http_method_override", "x_method_override"),
        *("x_http_method", "x_original_url", "x_rewrite_url"),
        *("proxy_authorization", "x_api_key", "api_key", "apikey", "x_auth_token", "x_access_token"),
        *("remote_user", "x_remote_user", "x_forwarded_user", "x_forwarded_email", "x_auth_request_user"),
    )
)
"""Headers whose requests are for the app alone. Some frameworks take method or path from the five that follow the first two, which
are not in the key: a stranger could put a page of their choice into the cache. The others are the usual names for a key of an
interface, and for the user whom a proxy in front has signed in."""
_LOCK_S = 2
"""So long, in seconds, other visitors wait for a page that one is fetching. They wait in vain for a page that the app then
forbids to keep, so the time is short."""


def _cached_paths(settings: Settings) -> list[str]:
    """Return the paths whose answers are kept, the longest first."""
    return longest_first(settings.cache.times)


def cache_zones(request: FrontRequest, folder: str) -> list[Node]:
    """Return the lines above all servers: one zone for each path, and who may use it.

    A zone of its own, since nginx removes what was not asked for by the zone. The kept pages are in `folder`-1, `folder`-2, ...
    """
    settings, module = request.settings, directive_prefix(request.link.wire)
    paths = _cached_paths(settings)
    if not paths:
        return []
    room = max(1, settings.cache.size.bytes // len(paths) >> 10)
    zones = [
        directive(
            f"{module}_cache_path",
            f"{folder}-{number}",
            "levels=1:2",
            f"keys_zone={_zone(number)}:1m",
            f"max_size={room}k",
            f"inactive={_unasked_s(settings, path)}s",
            "use_temp_path=off",
            comment=f"cache.paths: {path}",
        )
        for number, path in enumerate(paths, 1)
    ]
    return [Heading("Cached pages"), *zones, *_who_may(request, len(paths)), _x_cache(), _logged()]


def _zone(number: int) -> str:
    return f"enuf_pages_{number}"


def _store(number: int) -> str:
    return f"$enuf_in_{number}"


def _unasked_s(settings: Settings, path: str) -> int:
    """Return after how many seconds without a request a page is removed."""
    stale = settings.cache.stale
    return int(max(settings.cache.times[path].seconds, stale.seconds if stale else 0))


def _who_may(request: FrontRequest, count: int) -> list[Node]:
    return [
        variable(
            "$content_length:$http_transfer_encoding",
            _BODY,
            ("default", "1"),
            (":", ""),
            ("0:", ""),
            comment="A GET with a body may mean anything: its answer is no page for others.",
        ),
        variable(
            f"{credentials(request)}{_MARKS}{_BODY}",
            _PERSONAL,
            ("default", "1"),
            ("", ""),
            comment="A request with a cookie, credentials or a body is for the app alone; so is one that could make\n"
            "a framework answer for another path or method.",
        ),
        *(
            variable(_PERSONAL, _store(number), ("default", "off"), ("", _zone(number)))
            for number in range(1, count + 1)
        ),
    ]


def _x_cache() -> Node:
    """Return the variable of the header X-Cache."""
    return variable(
        "$upstream_cache_status",
        _STATUS,
        ("default", "$upstream_cache_status"),
        ("", "BYPASS"),
        ("UPDATING", "STALE"),
        ("REVALIDATED", "HIT"),
        comment="For the header X-Cache: HIT, MISS, EXPIRED, STALE; BYPASS where the cache was not looked into.",
    )


def _logged() -> Node:
    """Return the variable of the log's field: an app may send an X-Cache of its own at other paths."""
    ours = f"~^({'|'.join(sorted(CACHE_STATUSES))})$"
    return variable(
        f"$sent_http_{X_CACHE.lower().replace('-', '_')}", "$enuf_kept", ("default", ""), (ours, "$1")
    )


def kept_at(request: FrontRequest, path: str) -> list[Node]:
    """Return the lines of a location whose answers are kept as this path's are; none for a path that is not listed."""
    settings = request.settings
    if path not in settings.cache.times:
        return []
    number = _cached_paths(settings).index(path) + 1
    module = directive_prefix(request.link.wire)

    def line(name: str, *values: object, comment: str = "") -> Node:
        return directive(f"{module}_cache{name}", *values, comment=comment)

    return [
        *_generation(request),
        line(
            "", _store(number), comment="cache.paths; the variable is `off` for a request that is personal."
        ),
        line("_valid", *_KEPT, f"{int(settings.cache.times[path].seconds)}s"),
        line("_methods", "GET", "HEAD"),
        *((line("_convert_head", "off"),) if module == "proxy" else ()),
        line(
            "_key",
            _key(request),
            comment="All that the app may build a page from, beside what it names in Vary.",
        ),
        line("_lock", "on", comment="Of many visitors who want a new page, one fetches it."),
        line("_lock_timeout", f"{_LOCK_S}s"),
        *_stale(request, module),
        *answer_headers(settings),
        directive("add_header", X_CACHE, _STATUS, "always"),
        directive(f"{module}_hide_header", X_CACHE),
    ]


def _generation(request: FrontRequest) -> list[Node]:
    if not _has_link(request):
        return []
    why = "A link to the socket of the version that serves: its target is in the key below, so a new version finds no old page."
    first = request.upstream[0]
    link = first.path if isinstance(first, UnixAddress) else request.paths.app_socket
    return [directive("root", link, comment=why)]


def _has_link(request: FrontRequest) -> bool:
    """Return True where each version of the app has a socket of its own: only a server that is restarted in place has none."""
    return request.link.transport == "unix" or request.link.wire == "uwsgi"


def _key(request: FrontRequest) -> str:
    """Return the key of a page, with the address last: the parts before contain no space."""
    is_proxied = bool(request.settings.serve.believed_proxies)
    said = (FORWARDED_HOST, f"{FORWARDED_PORT}{FORWARDED_PREFIX}") if is_proxied else ()
    version = ("$realpath_root",) if _has_link(request) else ()
    return " ".join(("$request_method", *version, SCHEME, HOST, *said, "$request_uri"))


def _stale(request: FrontRequest, module: str) -> list[Node]:
    if request.settings.cache.stale is None:
        return []
    why = "cache.stale: the old page at once, while a new one is fetched, or while the app is not there."
    return [
        directive(f"{module}_cache_use_stale", "updating", "error", "timeout", comment=why),
        directive(f"{module}_cache_background_update", "on"),
    ]
