from flask import Flask


def create_app(name: str, *, greeting: str) -> Flask:
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: f"{greeting}, {name}")
    return app
