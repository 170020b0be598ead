"""The directives of a hand-made server block, translated into settings of enuf."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence

from enuf.doctor.facts.nginx import prefix_of
from enuf.install.takeover.found import Gap, Taken, Translation
from enuf.install.takeover.known_words import NGINX_OWN_WAY, USUAL_HEADERS, USUAL_PARAMS
from enuf.settings.shapes import spelled
from enuf.syntax.nginx_tree import ParsedDirective

_USUAL_ANSWERS = frozenset(("x-content-type-options", "x-frame-options", "referrer-policy"))
"""Headers that the setting http.security_headers adds."""
_READ_TIMEOUTS = ("uwsgi_read_timeout", "proxy_read_timeout")
_SECONDS = re.compile(r"(\d{1,6})(s|m|h)?")
_HIDDEN_FILES = re.compile(r"/?\^?/?\(?\\\.\S*")
_WHY = {
    "add_header": "enuf sets no such header: let the app set it, or the setting raw",
    "expires": "browsers are told by the setting static.cache how long to keep a file",
    "limit_conn": "the setting limits.connections does that",
    "limit_req": "the settings limits.requests and limits.paths do that",
    "error_page": "the setting http.error_pages names such pages",
    "proxy_cache": "the setting cache.paths does that",
    "uwsgi_cache": "the setting cache.paths does that",
    "proxy_set_header": "enuf passes no such header on",
    "uwsgi_param": "enuf passes no such variable on",
}
_NO_SETTING = "enuf has no setting for it"


class ServerLines:
    """The settings and gaps of the directives that were added, for one hand-made site."""

    def __init__(self, *, ours: Callable[[ParsedDirective], bool], is_empty: Callable[[str], bool]) -> None:
        """`ours` tells a pass to the site's app server; `is_empty` a folder without files, or none at all."""
        self._ours = ours
        self._is_empty = is_empty
        self._settings: dict[str, Taken] = {}
        self._tables: dict[str, dict[str, object]] = {}
        self._places: dict[str, str] = {}
        self._gaps: dict[tuple[str, str], Gap] = {}
        self._allowed: dict[str, list[ParsedDirective]] = {}

    def translation(self) -> Translation:
        """Return what the added directives mean."""
        for path, lines in self._allowed.items():
            self._add_networks(path, lines)
        tables = {
            key: Taken(value=spelled(table), place=self._places[key]) for key, table in self._tables.items()
        }
        return Translation(settings={**self._settings, **tables}, gaps=tuple(self._gaps.values()))

    def add_server(self, server: ParsedDirective) -> None:
        """Add a server block that passes requests to the app."""
        paths = [path for each in server.inside("location") if (path := self._app_path(each)) is not None]
        self._settings.update(_prefix_of_app(paths, server))
        for each in server.block or ():
            if each.name == "location":
                self._add_location(each, server)
            else:
                self._add(each, "/")

    def leave_out(self, directive: ParsedDirective, why: str) -> None:
        """Add a gap."""
        text = " ".join((directive.name, *directive.args[: 2 if directive.name == "location" else 1]))
        place = f"{directive.file}:{directive.line}"
        self._gaps[place, text] = Gap(place=place, text=text, why=why)

    def _app_path(self, location: ParsedDirective) -> str | None:
        """Return the path of a location that passes requests to the app; None for any other location."""
        passes = any(map(self._ours, location.block or ()))
        return prefix_of(location) if passes else None

    def _add_location(self, location: ParsedDirective, server: ParsedDirective) -> None:
        lines = location.block or ()
        path = prefix_of(location)
        if any(map(self._ours, lines)) or _falls_back(location, server, self._ours):
            self._add_app_location(location, server, path)
        elif (why := _why_location_goes(location, path)) is not None:
            if why:
                self.leave_out(location, why)
        else:
            self._add_folder(location, server, path or "/")

    def _add_app_location(self, location: ParsedDirective, server: ParsedDirective, path: str | None) -> None:
        is_named = location.arg().startswith("@")
        if path is None and not is_named and location.args != ("=", "/"):
            self.leave_out(location, "enuf passes all URLs to the app, or all below one prefix")
            return
        roots = location.inside("root") or server.inside("root")
        looks = [each for each in location.inside("try_files") if "$uri" in each.args]
        if looks and roots and not self._is_empty(roots[-1].arg()):
            self.leave_out(
                roots[-1], "files at any URL: the setting static.extra serves a folder at a URL of its own"
            )
        for each in location.block or ():
            if each.name == "location":
                self.leave_out(each, _NO_SETTING)
            else:
                self._add(each, path or "/")

    def _add_folder(self, location: ParsedDirective, server: ParsedDirective, path: str) -> None:
        """Add a location that serves files."""
        url = f"/{path.strip('/')}/"
        alias, roots = location.inside("alias"), location.inside("root") or server.inside("root")
        folder = alias[-1].arg() if alias else f"{roots[-1].arg()}/{path.strip('/')}" if roots else ""
        if not folder.startswith("/") or "$" in folder or url == "//":
            self.leave_out(location, "its folder is not named in full")
            return
        folder = posixpath.normpath(folder)
        if self._is_empty(folder):
            return
        self._put("static.extra", url, folder, location)
        for each in location.block or ():
            if each.name == "expires" and (seconds := _duration(each.arg())) is not None:
                self._put("static.cache", url, seconds, each)
            elif each.name == "autoindex" and each.arg() == "on":
                self._put("static.index", url, "list", each)
            elif each.name == "add_header" and each.arg().lower() in ("cache-control", "pragma"):
                continue
            elif each.name not in ("alias", "autoindex"):
                self._add(each, path.rstrip("/") or "/")

    def _add(self, each: ParsedDirective, path: str) -> None:
        """Add a directive that is no location; `path` is the URL for which it holds."""
        place = f"{each.file}:{each.line}"
        if each.name == "client_max_body_size" and each.arg() not in ("0", ""):
            self._settings["serve.max_body"] = Taken(value=each.arg().lower(), place=place)
        elif each.name in _READ_TIMEOUTS and (wait := _duration(each.arg())) is not None:
            self._settings["serve.timeout"] = Taken(value=wait, place=place)
        elif each.name == "auth_basic_user_file":
            self._put("access.passwords", path, posixpath.join("/etc/nginx", each.arg()), each)
        elif each.name == "auth_basic" and each.arg() == "off":
            self._put("access.passwords", path, "off", each)
        elif each.name in ("allow", "deny"):
            self._allowed.setdefault(path, []).append(each)
        elif each.name == "add_header" and each.arg().lower() == "strict-transport-security":
            self._add_hsts(each, place)
        elif (why := _why_left_out(each)) is not None:
            self.leave_out(each, why)

    def _add_hsts(self, each: ParsedDirective, place: str) -> None:
        found = re.search(r"max-age=(\d{1,12})", each.arg(1))
        if found and int(found[1]):
            self._settings["tls.hsts"] = Taken(value=f"{found[1]}s", place=place)

    def _add_networks(self, path: str, lines: Sequence[ParsedDirective]) -> None:
        allowed = [each.arg() for each in lines if each.name == "allow"]
        denied = [each.arg() for each in lines if each.name == "deny"]
        if denied == ["all"] and allowed and lines[-1].name == "deny":
            self._put("access.allow", path, allowed, lines[0])
        elif denied and not allowed and "all" not in denied:
            self._put("access.deny", path, denied, lines[0])
        else:
            self.leave_out(lines[0], "the settings access.allow and access.deny have no such order")

    def _put(self, key: str, name: str, value: object, each: ParsedDirective) -> None:
        self._tables.setdefault(key, {})[name] = value
        self._places.setdefault(key, f"{each.file}:{each.line}")


