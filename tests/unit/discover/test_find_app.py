"""The app is found by reading files, in Flask's order, without importing anything."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enuf.discover.app import find_app
from enuf.discover.source import SOURCE_LIMIT_BYTES, quiet_parse, read_names
from enuf.errors import AppNotFound
from enuf.model.app import AppRef

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
FACTORY = "from flask import Flask\ndef create_app():\n    return Flask(__name__)\n"


def write(project: Path, **files: str) -> Path:
    """The project with these files; a name is written with `__` for `/` and without `.py`."""
    for name, text in files.items():
        place(project, f"{name.replace('__', '/')}.py", text)
    return project


def place(project: Path, name: str, text: str = "") -> Path:
    file = project / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def package(project: Path, name: str, text: str = "") -> Path:
    return place(project, f"{name}/__init__.py", text)


def find(project: Path, target: str | None = None, **environ: str) -> AppRef:
    return find_app(project, target, environ)


def refusal(project: Path, target: str | None = None, **environ: str) -> AppNotFound:
    with pytest.raises(AppNotFound) as caught:
        find(project, target, **environ)
    assert caught.value.exit_code == 5
    assert "\n" not in caught.value.summary + caught.value.hint
    return caught.value


# Which module


@pytest.mark.parametrize("target", ["app.py", "./app.py", "app", "app.py:app", "app:app", "./app"])
def test_a_file_in_the_project_is_named_in_any_way_that_flask_accepts(tmp_path: Path, target: str) -> None:
    ref = find(write(tmp_path, app=FLASK), target)
    assert ref == AppRef(
        directory=str(tmp_path),
        module="app",
        attribute="app",
        file=str(tmp_path / "app.py"),
        found_by="argument",
    )


def test_an_absolute_path_is_fine_and_so_is_a_colon_in_it(tmp_path: Path) -> None:
    file = place(tmp_path, "a:b/app.py", FLASK)
    assert find(tmp_path, str(file)).file == str(file)


def test_a_file_in_a_folder_that_is_no_package_is_imported_from_there(tmp_path: Path) -> None:
    ref = find(write(tmp_path, sub__app=FLASK), "sub/app.py")
    assert (ref.directory, ref.module) == (str(tmp_path / "sub"), "app")


def test_a_file_in_packages_is_imported_from_above_them(tmp_path: Path) -> None:
    package(tmp_path, "outer")
    package(tmp_path, "outer/inner")
    ref = find(write(tmp_path, outer__inner__web=FLASK), "outer/inner/web.py")
    assert (ref.directory, ref.module) == (str(tmp_path), "outer.inner.web")


def test_a_project_that_is_a_package_itself_is_imported_from_above(tmp_path: Path) -> None:
    project = tmp_path / "site"
    package(tmp_path, "site")
    ref = find(write(project, app=FLASK), "app")
    assert (ref.directory, ref.module) == (str(tmp_path), "site.app")


@pytest.mark.parametrize(
    "target", ["toy", "toy/", "./toy", "toy/__init__.py", "toy:create_app", "toy:create_app()"]
)
def test_a_folder_that_is_a_package_is_a_target(tmp_path: Path, target: str) -> None:
    package(tmp_path, "toy", FACTORY)
    ref = find(tmp_path, target)
    assert (ref.directory, ref.module, ref.attribute, ref.call) == (str(tmp_path), "toy", "create_app", "")


def test_a_dotted_module_may_lie_under_src(tmp_path: Path) -> None:
    package(tmp_path, "src/toy")
    ref = find(write(tmp_path, src__toy__web=FLASK), "toy.web")
    assert (ref.directory, ref.module, ref.file) == (
        str(tmp_path / "src"),
        "toy.web",
        str(tmp_path / "src/toy/web.py"),
    )


def test_a_folder_without_init_can_be_a_namespace_of_modules(tmp_path: Path) -> None:
    ref = find(write(tmp_path, space__web=FLASK), "space.web")
    assert (ref.directory, ref.module) == (str(tmp_path), "space.web")


def test_a_module_that_is_not_in_the_project_may_be_installed(tmp_path: Path) -> None:
    assert find(tmp_path, "httpbin.core:app") == AppRef(
        directory=str(tmp_path), module="httpbin.core", attribute="app", found_by="argument"
    )


@pytest.mark.parametrize("name", ["my-app.py", "토이_앱.py", "한 글/my app.py"])
def test_names_that_are_no_identifiers_are_fine(tmp_path: Path, name: str) -> None:
    file = place(tmp_path, name, FLASK)
    ref = find(tmp_path, name)
    assert (ref.module, ref.file) == (file.stem, str(file))


def test_a_link_is_followed_as_in_flask(tmp_path: Path) -> None:
    place(tmp_path, "release/web.py", FLASK)
    (tmp_path / "app.py").symlink_to(tmp_path / "release/web.py")
    assert find(tmp_path, "app.py").module == "web"


def test_a_folder_package_wins_over_a_file_of_its_name_as_in_an_import(tmp_path: Path) -> None:
    package(tmp_path, "app", "")
    write(tmp_path, app=FLASK)
    assert "Python imports the folder app/" in refusal(tmp_path, "app.py").hint


# Which name in it


@pytest.mark.parametrize(
    ("text", "attribute", "call"),
    [
        (FLASK, "app", None),
        ("import flask\napplication = flask.Flask(__name__)", "application", None),
        ("from flask import Flask as F\nweb: F = F(__name__)", "web", None),
        ("from flask import Flask\nclass Mine(Flask): pass\nweb = Mine(__name__)", "web", None),
        ("from apiflask import APIFlask\nweb = APIFlask(__name__)", "web", None),
        ("from toy_flask_app import app", "app", None),
        ("from toy_flask_app import web as app", "app", None),
        ("from toy import app as application", "application", None),
        ("try:\n    from x import app\nexcept ImportError:\n    app = None", "app", None),
        (
            "import os\nif os.environ.get('X'):\n    app = make_app()\nelse:\n    app = wrap_app()",
            "app",
            None,
        ),
        ("app = f()", None, None),
        ("with x() as app:\n    pass", "app", None),
        ("if (app := make_app()): pass", "app", None),
        ("app = application = Flask()", "app", None),
        ("app = Celery()\nfrom flask import Flask\napplication = Flask('x')", "application", None),
        ("def application(environ, start_response):\n    return []", "application", None),
        ("def application(*args):\n    return []", "application", None),
        ("@Request.application\ndef application(request):\n    pass", "application", None),
        (FACTORY, "create_app", ""),
        ("def make_app(config=None, *, debug=False): pass", "make_app", ""),
        ("from .factory import create_app", "create_app", ""),
        ("app: 'Flask'\n" + FACTORY, "create_app", ""),
        ("app = None\n" + FACTORY, "create_app", ""),
        ("import app\n" + FACTORY, "create_app", ""),
        ("def app(): return Flask('x')\n" + FACTORY, "create_app", ""),
        ("class app:\n    def __call__(self, e, s): pass\n" + FACTORY, "create_app", ""),
        ("if __name__ == '__main__':\n    app = Flask()\n" + FACTORY, "create_app", ""),
        ("from x import *", None, None),
        ("web = build()", None, None),
        ("from shop import web", None, None),
        ("def __getattr__(name): ...", None, None),
    ],
)
def test_the_app_of_a_module_is_the_one_that_flask_would_take(
    tmp_path: Path, text: str, attribute: str | None, call: str | None
) -> None:
    ref = find(write(tmp_path, wsgi=text), "wsgi.py")
    assert (ref.module, ref.attribute, ref.call) == ("wsgi", attribute, call)


def test_a_name_that_an_import_binds_to_a_submodule_is_no_app(tmp_path: Path) -> None:
    package(tmp_path, "toy")
    write(tmp_path, toy__app=FLASK, wsgi="from toy import app\napplication = app.app")
    assert find(tmp_path, "wsgi").attribute == "application"


def test_a_name_that_the_package_binds_over_its_submodule_is_an_app(tmp_path: Path) -> None:
    package(tmp_path, "toy", "from .app import app")
    write(tmp_path, toy__app=FLASK, wsgi="from toy import app")
    assert find(tmp_path, "wsgi").attribute == "app"


def test_packages_that_import_from_each_other_do_not_confuse_the_reader(tmp_path: Path) -> None:
    package(tmp_path, "one", "from two import app")
    package(tmp_path, "two", "from one import app")
    write(tmp_path, one__app="", two__app="", wsgi="from one import app")
    assert find(tmp_path, "wsgi").attribute == "app"


@pytest.mark.parametrize(
    ("target", "attribute", "call"),
    [
        ("pkg:web", "web", None),
        ('pkg:build("prod")', "build", '"prod"'),
        ("pkg:build_all", "build_all", ""),
        ("pkg:application", "application", None),
        ("pkg:holder.app", "holder.app", None),
        ("pkg:views.app", "views.app", None),
        ("pkg:Wsgi", "Wsgi", None),
    ],
)
def test_a_named_callable_is_kept_and_a_named_factory_is_called(
    tmp_path: Path, target: str, attribute: str, call: str | None
) -> None:
    package(
        tmp_path,
        "pkg",
        "web = f()\ndef build(name): ...\ndef build_all(): ...\n"
        "def application(environ, start_response): ...\nholder = f()\nclass Wsgi: ...",
    )
    write(tmp_path, pkg__views=FLASK)
    ref = find(tmp_path, target)
    assert (ref.attribute, ref.call) == (attribute, call)


@pytest.mark.parametrize(
    "text",
    [
        "from x import *",
        "def __getattr__(name): ...",
        "globals()['hidden'] = 1",
        "import sys\nsetattr(sys.modules[__name__], 'hidden', 1)",
        "def f():\n    global hidden\n    hidden = 1",
        "exec('hidden = 1')",
    ],
)
def test_a_named_callable_that_no_reader_can_see_is_left_to_the_import(tmp_path: Path, text: str) -> None:
    assert find(write(tmp_path, app=text), "app:hidden").attribute == "hidden"


def test_an_unknown_name_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    error = refusal(write(tmp_path, app="from flask import request\nwebsite = f()"), "app.py:web_site")
    assert (error.summary, error.hint) == ("app.py has no 'web_site'", "did you mean app.py:website?")


def test_an_unknown_name_is_refused_with_all_there_are_when_none_is_near(tmp_path: Path) -> None:
    assert refusal(write(tmp_path, app=FLASK + "import os\nx = 1"), "app:nothing").hint == "it has: app"


def test_a_name_under_the_main_guard_is_refused_with_that_reason(tmp_path: Path) -> None:
    write(tmp_path, app="import x\nif __name__ == '__main__':\n    app = x.f()")
    assert "only under if __name__ == '__main__'" in refusal(tmp_path, "app:app").hint
    assert "only under if __name__ == '__main__'" in refusal(tmp_path, "app.py").hint


@pytest.mark.parametrize("target", ["pkg", "pkg:create_app", "pkg:create_app()"])
def test_a_factory_that_needs_arguments_is_refused_with_how_to_give_them(tmp_path: Path, target: str) -> None:
    package(tmp_path, "pkg", "def create_app(config, *, mode): ...")
    error = refusal(tmp_path, target)
    assert error.summary == "create_app in pkg needs arguments: config, mode"
    assert error.hint == 'write pkg:create_app("...")'


def test_several_flask_objects_are_refused_with_their_names(tmp_path: Path) -> None:
    error = refusal(write(tmp_path, web="from flask import Flask\na = Flask('a')\nb = Flask('b')"), "web.py")
    assert (error.summary, error.hint) == ("web.py holds several apps: a, b", "name one of them: web.py:a")


def test_a_module_with_nothing_to_serve_is_refused(tmp_path: Path) -> None:
    assert (
        refusal(write(tmp_path, app="import os\nX = 1\ndef helper(a): ..."), "app.py").summary
        == "app.py holds no app"
    )


@pytest.mark.parametrize(
    ("target", "attribute", "call"), [("app.py", None, None), ('app:f("x")', "f", '"x"')]
)
def test_a_syntax_error_is_left_to_the_import(
    tmp_path: Path, target: str, attribute: str | None, call: str | None
) -> None:
    ref = find(write(tmp_path, app="def broken(:\n"), target)
    assert (ref.module, ref.attribute, ref.call) == ("app", attribute, call)


# Nobody named it


def test_flask_app_from_the_environment_comes_first(tmp_path: Path) -> None:
    write(tmp_path, wsgi=FLASK, site=FLASK)
    ref = find(tmp_path, FLASK_APP="site:app")
    assert (ref.module, ref.found_by) == ("site", "FLASK_APP")


def test_an_argument_beats_flask_app_and_an_empty_flask_app_is_none(tmp_path: Path) -> None:
    write(tmp_path, app=FLASK, site=FLASK)
    assert find(tmp_path, "app.py", FLASK_APP="site").module == "app"
    assert find(tmp_path, FLASK_APP="").module == "app"


def test_a_bad_flask_app_says_that_it_was_flask_app(tmp_path: Path) -> None:
    assert refusal(tmp_path, FLASK_APP="gone.py").summary == "FLASK_APP=gone.py: gone.py does not exist"


def test_flask_app_of_an_env_file_names_the_app_where_the_environment_does_not(tmp_path: Path) -> None:
    write(tmp_path, app=FLASK, site=FLASK, shop=FLASK)
    place(tmp_path, ".flaskenv", "FLASK_APP=site\n")
    files = [str(tmp_path / name) for name in (".flaskenv", ".env")]
    found = find_app(tmp_path, None, {}, files)
    assert (found.module, found.found_by) == ("site", "FLASK_APP in .flaskenv")
    place(tmp_path, ".env", "export FLASK_APP='shop.py:app'\n")
    assert find_app(tmp_path, None, {}, files).module == "shop"  # .env wins over .flaskenv, as in Flask
    assert find_app(tmp_path, None, {"FLASK_APP": "app"}, files).module == "app"
    assert find_app(tmp_path, "site.py", {}, files).module == "site"


def test_a_bad_flask_app_of_an_env_file_names_the_file(tmp_path: Path) -> None:
    file = place(tmp_path, ".env", "FLASK_APP=gone.py\n")
    with pytest.raises(AppNotFound, match=r"^\.env: FLASK_APP=gone\.py: gone\.py does not exist$"):
        find_app(tmp_path, None, {}, [str(file)])


def test_wsgi_comes_before_app_and_app_before_the_others(tmp_path: Path) -> None:
    write(tmp_path, toy_app=FLASK)
    assert find(tmp_path).found_by == "toy_app.py"
    write(tmp_path, app=FLASK)
    assert find(tmp_path).found_by == "app.py"
    write(tmp_path, wsgi=FLASK)
    assert find(tmp_path).found_by == "wsgi.py"


def test_a_wsgi_that_holds_no_app_is_passed_over(tmp_path: Path) -> None:
    assert find(write(tmp_path, wsgi="import os", app=FLASK)).module == "app"


def test_the_app_of_the_lecture_notes_is_found(tmp_path: Path) -> None:
    write(tmp_path, toy_flask_app=FLASK, test_app="def test_it(): ...", other_app="X = 1")
    assert find(tmp_path).module == "toy_flask_app"


def test_several_files_named_like_apps_are_refused_with_their_names(tmp_path: Path) -> None:
    error = refusal(write(tmp_path, a_app=FLASK, b_app=FLASK))
    assert (error.summary, error.hint) == (
        "several files may be the app: a_app.py, b_app.py",
        "name one: enuf up a_app.py",
    )


@pytest.mark.parametrize("base", ["", "src/"])
def test_the_only_package_that_holds_an_app_is_found(tmp_path: Path, base: str) -> None:
    package(tmp_path, f"{base}flaskr", FACTORY)
    package(tmp_path, f"{base}flaskr_tools", "import os")
    package(tmp_path, "tests", FLASK)
    ref = find(tmp_path)
    assert (ref.directory, ref.module, ref.attribute, ref.call) == (
        str(tmp_path / base),
        "flaskr",
        "create_app",
        "",
    )
    assert ref.found_by == f"{base}flaskr/__init__.py"


def test_a_wsgi_in_a_package_comes_before_its_init(tmp_path: Path) -> None:
    package(tmp_path, "shop", FACTORY)
    assert find(write(tmp_path, shop__wsgi=FLASK)).module == "shop.wsgi"


def test_several_packages_with_an_app_are_refused_with_their_names(tmp_path: Path) -> None:
    package(tmp_path, "one", FACTORY)
    package(tmp_path, "src/two", FACTORY)
    assert "one/__init__.py, src/two/__init__.py" in refusal(tmp_path).summary


def test_a_factory_with_needs_in_the_only_package_is_talked_about(tmp_path: Path) -> None:
    package(tmp_path, "shop", "def create_app(mode): ...")
    assert "needs arguments: mode" in refusal(tmp_path).summary


def test_nothing_found_says_in_one_line_what_was_looked_at(tmp_path: Path) -> None:
    error = refusal(write(tmp_path, app="import os"))
    assert error.summary == "no app was found here"
    assert error.hint == (
        "looked at FLASK_APP (not set), wsgi.py (not there), app.py (holds no app), *_app.py (not there), "
        "packages in . and src (not there), other .py/.wsgi/.ini files (not there); name it: enuf up path/to/file.py:name"
    )


def test_an_app_in_a_plain_folder_is_hinted_at_not_served(tmp_path: Path) -> None:
    assert "did you mean enuf up backend/app.py?" in refusal(write(tmp_path, backend__app=FLASK)).hint


# Further than Flask looks


@pytest.mark.parametrize("name", ["main", "webapp", "application", "microblog"])
def test_an_app_in_a_file_of_another_name_is_found(tmp_path: Path, name: str) -> None:
    write(tmp_path, setup="app = build()", test_it=FLASK, tools="import os\nX = os.getcwd()", **{name: FLASK})
    found = find(tmp_path)
    assert (found.module, found.attribute, found.found_by) == (name, "app", f"{name}.py")


def test_main_comes_after_what_flask_looks_for_and_several_others_are_named(tmp_path: Path) -> None:
    write(tmp_path, one=FLASK, two=FLASK)
    assert "several files may be the app: one.py, two.py" in refusal(tmp_path).summary
    assert find(write(tmp_path, main=FLASK)).module == "main"
    assert find(write(tmp_path, app=FLASK)).module == "app"


@pytest.mark.parametrize(
    ("target", "file"),
    [
        ("mysite.wsgi", "mysite/wsgi.py"),  # as Django's own documentation names it for gunicorn
        ("mysite.wsgi:application", "mysite/wsgi.py"),
        ("klaus.contrib.wsgi", None),  # an installed one, which the trial import looks for
    ],
)
def test_a_module_may_have_the_name_wsgi(tmp_path: Path, target: str, file: str | None) -> None:
    place(tmp_path, "mysite/__init__.py")
    place(tmp_path, "mysite/wsgi.py", FLASK.replace("app =", "application ="))
    found = find(tmp_path, target)
    assert (found.module, found.loader) == (target.partition(":")[0], "module")
    assert found.file == (file and str(tmp_path / file))


@pytest.mark.parametrize("target", [None, "app.wsgi", "./app.wsgi", "app.wsgi:application"])
def test_a_wsgi_file_is_served_from_its_source(tmp_path: Path, target: str | None) -> None:
    file = place(tmp_path, "app.wsgi", FLASK.replace("app =", "application ="))
    found = find(tmp_path, target)
    assert (found.loader, found.file, found.attribute) == ("file", str(file), "application")
    assert str(found) == "app.wsgi:application"


PASTE = "[app:main]\nuse = egg:shop\n[pipeline:guarded]\npipeline = main\n[server:main]\nport = 1\n"


@pytest.mark.parametrize(
    ("target", "name"),
    [(None, "main"), ("production.ini", "main"), ("config:production.ini#guarded", "guarded")],
)
def test_an_app_of_pastedeploy_is_found(tmp_path: Path, target: str | None, name: str) -> None:
    package(tmp_path, "shop", "def main(global_config, **settings): ...")
    place(tmp_path, "development.ini", PASTE)
    file = place(tmp_path, "production.ini", PASTE)
    found = find(tmp_path, target)
    assert (found.loader, found.file, found.attribute) == ("paste", str(file), name)


@pytest.mark.parametrize(
    ("text", "summary", "hint"),
    [
        (
            PASTE.replace("main", "shop"),
            "x.ini has no section [app:main]",
            "it has: x.ini#shop, x.ini#guarded",
        ),
        (
            "[uwsgi]\nmodule = app\n",
            "x.ini has no section [app:main]",
            "name a PasteDeploy file with [app:main]",
        ),
        ("no ini", "x.ini is no ini file: File contains no section headers.", "name a PasteDeploy file"),
    ],
)
def test_an_ini_without_an_app_is_refused(tmp_path: Path, text: str, summary: str, hint: str) -> None:
    place(tmp_path, "x.ini", text)
    error = refusal(tmp_path, "x.ini")
    assert error.summary == summary and error.hint.startswith(hint)


DASH = "from dash import Dash\napp = Dash(__name__)\n"
OWN = "class Dash:\n    def __init__(self): self.server = 1\napp = Dash()\nserver = app.server\n"


@pytest.mark.parametrize(
    ("text", "attribute", "skipped"),
    [
        (DASH + "server = app.server", "server", "app is a Dash object"),
        (DASH, "app.server", "app is a Dash object"),
        (OWN, "server", "app is a Dash object"),
        ("import dash\napplication = dash.Dash()\n", "application.server", "application is a Dash object"),
        ("from celery import Celery\napp = Celery()\n" + FACTORY, "create_app", "app is no WSGI app (Celery)"),
        ("from fastapi import FastAPI\nfrom flask import Flask\napp = FastAPI()\nweb = Flask('x')", "web", "app is an ASGI app (FastAPI)"),
        ("from flask_socketio import SocketIO as S\n" + FLASK.replace("app", "web") + "app = S(web)", "web", "app is no WSGI app (SocketIO)"),
        ("class Web: ...\napp = Web()\n" + FACTORY, "create_app", "app is no WSGI app (Web)"),
        ("class Web:\n    def __call__(self, e, s): ...\napp = Web()\n" + FACTORY, None, ""),
        ("from x import Thing\napp = Thing()\n" + FACTORY, None, ""),
    ],
)  # fmt: skip
def test_what_is_no_wsgi_app_is_passed_over_with_a_word(
    tmp_path: Path, text: str, attribute: str | None, skipped: str
) -> None:
    found = find(write(tmp_path, app=text))
    assert (found.attribute, found.skipped) == (attribute, skipped)


def test_an_object_of_another_module_that_is_no_wsgi_app_is_passed_over(tmp_path: Path) -> None:
    package(tmp_path, "shop", "")
    write(tmp_path, shop__web=DASH, wsgi="from shop.web import app\napplication = app.server\n")
    found = find(tmp_path)
    assert (found.attribute, found.skipped) == ("application", "app is a Dash object")


@pytest.mark.parametrize("target", [None, "main.py"])
@pytest.mark.parametrize(
    ("text", "summary", "hint"),
    [
        ("import fastapi\napp = fastapi.FastAPI()", "app is an ASGI app (FastAPI)", "an ASGI server such as uvicorn"),
        ("def main():\n    app = Flask('x')\n    app.run()", "holds no app", "the app is made inside main(), where no server finds it"),
        ("def build(mode):\n    app = Flask('x')\n    return app", "holds no app", 'made by build(): name it, main.py:build("...")'),
        ("def serve():\n    return Bottle()", "holds no app", "made by serve(): name it, main.py:serve()"),
    ],
)  # fmt: skip
def test_what_looks_like_an_app_and_is_none_is_explained(
    tmp_path: Path, target: str | None, text: str, summary: str, hint: str
) -> None:
    error = refusal(write(tmp_path, main=text), target)
    assert summary in error.summary and hint in error.hint


# What cannot be read


def test_a_missing_file_names_the_nearest_one(tmp_path: Path) -> None:
    error = refusal(write(tmp_path, toy_flask_app=FLASK), "toy_flask.py")
    assert (error.summary, error.hint) == ("toy_flask.py does not exist", "did you mean toy_flask_app.py?")


def test_a_missing_module_of_a_package_names_those_there_are(tmp_path: Path) -> None:
    package(tmp_path, "toy")
    error = refusal(write(tmp_path, toy__web=FLASK), "toy.wep")
    assert error.hint == "there are: toy.web"


def test_a_folder_that_is_no_package_is_refused(tmp_path: Path) -> None:
    error = refusal(write(tmp_path, sub__app=FLASK), "./sub")
    assert (error.summary, error.hint) == (
        "./sub is a folder without __init__.py",
        "did you mean sub/app.py?",
    )


def test_a_file_that_python_does_not_import_is_refused(tmp_path: Path) -> None:
    place(tmp_path, "app.cgi", FLASK)
    assert refusal(tmp_path, "./app.cgi").summary == "./app.cgi is neither a .py nor a .wsgi file"


def test_a_file_with_a_dot_in_its_name_is_refused(tmp_path: Path) -> None:
    place(tmp_path, "my.app.py", FLASK)
    assert "has a dot in it" in refusal(tmp_path, "my.app.py").summary


@pytest.mark.parametrize("target", ["no such thing", "a..b", ".hidden", "a-b"])
def test_what_can_be_no_module_is_refused_at_once(tmp_path: Path, target: str) -> None:
    assert refusal(tmp_path, target).summary.endswith("names no module")


def test_a_file_in_the_encoding_that_it_declares_is_read(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_bytes(("# -*- coding: euc-kr -*-\n# 한글\n" + FLASK).encode("euc-kr"))
    assert find(tmp_path).attribute == "app"


@pytest.mark.parametrize("raw", [b"app = '\xff\xfe'\n", b"# -*- coding: nonsense -*-\napp = 1\n"])
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "app.py").write_bytes(raw)
    assert refusal(tmp_path, "app.py").summary.startswith("app.py is not text in UTF-8")


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (("# 한글 주석\n" + FLASK).encode("cp949"), "CP949 (EUC-KR)"),
        (("\ufeff" + FLASK).encode("utf-16-le"), "UTF-16"),
        (FLASK.encode("utf-16-le"), "UTF-16LE"),
    ],
)
def test_a_source_in_the_encoding_of_windows_is_told_as_such(
    tmp_path: Path, data: bytes, encoding: str
) -> None:
    (tmp_path / "app.py").write_bytes(data)
    error = refusal(tmp_path)
    assert error.summary == f"app.py is {encoding}, not UTF-8 text"
    assert error.hint.startswith(f"save it as UTF-8: iconv -f {encoding.partition(' ')[0]} -t UTF-8 ")


def test_a_null_byte_is_a_syntax_error_for_the_import_to_show(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_bytes(b"app = 1\0\n")
    assert find(tmp_path, "app.py").attribute is None


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    os.truncate(place(tmp_path, "app.py"), SOURCE_LIMIT_BYTES + 1)
    assert "too large for a module" in refusal(tmp_path, "app.py").summary


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "app.py")
    assert refusal(tmp_path, "app.py").summary == "app.py is not a regular file"


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    write(tmp_path, app=FLASK)
    monkeypatch.setattr("enuf.discover.source.Path.read_bytes", refuse)
    assert refusal(tmp_path, "app.py").summary == "app.py cannot be read: Permission denied"


@given(st.text())
def test_no_source_breaks_the_reader(text: str) -> None:
    quiet_parse(text)


def test_deeply_nested_source_is_left_to_the_import(tmp_path: Path) -> None:
    file = place(tmp_path, "app.py", "app = " + "-" * 90_000 + "1")
    assert read_names(file, "app.py") is None


def test_a_warning_about_the_source_is_not_ours_to_show(tmp_path: Path) -> None:
    assert find(write(tmp_path, app=FLASK + "x = '\\d'\n'' is ''")).attribute == "app"


def test_a_target_that_is_not_there_says_which_app_is_found_without_it(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").write_text(FLASK)
    with pytest.raises(AppNotFound) as named:
        find_app(tmp_path, "aap.py", {"FLASK_APP": "shop"})
    assert named.value.hint.endswith("; without aap.py, enuf finds shop:app by FLASK_APP")
    with pytest.raises(AppNotFound) as found:
        find_app(tmp_path, "aap.py", {})
    assert found.value.hint.endswith("; without aap.py, enuf finds shop:app")
