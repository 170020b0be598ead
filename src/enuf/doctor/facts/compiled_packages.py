"""Packages of Python that hold compiled code."""

from __future__ import annotations

COMPILED_PACKAGES = frozenset(
    """uwsgi psycopg2 psycopg2-binary psycopg-binary mysqlclient numpy pandas scipy scikit-learn pillow lxml cryptography cffi gevent
    greenlet bcrypt pydantic pydantic-core fastapi orjson grpcio asyncpg uvloop httptools ujson regex shapely""".split()  # noqa: SIM905
)
