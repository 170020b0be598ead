"""The app of the endurance run: every answer holds what its request asked for, so that a mixed up one is seen."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from flask import Flask, Response, request
from psycopg_pool import ConnectionPool

VERSION = "1"

app = Flask(__name__)
pool = ConnectionPool(os.environ["SOAK_POSTGRESQL"], min_size=1, max_size=4, open=True)
with pool.connection() as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS orders (number text PRIMARY KEY, version text)")


@app.get("/")
def index() -> str:
    return f"{request.args.get('t', '')} {VERSION}"


@app.post("/echo")
def echo() -> bytes:
    return request.get_data()


@app.get("/order")
def order() -> str:
    number = request.args["t"]
    with pool.connection() as connection:
        connection.execute("INSERT INTO orders VALUES (%s, %s)", (number, VERSION))
        row = connection.execute(
            "DELETE FROM orders WHERE number = %s RETURNING number", (number,)
        ).fetchone()
    return f"{row[0] if row else None} {VERSION}"


@app.get("/events")
def events() -> Response:
    token, count, every_s = request.args["t"], int(request.args["n"]), float(request.args["every"])

    def each() -> Iterator[str]:
        for number in range(count):
            time.sleep(every_s)
            yield f"data: {token} {number}\n\n"

    return Response(each(), mimetype="text/event-stream")


@app.get("/file")
def file() -> Response:
    block, count = request.args["t"].encode() * 4096, int(request.args["n"])
    answer = Response((block for _ in range(count)), mimetype="application/octet-stream")
    answer.content_length = len(block) * count
    return answer
