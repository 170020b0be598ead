"""A static folder is offered to the web server only where nothing of the app stands before or behind its files."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.discover.test_importable import FLASK, app, place

from enuf.model.app import StaticFolder
from enuf.plan.static import divided

pytestmark = pytest.mark.user

BLUEPRINT = (
    "from flask import Blueprint\nouter = Blueprint('outer', __name__)\n"
    "inner = Blueprint('inner', __name__, static_folder='static', static_url_path='/files')\n"
)
REGISTERED = "outer.register_blueprint(inner)\napp.register_blueprint(outer, url_prefix='/outer')\n"
GATE = (
    "class Gate:\n    def __init__(self, inner): self.inner = inner\n"
    "    def __call__(self, environ, start_response): return self.inner(environ, start_response)\n"
)
MINE = "from flask import Flask\nclass Mine(Flask):\n    {body}\napp = Mine(__name__)\n"


def folders(project: Path, text: str, **files: str) -> dict[str, StaticFolder]:
    """What the import tells about the static folders of an app, by their URLs."""
    for name, content in (files or {"site_css": "body {}\n"}).items():
        place(project, f"static/{name.replace('_', '.')}", content)
    return {folder.url: folder for folder in app(project, text).static_folders}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("@app.before_request\ndef guard(): pass\n", "a before_request function runs for them, app.guard"),
        (
            "import functools\nclass Auth:\n    def ask(self, realm): pass\n"
            "app.before_request(functools.partial(Auth().ask, 'x'))\n",
            "a before_request function runs for them, functools.partial",
        ),
        (
            "@app.url_value_preprocessor\ndef pull(endpoint, values): pass\n",
            "a url_value_preprocessor function runs for them, app.pull",
        ),
        (GATE + "app.wsgi_app = Gate(app.wsgi_app)\n", "the app is wrapped in app.Gate"),
        (
            GATE + "from werkzeug.middleware.proxy_fix import ProxyFix\napp.wsgi_app = ProxyFix(Gate(app.wsgi_app))\n",
            "the app is wrapped in app.Gate",
        ),
        (
            "from flask import request_started\ndef heard(sender): pass\nrequest_started.connect(heard, app)\n",
            "a function hears the signal request_started, app.heard",
        ),
        ("app.dispatch_request = lambda: 'x'\n", "dispatch_request of Flask is overridden"),
        ("app.get_send_file_max_age = lambda name: 60\n", "get_send_file_max_age is overridden"),
        ("app.send_static_file = lambda filename: 'x'\n", "their view is the app's own"),
        (
            "@app.after_request\ndef close(response):\n    response.status_code = 403\n    return response\n",
            "the app answers 403 to a visitor who asks for one",
        ),
        (
            "from flask import session\napp.secret_key = 'x'\n@app.after_request\ndef visit(response):\n"
            "    session['seen'] = 1\n    return response\n",
            "the app sets a cookie with them",
        ),
        (
            "from flask import session\napp.secret_key = 'x'\n@app.after_request\ndef look(response):\n"
            "    response.headers['X-Seen'] = str('user' in session)\n    return response\n",
            "they depend on the visitor (Vary: cookie)",
        ),
        (
            "import itertools\ncount = itertools.count()\n@app.after_request\ndef number(response):\n"
            "    response.headers['X-Number'] = str(next(count))\n    return response\n",
            "their header x-number is not always the same",
        ),
        (
            "from flask import request\n@app.after_request\ndef allow(response):\n"
            "    response.headers['Access-Control-Allow-Origin'] = request.headers.get('Origin', 'none')\n"
            "    return response\n",
            "their header access-control-allow-origin is not always the same",
        ),
        (
            "@app.after_request\ndef small(response):\n    response.direct_passthrough = False\n"
            "    response.set_data(response.get_data().strip())\n    return response\n",
            "the app changes what is in them",
        ),
        (
            "@app.after_request\ndef price(response):\n    response.headers['X-Price'] = '$5'\n    return response\n",
            "their header x-price is none that nginx can send",
        ),
        (
            "import mimetypes\nmimetypes.add_type('text/x-mine', '.css')\n",
            "the app calls site.css text/x-mine and not text/css",
        ),
        (
            "@app.after_request\ndef broken(response): raise KeyError('x')\n",
            "the app answers 500 to a visitor who asks for one",
        ),
        (
            "import time\n@app.after_request\ndef slow(response):\n    time.sleep(60)\n",
            "the app did not answer a request for one within 3 s",
        ),
    ],
)  # fmt: skip
def test_what_stands_before_or_behind_a_file_keeps_it_with_the_app(
    tmp_path: Path, text: str, reason: str
) -> None:
    assert folders(tmp_path, FLASK + text)["/static/"].kept_by == reason


@pytest.mark.parametrize("guarded", ["outer", "inner"])
def test_a_guard_of_a_blueprint_counts_for_its_own_folders_only(tmp_path: Path, guarded: str) -> None:
    guard = f"@{guarded}.before_request\ndef guard(): pass\n"
    found = folders(tmp_path, FLASK + BLUEPRINT + guard + REGISTERED)
    assert found["/static/"].kept_by == ""
    assert found["/outer/files/"].kept_by == "a before_request function runs for them, app.guard"


@pytest.mark.parametrize(
    "body",
    [
        "def full_dispatch_request(self): return super().full_dispatch_request()",
        "def __call__(self, environ, start_response): return super().__call__(environ, start_response)",
        "def process_response(self, response): return response",
    ],
)
def test_a_flask_with_methods_of_its_own_keeps_its_files(tmp_path: Path, body: str) -> None:
    assert "of Flask is overridden" in folders(tmp_path, MINE.format(body=body))["/static/"].kept_by


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("from werkzeug.middleware.proxy_fix import ProxyFix\napp.wsgi_app = ProxyFix(app.wsgi_app)\n", {}),
        (
            "from flask_wtf.csrf import CSRFProtect\nCSRFProtect().init_app(app)\n",
            {
                "flask_wtf/csrf.py": "class CSRFProtect:\n    def init_app(self, app):\n        @app.before_request\n"
                "        def csrf_protect(): pass\n"
            },
        ),
        (
            "from sentry_sdk.integrations import flask as sentry\n",
            {
                "sentry_sdk/integrations/flask.py": "from flask import request_started\n"
                "def _request_started(sender, **more): pass\nrequest_started.connect(_request_started)\n"
            },
        ),
        ("app.config['TRUSTED_HOSTS'] = ['shop.example']\n", {}),
        ("app.config['SERVER_NAME'] = 'shop.example'\n", {}),
    ],
    ids=["ProxyFix", "CSRFProtect", "Sentry", "TRUSTED_HOSTS", "SERVER_NAME"],
)
def test_what_lets_everybody_have_a_file_is_known(tmp_path: Path, text: str, more: dict[str, str]) -> None:
    for name, content in more.items():
        place(tmp_path, name, content)
    assert folders(tmp_path, FLASK + text)["/static/"].kept_by == ""


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("", False),
        ("app.config['SERVER_NAME'] = 'shop.example'\n", False),
        ("app.config['TRUSTED_HOSTS'] = ['shop.example']\n", True),
        (
            "from flask import abort, request\n@app.after_request\ndef check(response):\n"
            "    if request.host == 'other.invalid': abort(421)\n    return response\n",
            True,
        ),
    ],
)
def test_files_of_an_app_that_checks_the_host_wait_for_the_names_of_the_site(
    tmp_path: Path, text: str, own: bool
) -> None:
    found = folders(tmp_path, FLASK + text)["/static/"]
    assert (found.own_hosts, found.kept_by) == (own, "")
    anybody = divided([found], (), "", always=False, any_host=True)
    assert bool(anybody.served) is not own
    if own:
        assert "names a host that is not its own, and serve.hosts is not set" in anybody.through_app[0]
    assert divided([found], (), "", always=False, any_host=False).served


def test_an_empty_folder_of_an_app_that_checks_the_host_stays_with_the_app(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    text = FLASK + "app.config['TRUSTED_HOSTS'] = ['shop.example']\n"
    assert app(tmp_path, text).static_folders[0].kept_by


def test_an_expires_that_is_no_date_is_a_header_like_others(tmp_path: Path) -> None:
    text = FLASK + (
        "@app.after_request\ndef headers(response):\n    response.headers['Cache-Control'] = 'no-store'\n"
        "    response.headers['Expires'] = '0'\n    return response\n"
    )
    found = folders(tmp_path, text)["/static/"]
    assert (found.headers, found.cache) == ((("Expires", "0"),), "no-store")


def test_headers_that_are_always_the_same_and_the_age_are_reported(tmp_path: Path) -> None:
    text = FLASK + (
        "app.config['SEND_FILE_MAX_AGE_DEFAULT'] = 604800\n@app.after_request\ndef headers(response):\n"
        "    response.headers['Access-Control-Allow-Origin'] = '*'\n"
        "    response.headers['X-Frame-Options'] = 'DENY'\n    return response\n"
    )
    found = folders(tmp_path, text, site_css="body {}\n", font_woff2="x", app_js="")["/static/"]
    assert found.headers == (("Access-Control-Allow-Origin", "*"), ("X-Frame-Options", "DENY"))
    assert (found.cache, found.kept_by) == ("public, max-age=604800", "")


def test_a_header_of_one_kind_of_file_keeps_the_folder_with_the_app(tmp_path: Path) -> None:
    text = FLASK + (
        "from flask import request\n@app.after_request\ndef fonts(response):\n"
        "    if request.path.endswith('.woff2'): response.headers['Access-Control-Allow-Origin'] = '*'\n"
        "    return response\n"
    )
    found = folders(tmp_path, text, site_css="body {}\n", font_woff2="x")["/static/"]
    assert found.kept_by == "their header access-control-allow-origin is not always the same"


@pytest.mark.parametrize(
    ("text", "is_kept"), [("", False), ("app.after_request(lambda response: response)\n", True)]
)
def test_a_folder_without_a_file_is_judged_by_what_could_change_an_answer(
    tmp_path: Path, text: str, is_kept: bool
) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static/.hidden").write_text("x")
    [folder] = app(tmp_path, FLASK + text).static_folders
    assert (bool(folder.kept_by), folder.quiet) == (is_kept, is_kept)


def test_nobody_is_asked_where_a_guard_stands(tmp_path: Path) -> None:
    text = FLASK + "@app.before_request\ndef guard(): open('asked', 'w')\n"
    folders(tmp_path, text)
    assert not (tmp_path / "asked").exists()
