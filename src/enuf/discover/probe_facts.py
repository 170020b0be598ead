"""The facts that servers and fronts need about an app: what not every server suits, static folders, limits.

It runs in the probe's process, from its text: only the standard library, from Python 3.8 on.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Neighbour = Callable[[str], dict[str, Any]]


def app_facts(app: Any, is_flask: bool, neighbour: Neighbour) -> dict[str, Any]:
    """Return the app's part of the report; `neighbour` returns what a module beside this one defines."""
    found: dict[str, Any] = {"traits": traits_of(app, neighbour)}
    if is_flask:
        found.update(facts_of_flask(app, neighbour), is_flask=True)
    else:
        found["static"] = static_of_django(app, neighbour)
    return found


def traits_of(app: Any, neighbour: Neighbour) -> list[dict[str, str]]:
    """Return what not every server suits.

    An app that is too strange to be looked at is served without a warning.
    """
    try:
        found = list(neighbour("probe_traits.py")["traits"](app))
        django = neighbour("probe_django.py")
        settings = django["settings_of_django"](app)
        if settings is not None:
            more, hosts = [*django["django_traits"](settings)], django["allowed_hosts"](settings)
        else:
            more, hosts = [], neighbour("probe_static.py")["hosts_of"](app)
        more += [("host", host) for host in hosts if host != "127.0.0.1"]
        return [*found, *({"kind": kind, "what": what} for kind, what in more)]
    except Exception:
        return []


def facts_of_flask(app: Any, neighbour: Neighbour) -> dict[str, Any]:
    """Return the facts that the front needs about a Flask app.

    No other part of the app's config leaves this process.
    """
    limit = app.config.get("MAX_CONTENT_LENGTH")
    try:
        static = neighbour("probe_static.py")["static_folders"](app, asker(app, neighbour))
    except Exception:
        static = []  # an unusual URL map: Flask serves its own files, which is always right
    try:
        routes = neighbour("probe_static.py")["first_parts"](app)
    except Exception:
        routes = []
    return {
        "max_content_length": limit if isinstance(limit, int) else None,
        "debug": bool(app.debug),
        "routes": routes,
        "static": static,
    }


def static_of_django(app: Any, neighbour: Neighbour) -> list[dict[str, Any]]:
    """Return the collected static files of a Django project."""
    try:
        django = neighbour("probe_django.py")
        settings = django["settings_of_django"](app)
        if settings is None:
            return []
        found: list[dict[str, Any]] = django["collected_files"](settings, asker(app, neighbour))
    except Exception:
        return []  # the app goes on to do what it does for them
    return found


def asker(app: Any, neighbour: Neighbour) -> Callable[..., dict[str, Any]]:
    """Return the function that asks the app for some files of a folder."""
    asked_for: Callable[..., dict[str, Any]] = neighbour("probe_answers.py")["asked_for"]
    return lambda *where, **how: asked_for(app, *where, **how)
