"""The toy app of the lecture notes: one page, one page that takes its time, one that greets."""

import time

from flask import Flask, request

app = Flask(__name__)


@app.get("/")
def index() -> str:
    return "<h1>Hello, nginx + uWSGI + Flask!</h1>\n"


@app.get("/hello/<name>")
def hello(name: str) -> str:
    return f"Hello, {name}!\n"


@app.get("/slow")
def slow() -> str:
    seconds = min(request.args.get("seconds", 1.0, type=float), 10.0)
    time.sleep(seconds)
    return f"This took {seconds:g} s.\n"


if __name__ == "__main__":
    app.run()
