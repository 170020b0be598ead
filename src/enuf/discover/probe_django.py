"""Finds in Django's settings what a web server in front has to know.

It runs in the probe's process, after the import and from its text: only the standard library, from Python 3.8
on, and what the app itself has loaded.
"""

# ruff: noqa: PTH100, PTH112

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


def settings_of_django(app: Any) -> Any:
    """Return Django's settings when the app is Django's own handler, else None."""
    handler = getattr(sys.modules.get("django.core.handlers.wsgi"), "WSGIHandler", None)
    settings = getattr(sys.modules.get("django.conf"), "settings", None)
    is_django = isinstance(handler, type) and isinstance(app, handler)
    return settings if is_django and settings is not None and settings.configured else None


def collected_files(settings: Any, ask: Callable[..., dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the folder of collected static files, if there is one.

    Its purpose is that everybody can read it.

    `ask` asks the app for some files of a folder: it may know better than to hand them out.
    """
    url, root = str(settings.STATIC_URL or ""), str(settings.STATIC_ROOT or "")
    if not is_below_site(url) or not os.path.isdir(root):
        return []
    directory = os.path.abspath(root)
    found = ask(url, directory, extra=as_visitor(settings), absent_is_fine=True)
    return [{"url": url, "directory": directory, "owner": "STATIC_ROOT", **found}]


def is_below_site(url: str) -> bool:
    """Return True for an address below this site, and not the whole site."""
    return len(url) > 2 and url[0] == url[-1] == "/" and url[1] != "/"


def as_visitor(settings: Any) -> dict[str, str]:
    """Return what a request must bring along so that Django takes it for one by https, for this site."""
    extra = {
        "wsgi.url_scheme": "https",
        "SERVER_PORT": "443",
        "HTTP_HOST": (allowed_hosts(settings) or ["127.0.0.1"])[0],
    }
    proxy = settings.SECURE_PROXY_SSL_HEADER
    return {**extra, str(proxy[0]): str(proxy[1])} if proxy else extra


def allowed_hosts(settings: Any) -> list[str]:
    """Return names that Django answers to, without wildcards; 127.0.0.1 where it answers to that too."""
    wishes = [str(host) for host in settings.ALLOWED_HOSTS]
    if "*" in wishes or "127.0.0.1" in wishes or (settings.DEBUG and not wishes):
        return ["127.0.0.1"]
    return [host.lstrip(".") for host in wishes]


def django_traits(settings: Any) -> Iterator[tuple[str, str]]:
    """Yield what is to be said about the settings, each with its kind and what it is about."""
    if settings.DEBUG:
        yield "django-debug", "DEBUG"
    else:
        yield "django-hosts", " ".join(str(host) for host in settings.ALLOWED_HOSTS)
    uses_files = "django.contrib.staticfiles" in settings.INSTALLED_APPS
    serves_itself = any("whitenoise" in str(name).lower() for name in settings.MIDDLEWARE)
    if uses_files and not serves_itself and is_below_site(str(settings.STATIC_URL or "")):
        if not settings.STATIC_ROOT:
            yield "django-static", "name a folder in STATIC_ROOT, and run"
        elif not os.path.isdir(str(settings.STATIC_ROOT)):
            yield "django-static", "run"
    url, root = str(settings.MEDIA_URL or ""), str(settings.MEDIA_ROOT or "")
    if is_below_site(url) and os.path.isdir(root) and not is_routed(url):
        yield "django-media", f"{url} {os.path.abspath(root)}"


def is_routed(url: str) -> bool:
    """Return True when a view of the app answers below the address."""
    urls: Any = sys.modules["django.urls"]  # which the handler has imported
    try:
        urls.resolve(f"{url}enuf.txt")
    except urls.Resolver404:
        return False
    except Exception:
        return True  # the table of addresses cannot be loaded: then nobody can tell
    return True
