"""Finds the static folders of a Flask app, and whether a web server may send their files in place of the app.

It may where nothing of the app's own stands before or behind a file; else the app is asked for some. It runs
in the probe's process, from its text: only the standard library, from Python 3.8 on, and what the app itself
has loaded.
"""

# ruff: noqa: PTH100, PTH112

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

HARMLESS = {
    (
        "flask_wtf.csrf",
        "CSRFProtect.init_app.<locals>.csrf_protect",
    ),  # looks at requests that change something
    ("sentry_sdk.integrations.flask", "_request_started"),  # notes which URL was asked for
}
"""Functions that run before a request and let everybody have a file, by module and qualified name."""
HARMLESS_WRAPPERS = (("werkzeug.middleware.proxy_fix", "ProxyFix"),)
"""Middlewares that answer nothing themselves."""
MOST_PARTS = 500
BEFORE = (
    "__call__",
    "wsgi_app",
    "request_context",
    "full_dispatch_request",
    "preprocess_request",
    "dispatch_request",
)
BEHIND = ("make_response", "finalize_request", "process_response")
"""Methods of Flask that every request passes."""


def static_folders(app: Any, ask: Callable[..., dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the folders by their URLs: who has declared them, why the app must serve them, its headers otherwise.

    `ask` asks the app for some files of a folder.
    """
    folders = []
    for url, owner, endpoint in static_rules(app):
        directory = os.path.abspath(owner.static_folder)
        folder: dict[str, Any] = {
            "url": url,
            "directory": directory,
            "owner": endpoint.rpartition(".")[0] or "app",
        }
        reason = own_code(app, owner, endpoint)
        folder.update({"kept_by": reason} if reason else ask(url, directory, extra=host_of(app)))
        folders.append(folder)
    return folders


def host_of(app: Any) -> dict[str, str]:
    """Return the Host header that a Flask app answers to."""
    return {"HTTP_HOST": (hosts_of(app) or ["127.0.0.1"])[0]}


def hosts_of(app: Any) -> list[str]:
    """Return the names that a Flask app answers to alone; none for one that answers to all, or is no Flask app."""
    config = getattr(app, "config", None) or {}
    hosts = config.get("TRUSTED_HOSTS") or [config.get("SERVER_NAME") or ""]
    return [str(host).lstrip(".") for host in hosts if host]


# -- which URL leads to which folder


def static_rules(app: Any) -> list[tuple[str, Any, str]]:
    """Return URL, owner and endpoint of every folder that exists, and below whose URL no view answers."""
    # Of two rules for one URL the first answers, as when a blueprint without a prefix has a folder `static` too.
    rules = list(
        {(rule.host, rule.subdomain, rule.rule): rule for rule in [*app.url_map.iter_rules()][::-1]}.values()
    )
    taken: dict[str, Any] = {}
    found = []
    # The longest first: a folder inside another one's URL must be safe before the outer one can be.
    for rule in sorted(rules, key=lambda rule: -len(rule.rule)):
        url = static_url(rule)
        owner = url and owner_of(app, rule.endpoint)
        if not owner or url in taken:
            continue
        if any(
            other.rule.startswith(url) and other not in taken.values() for other in rules if other is not rule
        ):
            continue  # a view answers below this URL too
        if os.path.isdir(owner.static_folder):
            taken[url] = rule
            found.append((url, owner, rule.endpoint))
    return found[::-1]


def first_parts(app: Any) -> list[str]:
    """Return the first parts of the app's URLs, `api` for `/api/users/<id>`; none of a URL that begins with a variable."""
    parts = {str(rule.rule).lstrip("/").partition("/")[0] for rule in app.url_map.iter_rules()}
    return sorted(part for part in parts if part and "<" not in part)[:MOST_PARTS]


def static_url(rule: Any) -> str:
    """Return `/static/` for a plain static rule, else nothing; never `/`, which is the whole site."""
    url, separator, rest = rule.rule.partition("<path:filename>")
    is_plain = separator and not rest and len(url) > 1 and url[0] == url[-1] == "/" and "<" not in url
    is_static = rule.endpoint == "static" or rule.endpoint.endswith(".static")
    if not (is_plain and is_static) or rule.subdomain or rule.host or rule.defaults or rule.redirect_to:
        return ""
    return str(url)


def owner_of(app: Any, endpoint: str) -> Any:
    """Return the app or the blueprint that an endpoint `static` belongs to, if it has a static folder."""
    owner = app if endpoint == "static" else app.blueprints.get(endpoint.rpartition(".")[0])
    return owner if getattr(owner, "static_folder", None) else None


# -- what of the app's own stands before a file


def own_code(app: Any, owner: Any, endpoint: str) -> str:
    """Return why a request for a file may meet code of the app's own; empty when it meets Flask's only."""
    looks: tuple[Callable[[], str], ...] = (
        lambda: wrapped(app),
        lambda: before(app, endpoint),
        lambda: signalled(app),
        lambda: overridden(app, owner, endpoint),
    )
    return next((reason for reason in (look() for look in looks) if reason), "")


def wrapped(app: Any) -> str:
    """Say which middleware stands before the app, if one may answer itself."""
    inner = vars(app).get("wsgi_app")
    while inner is not None:
        known = (getattr(sys.modules.get(module), name, None) for module, name in HARMLESS_WRAPPERS)
        if not any(type(inner) is kind for kind in known):
            break
        inner = inner.app
    if inner is None or getattr(inner, "__func__", None) is flask_class().wsgi_app:
        return ""
    return f"the app is wrapped in {qualified_name(inner)}"


def before(app: Any, endpoint: str) -> str:
    """Say which function of the app runs before a request for the file."""
    path = endpoint.rpartition(".")[0].split(".")
    scopes = [None, *(".".join(path[: count + 1]) for count in range(len(path)))]
    for kind in ("before_request", "url_value_preprocessor"):
        by_scope = getattr(app, f"{kind}_funcs", None) or getattr(app, f"{kind}s", None) or {}
        for function in (function for scope in scopes for function in by_scope.get(scope, ())):
            if not lets_everybody_pass(function):
                return f"a {kind} function runs for them, {qualified_name(function)}"
    return ""


def signalled(app: Any) -> str:
    """Say which function hears of a request before it is answered, and may refuse it."""
    signals: Any = sys.modules.get("flask.signals")
    for name in ("appcontext_pushed", "request_started"):
        signal: Any = getattr(signals, name, None)
        for function in signal.receivers_for(app) if getattr(signal, "receivers", None) else ():
            if not lets_everybody_pass(function):
                return f"a function hears the signal {name}, {qualified_name(function)}"
    return ""


def overridden(app: Any, owner: Any, endpoint: str) -> str:
    """Say which of Flask's methods the app has replaced."""
    flask = flask_class()
    for name in (*BEFORE, *BEHIND):
        if getattr(type(app), name, None) is not getattr(flask, name, None) or (
            name != "wsgi_app" and name in vars(app)
        ):
            return f"{name} of Flask is overridden"
    if not is_flasks_own(app.view_functions.get(endpoint)) or not is_flasks_own(owner.send_static_file):
        return "their view is the app's own"
    if not is_flasks_own(owner.get_send_file_max_age):
        return "get_send_file_max_age is overridden"
    return ""


def is_flasks_own(function: Any) -> bool:
    """Return True for a function of Flask.

    Globals tell, not `__module__`: functools.wraps copies that one onto a login check.
    """
    return module_of(function).startswith("flask.")


def lets_everybody_pass(function: Any) -> bool:
    """Return True for a function that is known to let everybody have a file."""
    return (module_of(function), getattr(function, "__qualname__", "")) in HARMLESS


def module_of(function: Any) -> str:
    """Return the module in which a function was written."""
    return str(getattr(getattr(function, "__func__", function), "__globals__", {}).get("__name__", ""))


def qualified_name(value: Any) -> str:
    """Return `module.name` of a function, or of the class of an object."""
    named = value if hasattr(value, "__qualname__") else type(value)
    return f"{module_of(value) or named.__module__}.{named.__qualname__}"[:120]


def flask_class() -> Any:
    """Return the class Flask, which the app has imported."""
    return sys.modules["flask"].Flask
