"""What Django's settings say about static files, uploads, hosts and debugging reaches the plan."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.discover.test_importable import app, place

from enuf.model.app import AppReport, StaticFolder

pytestmark = pytest.mark.user

PROJECT = """
from pathlib import Path
from django.conf import settings
BASE = Path(__file__).resolve().parent
given = dict(
    ROOT_URLCONF=__name__, SECRET_KEY="x", ALLOWED_HOSTS=[".shop.example"], MIDDLEWARE=[],
    INSTALLED_APPS=["django.contrib.staticfiles"], STATIC_URL="static/", STATIC_ROOT=BASE / "collected",
)
{more}
settings.configure(**given)
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
urlpatterns = []
"""


def imported(project: Path, more: str = "", *, collected: bool = True) -> AppReport:
    """What the import of a small project tells."""
    if collected:
        place(project, "collected/admin/base.css", "body {}\n")
    return app(project, PROJECT.format(more=more))


@pytest.mark.parametrize(
    "more",
    [
        "",
        "given['MIDDLEWARE'] = ['django.middleware.security.SecurityMiddleware']\ngiven['SECURE_SSL_REDIRECT'] = True\n",
        "given['MIDDLEWARE'] = ['django.middleware.security.SecurityMiddleware']\ngiven['SECURE_SSL_REDIRECT'] = True\n"
        "given['SECURE_PROXY_SSL_HEADER'] = ('HTTP_X_FORWARDED_PROTO', 'https')\n",
        "given['ALLOWED_HOSTS'] = ['*']\n",
    ],
    ids=["plain", "https only", "https by a proxy", "every host"],
)
def test_collected_static_files_are_offered_to_the_web_server(tmp_path: Path, more: str) -> None:
    report = imported(tmp_path, more)
    directory = str(tmp_path / "collected")
    assert report.static_folders == (StaticFolder(url="/static/", directory=directory, owner="STATIC_ROOT"),)


def test_files_that_a_middleware_refuses_stay_behind_it(tmp_path: Path) -> None:
    place(
        tmp_path,
        "guards.py",
        "from django.http import HttpResponse\n"
        "def members_only(get_response): return lambda request: HttpResponse('no', status=403)\n",
    )
    [folder] = imported(tmp_path, "given['MIDDLEWARE'] = ['guards.members_only']\n").static_folders
    assert folder.kept_by == "the app answers 403 to a visitor who asks for one"


def traits(report: AppReport) -> dict[str, str]:
    return {trait.kind: trait.what for trait in report.traits}


@pytest.mark.parametrize(
    ("more", "kind", "what"),
    [
        ("given['DEBUG'] = True\n", "django-debug", "DEBUG"),
        ("given['ALLOWED_HOSTS'] = []\n", "django-hosts", ""),
        ("given['STATIC_ROOT'] = None\n", "django-static", "name a folder in STATIC_ROOT, and run"),
        ("given['STATIC_ROOT'] = BASE / 'gone'\n", "django-static", "run"),
        ("given.update(MEDIA_URL='media/', MEDIA_ROOT=BASE / 'collected')\n", "django-media", "/media/ {project}/collected"),
    ],
)  # fmt: skip
def test_what_bites_later_is_seen(tmp_path: Path, more: str, kind: str, what: str) -> None:
    assert traits(imported(tmp_path, more))[kind] == what.format(project=tmp_path)


def test_settings_without_fault_have_nothing_but_their_hosts(tmp_path: Path) -> None:
    assert traits(imported(tmp_path)) == {"django-hosts": ".shop.example", "host": "shop.example"}


def test_a_site_that_answers_to_every_name_names_none(tmp_path: Path) -> None:
    assert "host" not in traits(imported(tmp_path, "given['ALLOWED_HOSTS'] = ['*', 'shop.example']\n"))


def test_uploads_that_a_view_serves_are_the_apps_own(tmp_path: Path) -> None:
    more = "given.update(MEDIA_URL='media/', MEDIA_ROOT=BASE / 'collected', ROOT_URLCONF='routes')\n"
    place(
        tmp_path,
        "routes.py",
        "from django.urls import path\nurlpatterns = [path('media/<path:name>', lambda request, name: None)]\n",
    )
    assert "django-media" not in traits(imported(tmp_path, more))
