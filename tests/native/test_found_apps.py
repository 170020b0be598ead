"""Apps that are not `app.py` with a Flask object: found, served by real servers, and taken anew by a reload."""

from __future__ import annotations

import pytest

from tests.support.refusal import refused_up
from tests.support.stack import Stack

pytestmark = [pytest.mark.native, pytest.mark.user]

PYRAMID = """
from pyramid.config import Configurator
from pyramid.response import Response

def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        config.add_route("index", "/")
        config.add_view(lambda request: Response("page 1"), route_name="index")
        return config.make_wsgi_app()
"""
BOTTLE = """
from bottle import Bottle, default_app, error, route

@route("/")
def index():
    return "page 1"

app = default_app()
"""
FALCON = """
import falcon

class Index:
    def on_get(self, request, response):
        response.text = "page 1"

app = falcon.App()
app.add_route("/", Index())
"""
CHERRYPY = """
import cherrypy

class Root:
    @cherrypy.expose
    def index(self):
        return "page 1"

cherrypy.config.update({"engine.autoreload.on": False, "log.screen": False})
application = cherrypy.Application(Root(), "")
"""
INI = """
[app:main]
paste.app_factory = shop:main
[server:main]
use = egg:waitress#main
[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = generic
[logger_root]
level = INFO
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
[formatter_generic]
format = %(message)s
"""
WSGI_FILE = """
import sys
from app import app as application
print("loaded as", __name__, file=sys.stderr)
"""
DASH = """
from flask import Flask

class Dash:
    def __init__(self):
        self.server = Flask(__name__)
        self.server.add_url_rule("/", "index", lambda: "page 1")

app = Dash()
"""
DECORATED = """
from flask import Flask
from uwsgidecorators import postfork

app = Flask(__name__)
STATE = {}

@postfork
def forked():
    STATE["page"] = "page 1"

@app.get("/")
def index():
    return STATE["page"]
"""


@pytest.mark.parametrize(
    ("files", "words", "target"),
    [
        ({"shop.py": PYRAMID, "production.ini": INI}, (), "production.ini"),
        ({"shop.py": PYRAMID, "dev.ini": INI}, ("config:dev.ini", "--topology", "nginx-gunicorn"), "dev.ini"),
        ({"main.py": BOTTLE}, (), "main:app"),
        ({"app.py": FALCON}, (), "app:app"),
        ({"wsgi.py": CHERRYPY}, (), "wsgi:application"),
        ({"app.py": BOTTLE, "x.wsgi": WSGI_FILE}, ("x.wsgi",), "x.wsgi:application"),
        ({"app.py": DASH}, (), "app:app.server"),
        ({"app.py": DECORATED}, (), "app:app"),
    ],
    ids=["pyramid", "pastedeploy on gunicorn", "bottle", "falcon", "cherrypy", ".wsgi", "dash", "uwsgidecorators"],
)  # fmt: skip
def test_an_app_is_found_and_served_as_its_framework_has_it(
    stack: Stack, files: dict[str, str], words: tuple[str, ...], target: str
) -> None:
    stack.env["ENUF_SERVE_USER"] = "root"
    (stack.project / "app.py").unlink()
    for name, text in files.items():
        stack.write(name, text)
    done = stack.up(*words)
    assert done.json["app"] == target
    assert stack.get("/").text == "page 1"
    skipped = ["app is a Dash object: app:app.server is served"] if "server" in target else []
    assert done.json["warnings"] == skipped
    assert "Flask" not in done.out + done.err + stack.log("enuf.log")
    source = next(name for name, text in files.items() if "page 1" in text)
    stack.write(source, files[source].replace("page 1", "another page"))
    assert stack.run("reload").code == 0
    assert stack.get("/").text == "another page"


def test_flaskenv_names_the_app_and_its_environment_folder_runs_it(calm: Stack) -> None:
    calm.write(".flaskenv", "FLASK_APP=shop_main\nSHOP_MODE=demo\nFLASK_DEBUG=1\n")
    text = "from flask import Flask\nimport os, sys\napp = Flask(__name__)\n@app.get('/')\ndef index():\n"
    calm.write(
        "shop_main.py", f"{text}    return f\"{{os.environ['SHOP_MODE']}} {{app.debug}} {{sys.prefix}}\"\n"
    )
    done = calm.run("up", "-d", "--listen", "127.0.0.1:0")
    assert "app shop_main:app (by FLASK_APP in .flaskenv)" in done.out
    calm.port = int(calm.status()["url"].rpartition(":")[2])
    assert calm.get("/").text.startswith("demo False ")


def test_an_env_file_in_an_encoding_of_windows_is_refused_with_the_command_that_converts_it(
    calm: Stack,
) -> None:
    (calm.project / ".env").write_bytes("\ufeffNAME=이름\r\n".encode("utf-16-le"))
    refused_up(calm, 4, ".env:1: is UTF-16, not UTF-8 text", "iconv -f UTF-16 -t UTF-8")
    (calm.project / ".env").write_bytes("# 설정\nNAME=이름\n".encode("cp949"))
    refused_up(calm, 4, ".env:1: is CP949 (EUC-KR)", "iconv -f CP949 -t UTF-8")


def test_the_folders_of_pythonpath_reach_the_development_server(calm: Stack) -> None:
    folder = calm.write("libs/only_there.py", "WORD = 'there'\n").parent
    calm.write("app.py", "import only_there\n" + (calm.project / "app.py").read_text())
    calm.env["PYTHONPATH"] = str(folder)
    calm.up("--topology", "nginx-flask")
    assert calm.get("/").status == 200


DJANGO = """
from django.conf import settings
from django.http import HttpResponse
from django.urls import path
settings.configure(ROOT_URLCONF=__name__, SECRET_KEY="x", ALLOWED_HOSTS=["shop.example"])
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
urlpatterns = [path("", lambda request: HttpResponse(request.get_host()))]
"""


SLOW_TO_PROVE = """\
import os, time
time.sleep(2 * os.environ["ENUF_RUN"].endswith(":import"))  # the server is ready long before the trial import
"""


def test_the_health_request_has_a_name_that_django_allows(calm: Stack) -> None:
    calm.write("app.py", SLOW_TO_PROVE + DJANGO)
    calm.write("enuf.toml", '[reload]\nhealth = "/"\n')  # 400 would be no health
    calm.up()
    assert calm.run("reload").code == 0
    assert "answered 400" not in calm.log("enuf.log")