def _prefix_of_app(paths: Sequence[str], server: ParsedDirective) -> dict[str, Taken]:
    """Return the setting serve.prefix where the app has all URLs below one path, and not the whole site."""
    tops = [path for path in paths if not any(path != other and path.startswith(other) for other in paths)]
    if len(set(tops)) != 1 or tops[0] == "/":
        return {}
    return {"serve.prefix": Taken(value=tops[0].rstrip("/"), place=f"{server.file}:{server.line}")}


def _falls_back(
    location: ParsedDirective, server: ParsedDirective, ours: Callable[[ParsedDirective], bool]
) -> bool:
    """Return True for a location whose try_files ends in a named location that passes requests to the app."""
    names = [each.args[-1] for each in location.inside("try_files") if each.args]
    named = (each for each in server.inside("location") if each.arg() in names)
    return any(any(map(ours, each.block or ())) for each in named)


def _why_location_goes(location: ParsedDirective, path: str | None) -> str | None:
    """Return why a location without the app is left out, an empty text for one that enuf needs none for.

    None for a location that serves a folder.
    """
    names = {each.name for each in location.block or ()}
    if any(name.endswith("_pass") for name in names):
        return "another program answers here"
    if path is not None and path.startswith("/.well-known"):
        return 'an authority asks here for its challenge: the setting tls.mode = "acme" orders certificates'
    denies = names <= {"deny", "return", "access_log", "log_not_found", "allow"}
    if path is None:
        if denies and _HIDDEN_FILES.match(location.args[-1]):
            return ""  # enuf serves no hidden file
        if location.arg() == "=" and names <= {"access_log", "log_not_found"}:
            return ""
        return "enuf knows folders, and no patterns of URLs"
    if "return" in names or "rewrite" in names or "if" in names or not names:
        return _NO_SETTING
    if denies:
        return "enuf closes no single path: the settings access.allow and access.deny take networks"
    return None


def _why_left_out(each: ParsedDirective) -> str | None:
    """Return why enuf has nothing for a directive; None for one whose work enuf does in its own way."""
    name = each.name
    if name in NGINX_OWN_WAY or name in (*_READ_TIMEOUTS, "auth_basic", "autoindex"):
        return None
    if name == "uwsgi_param" and (each.arg() in USUAL_PARAMS or _is_usual_header(each.arg())):
        return None
    if name == "proxy_set_header" and each.arg().lower() in USUAL_HEADERS:
        return None
    if name == "add_header" and each.arg().lower() in _USUAL_ANSWERS:
        return None
    if name == "client_max_body_size":
        return "enuf has a limit for every body: set serve.max_body"
    if name == "if" and _leads_to_https(each):
        return None
    return _WHY.get(name, _NO_SETTING)


def _is_usual_header(param: str) -> bool:
    return param.startswith("HTTP_") and param[5:].lower().replace("_", "-") in USUAL_HEADERS


def _leads_to_https(each: ParsedDirective) -> bool:
    """Return True for `if (…) { return 301 https://…; }`, as certbot writes it."""
    lines = each.block or ()
    return len(lines) == 1 and lines[0].name == "return" and lines[0].arg(1).startswith("https://$")


def _duration(text: str) -> str | None:
    """Return a duration of nginx's in seconds; None for one of another form."""
    found = _SECONDS.fullmatch(text)
    if found is None:
        days = re.fullmatch(r"(\d{1,4})(d|w|M|y)", text)
        return (
            f"{int(days[1]) * {'d': 1, 'w': 7, 'M': 30, 'y': 365}[days[2]]}d"
            if days
            else "365d"
            if text == "max"
            else None
        )
    return f"{int(found[1]) * {'s': 1, 'm': 60, 'h': 3600}[found[2] or 's']}s"
