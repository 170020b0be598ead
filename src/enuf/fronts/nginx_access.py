"""Who may see the site: passwords and networks by path, for everything that the site answers.

The rules stand in the server block, so they hold for static files, protected downloads, kept pages and the app alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from enuf.fronts.base import FrontRequest
from enuf.fronts.nginx_paths import CHALLENGE, WHOLE_SITE, by_path, longest_first
from enuf.fronts.nginx_trust import client, variable
from enuf.settings.schema import Settings
from enuf.syntax.nginx import Heading, Node, block, directive

PAGES = "/.enuf/pages/"
"""Where nginx itself goes on for the site's own pages."""
_REALM, _FILE, _CREDENTIALS = "$enuf_realm", "$enuf_users", "$enuf_creds"
_ALLOWED, _DENIED = "$enuf_from", "$enuf_deny"
_OUT = "$enuf_out"
_OPEN = "off"
_ASKED = "This site is not for everybody"
_DOTS = r"^[^?]*(?:/|%2f|%5c|\\)(?:\.|%2e){1,2}(?:/|%2f|%5c|\\|\?|#|$)"


def access_maps(request: FrontRequest) -> list[Node]:
    """Return the lines above all servers: what each path asks of its visitors."""
    settings = request.settings
    access = settings.access
    if not access.guards:
        return []
    return [
        Heading("Who may see the site"),
        *_passwords(request),
        *_by_network(settings, _ALLOWED, access.allow, "1", "access.allow"),
        *_by_network(settings, _DENIED, _with_paths_around(access.deny), "0", "access.deny"),
    ]


def _passwords(request: FrontRequest) -> Iterator[Node]:
    settings = request.settings
    named = settings.access.passwords
    if not settings.access.files:
        return
    realms = {path: _OPEN if name is None else _ASKED for path, name in named.items()}
    places = dict(zip(settings.access.files, settings.access.paths_in(request.paths.project), strict=True))
    files = {path: "" if name is None else places[name] for path, name in named.items()}
    if any("$" in file for file in files.values()):
        raise ValueError("nginx would see a variable in the path of a file of access.passwords")
    yield variable("$uri", _REALM, *by_path(realms, settings, _OPEN, _OPEN), comment="access.passwords")
    yield variable("$uri", _FILE, *by_path(files, settings, "", ""))
    yield variable(
        _REALM,
        _CREDENTIALS,
        ("default", ""),
        (_OPEN, "$http_authorization"),
        comment="A password that nginx has checked is none of the app's business.",
    )


def _by_network(
    settings: Settings, target: str, named: Mapping[str, tuple[str, ...]], elsewhere: str, setting: str
) -> Iterator[Node]:
    """Yield the variable that is 1 for a visitor from the networks of the path, and `elsewhere` at other paths."""
    if named:
        own = {path: f"{target}_{number}" for number, path in enumerate(longest_first(named), 1)}
        for path, each in own.items():
            yield _networks(settings, each, named[path])
        yield variable("$uri", target, *by_path(own, settings, elsewhere, elsewhere), comment=setting)


def _with_paths_around(deny: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the networks that are denied at each path: those of all named paths around it too."""

    def around(path: str) -> Iterator[str]:
        return (each for each in deny if each in (WHOLE_SITE, path) or path.startswith(f"{each}/"))

    return {
        path: tuple(dict.fromkeys(network for each in around(path) for network in deny[each]))
        for path in deny
    }


def _networks(settings: Settings, target: str, networks: tuple[str, ...]) -> Node:
    lines = [directive("default", 0), *(directive(each, 1) for each in networks)]
    return block("geo", client(settings.serve), target, children=lines)


def guards(request: FrontRequest) -> list[Node]:
    """Return the lines of the site that turn visitors away."""
    access = request.settings.access
    if not access.guards:
        return []
    why = "[access] goes by the path. No browser sends `/../`, and nginx and an app may read it differently."
    nodes = refusing_lines(request, 400, ("($request_uri", "~*", _DOTS, ")"), why)
    for source, value, named in ((_ALLOWED, "0", access.allow), (_DENIED, "1", access.deny)):
        if named:
            nodes += refusing_lines(request, 403, (f"({source}", "=", f"{value})"))
    if access.files:
        nodes += [directive("auth_basic", _REALM), directive("auth_basic_user_file", _FILE)]
    return [*nodes, _no_challenge()]


def _no_challenge() -> Node:
    """Return the location of challenges that no location with files has: an app would answer them with a page of its own."""
    return block(
        "location",
        "~",
        rf"^{CHALLENGE}\z",
        children=[directive("return", 404)],
        comment="[access] leaves these open for a certificate authority: for files, not for the app.",
    )


def refusing_lines(
    request: FrontRequest, status: int, condition: tuple[str, ...], comment: str = ""
) -> list[Node]:
    """Return the lines of the site's server that refuse a request.

    nginx comes here again on the way to the page of the error: refused once more, the visitor would get 500.
    """
    answer, pages = directive("return", status), sorted(request.pages.errors)
    if str(status) not in pages:
        return [block("if", *condition, children=[answer], comment=comment)]
    on_the_way = rf"^{re.escape(PAGES)}(?:{'|'.join(pages)})\z"  # a refusal may stand behind another one
    return [
        directive("set", _OUT, "", comment=comment),
        block("if", *condition, children=[directive("set", _OUT, 1)]),
        block("if", "($uri", "~", on_the_way, ")", children=[directive("set", _OUT, "")]),
        block("if", f"({_OUT})", children=[answer]),
    ]


def for_everybody(request: FrontRequest) -> list[Node]:
    """Return the line of a location that asks for no password: a page about an error, or about maintenance."""
    return [directive("auth_basic", "off")] if request.settings.access.files else []


def credentials(request: FrontRequest) -> str:
    """Return the variable with the Authorization header that the app gets."""
    return _CREDENTIALS if request.settings.access.files else "$http_authorization"


def credential_lines(request: FrontRequest) -> list[Node]:
    """Return the line that passes the Authorization header on, where nginx has not checked it itself."""
    if not request.settings.access.files:
        return []
    if request.link.wire == "uwsgi":
        return [directive("uwsgi_param", "HTTP_AUTHORIZATION", _CREDENTIALS, "if_not_empty")]
    return [directive("proxy_set_header", "Authorization", _CREDENTIALS)]
