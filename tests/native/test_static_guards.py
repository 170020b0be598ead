"""What the app has put before or behind its static files holds for them, whoever sends them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.stack import stack_in, until

pytestmark = pytest.mark.native

GUARDED = """
from flask import Blueprint, Flask, abort, request
app = Flask(__name__)
shop = Blueprint("shop", __name__, static_folder="files", static_url_path="/shop/files")

@app.get("/")
def index():
    return "open"

@shop.before_request
def guard():
    if request.headers.get("X-Key") != "right":
        abort(401)

app.register_blueprint(shop)
"""
OPEN = """
from flask import Flask, jsonify
app = Flask(__name__)
app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 604800

@app.after_request
def share(response):
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Content-Security-Policy"] = "default-src 'self'; img-src *"
    return response

@app.errorhandler(404)
def missing(error):
    return jsonify(missing=True), 404

@app.get("/")
def index():
    return "open"
"""
DJANGO = """
from pathlib import Path
from django.conf import settings
settings.configure(
    ROOT_URLCONF=__name__, SECRET_KEY="x", ALLOWED_HOSTS=["*"], INSTALLED_APPS=["django.contrib.staticfiles"],
    STATIC_URL="static/", STATIC_ROOT=Path(__file__).resolve().parent / "collected",
)
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
application = get_wsgi_application()
urlpatterns = [path("", lambda request: HttpResponse("open"))]
"""


def test_a_file_behind_a_login_stays_behind_it_until_a_setting_says_otherwise(tmp_path: Path) -> None:
    with stack_in(tmp_path / "shop") as stack:
        stack.write("app.py", GUARDED)
        stack.write("files/payroll.csv", "secret\n")
        stack.write("files/.env", "secret\n")
        stack.write("static/site.css", "body {}\n")
        done = stack.run("up", "-d", "--listen", "127.0.0.1:0")
        assert done.code == 0, done
        stack.port = int(done.out.split("served at http://127.0.0.1:")[1].split()[0])
        assert (
            "static files below /shop/files/ go through the app: a before_request function runs for them, app.guard; "
            'static.mode = "always" lets nginx send them all the same'
        ) in done.out
        assert "static /static/ by nginx" in done.out
        for path in ("payroll.csv", "%70ayroll.csv", "none.csv"):
            assert stack.get(f"/shop/files/{path}").status == 401
        assert stack.get("/shop/files/payroll.csv", X_Key="right").text == "secret\n"
        assert stack.get("/shop/files/.env", X_Key="right").status == 404
        stack.write("enuf.toml", '[static]\nmode = "always"\n')
        assert stack.run("reload").code == 0
        # a worker of the old nginx may take one more connection before it ends
        until(lambda: stack.get("/shop/files/payroll.csv").text == "secret\n", what="the new front alone")


def test_nginx_sends_a_file_with_the_headers_of_the_app_and_leaves_the_rest_to_it(tmp_path: Path) -> None:
    with stack_in(tmp_path / "shop") as stack:
        stack.write("app.py", OPEN)
        stack.write("static/font.woff2", "font")
        stack.write("static/deep/index.html", "<p>deep</p>")
        stack.up()
        answer = stack.get("/static/font.woff2")
        assert answer.text == "font"
        assert "Content-Disposition" not in answer.headers  # which Flask would have sent
        assert answer.headers["Cache-Control"] == "public, max-age=604800"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Content-Security-Policy"] == "default-src 'self'; img-src *"
        for path in ("none.css", "", "deep", "deep/", "none/"):
            answer = stack.get(f"/static/{path}")
            assert (answer.status, answer.json, answer.headers.get("Location")) == (
                404,
                {"missing": True},
                None,
            )
        answer = stack.request("OPTIONS", "/static/font.woff2")
        assert (answer.status, set(answer.headers["Allow"].split(", "))) == (200, {"GET", "HEAD", "OPTIONS"})
        assert stack.request("POST", "/static/font.woff2", b"x" * 70_000).status == 405
        assert "No such file" not in stack.log("error.log")


def test_nginx_sends_what_django_has_collected(tmp_path: Path) -> None:
    with stack_in(tmp_path / "shop") as stack:
        stack.write("app.py", DJANGO)
        stack.write("collected/admin/base.css", "body {}\n")
        stack.up()
        assert (stack.get("/").text, stack.get("/static/admin/base.css").text) == ("open", "body {}\n")
        assert b"Not Found" in stack.get("/static/none.css").body
