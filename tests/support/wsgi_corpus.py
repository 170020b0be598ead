"""Cases of PEP 3333 as a middleware: `/wsgi/NAME` runs a case, all else goes to the app behind it.

It is copied into the project of a stack as `wsgi_corpus.py`, and served by every server, so it needs only the standard library.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from wsgiref.validate import validator

App = Callable[..., Iterable[bytes]]
TEXT = [("Content-Type", "text/plain")]
PREFIX = "/wsgi/"
CASES: dict[str, App] = {}
BLOB = bytes(range(256)) * 2048


def corpus(app: App) -> App:
    """Put the cases before an app."""

    def dispatch(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.startswith(PREFIX):
            return app(environ, start_response)
        return CASES[path.removeprefix(PREFIX)](environ, start_response)

    return dispatch


def case(app: App) -> App:
    """Register a case under the name of its function."""
    CASES[app.__name__.replace("_", "-")] = app
    return app


# -- answers as they should be


@case
def plain(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [*TEXT, ("X-A", "1"), ("X-B", "tab\there")])
    return [b"plain"]


@case
def many_parts(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", list(TEXT))
    return (b"one ", b"", b"two ", b"three")


@case
def reason(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("299 Made Up Reason", list(TEXT))
    return [b"x"]


@case
def latin_1_header(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [*TEXT, ("X-Name", "한글".encode().decode("latin-1"))])
    return [b"x"]


@case
def no_content(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("204 No Content", [])
    return [b""]


@case
def nothing_at_all(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", list(TEXT))
    return []


@case
def late_start(environ: Any, start_response: Any) -> Iterator[bytes]:
    start_response("201 Created", list(TEXT))
    yield b"late"


@case
def empty_first(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", list(TEXT))
    return iter([b"", b"", b"x"])


@case
def keywords(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response(status="202 Accepted", headers=list(TEXT))
    return [b"keywords"]


@case
def exc_info_as_keyword(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", list(TEXT), exc_info=None)
    return [b"keyword"]


@case
def old_write(environ: Any, start_response: Any) -> Iterable[bytes]:
    write = start_response("200 OK", list(TEXT))
    write(b"one ")
    write(b"two ")
    return [b"three"]


@case
def old_write_alone(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", list(TEXT))(b"written")
    return []


@case
def replaced(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [*TEXT, ("X-A", "of the first")])
    try:
        raise ValueError("on purpose")
    except ValueError:
        start_response("500 Oops", [*TEXT, ("X-B", "of the second")], sys.exc_info())
    return [b"replaced"]


@case
def replaced_in_the_body(environ: Any, start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", list(TEXT))
    yield b""
    try:
        raise ValueError("on purpose")
    except ValueError:
        start_response("503 Later", list(TEXT), sys.exc_info())
    yield b"replaced"


@case
def closed(environ: Any, start_response: Any) -> Iterable[bytes]:
    """Answer with a body whose end is noted."""
    start_response("200 OK", list(TEXT))
    return Closing(iter([b"closed at its end"]))


NOTED = Path(__file__).with_name("closed")
"""A line for each body that a server has closed: the name of its case."""
MUST_CLOSE = ("closed", "reader")
"""The cases that write a line there."""


def note_end(name: str) -> None:
    """Note that a server has closed the body of this case."""
    with NOTED.open("a") as file:
        file.write(f"{name}\n")


class Closing:
    """A body that notes its end."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self.parts = parts

    def __iter__(self) -> Iterator[bytes]:
        return self.parts

    def close(self) -> None:
        note_end("closed")


@case
def validated(environ: Any, start_response: Any) -> Iterable[bytes]:
    """Read and answer under the eyes of wsgiref, which asserts what a server must do."""

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(100)
        write = start_response("200 OK", [*TEXT, ("X-Length", str(len(body)))])
        write(b"validated ")
        return iter([b"", b"by wsgiref"])

    found: Iterable[bytes] = validator(app)(environ, start_response)
    return found


# -- reading


@case
def lines(environ: Any, start_response: Any) -> Iterable[bytes]:
    found = list(environ["wsgi.input"])
    start_response("200 OK", list(TEXT))
    return [repr(found).encode()]


@case
def mixed_reading(environ: Any, start_response: Any) -> Iterable[bytes]:
    source = environ["wsgi.input"]
    found = [
        source.read(3),
        source.readline(),
        source.readline(2),
        source.read(2),
        source.readline(),
        source.readlines(),
        source.read(10),
    ]
    start_response("200 OK", list(TEXT))
    return [repr(found).encode()]


@case
def next_line(environ: Any, start_response: Any) -> Iterable[bytes]:
    source = environ["wsgi.input"]
    found = [next(source), source.read(2), next(iter(source)), next(source), next(source, b"at the end")]
    start_response("200 OK", list(TEXT))
    return [repr(found).encode()]


# -- Content-Length


@case
def too_long(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [*TEXT, ("Content-Length", "3")])
    return [b"abcdef"]


@case
def too_long_in_parts(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [*TEXT, ("Content-Length", "3")])
    return iter([b"ab", b"cd", b"ef"])


@case
def too_short(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [*TEXT, ("Content-Length", "10")])
    return iter([b"ab", b"cd"])


@case
def ends_by_an_error_with_a_length(environ: Any, start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [*TEXT, ("Content-Length", "10")])
    yield b"ab"
    raise RuntimeError("in the middle of a body of known length")


@case
def length_twice(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [*TEXT, ("Content-Length", "2"), ("Content-Length", "2")])
    return [b"ab"]


# -- files


def _blob() -> Any:
    file = tempfile.TemporaryFile()  # noqa: SIM115
    file.write(BLOB)
    file.flush()
    return file


def _sent(environ: Any, start_response: Any, file: Any, *headers: tuple[str, str]) -> Any:
    start_response("200 OK", [("Content-Type", "application/octet-stream"), *headers])
    return environ["wsgi.file_wrapper"](file, 8192)


@case
def file_from_its_middle(environ: Any, start_response: Any) -> Any:
    file = _blob()
    file.seek(1000)
    return _sent(environ, start_response, file)


@case
def file_that_was_read(environ: Any, start_response: Any) -> Any:
    file = _blob()
    file.seek(0)
    file.read(10)  # the buffer has read on
    return _sent(environ, start_response, file, ("Content-Length", str(len(BLOB) - 10)))


@case
def file_at_its_end(environ: Any, start_response: Any) -> Any:
    return _sent(environ, start_response, _blob())


@case
def file_that_grew(environ: Any, start_response: Any) -> Any:
    file = _blob()
    file.seek(0)
    return _sent(environ, start_response, file, ("Content-Length", "1000"))


@case
def file_in_memory(environ: Any, start_response: Any) -> Any:
    return _sent(environ, start_response, io.BytesIO(BLOB))


@case
def pipe(environ: Any, start_response: Any) -> Any:
    process = subprocess.Popen(["head", "-c", "300000", "/dev/zero"], stdout=subprocess.PIPE)
    assert process.stdout
    return _sent(environ, start_response, process.stdout)


class Reader:
    """All that PEP 3333 asks of a file: `read`."""

    def __init__(self) -> None:
        self.parts = [b"a" * 10, b"b" * 10]

    def read(self, size: int) -> bytes:
        return self.parts.pop(0) if self.parts else b""

    def close(self) -> None:
        note_end("reader")


@case
def reader(environ: Any, start_response: Any) -> Any:
    return _sent(environ, start_response, Reader())


# -- what a server must refuse


@case
def uncaught(environ: Any, start_response: Any) -> Iterable[bytes]:
    raise RuntimeError("uncaught on purpose")


@case
def uncaught_after_start(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", list(TEXT))
    raise RuntimeError("after start_response on purpose")


@case
def exits(environ: Any, start_response: Any) -> Iterable[bytes]:
    sys.exit(3)


@case
def interrupts(environ: Any, start_response: Any) -> Iterable[bytes]:
    raise KeyboardInterrupt


@case
def exits_in_the_body(environ: Any, start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", list(TEXT))
    yield b""
    sys.exit("on purpose")


@case
def error_before_the_first_byte(environ: Any, start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", list(TEXT))
    yield b""
    raise RuntimeError("before the first byte on purpose")


@case
def body_of_str(environ: Any, start_response: Any) -> Any:
    start_response("200 OK", list(TEXT))
    return ["text"]


@case
def body_of_none(environ: Any, start_response: Any) -> Any:
    start_response("200 OK", list(TEXT))


@case
def never_started(environ: Any, start_response: Any) -> Iterable[bytes]:
    return [b"x"]


@case
def started_twice(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", list(TEXT))
    start_response("200 OK", list(TEXT))
    return [b"x"]


def _with(status: Any, *headers: Any) -> App:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response(status, [*TEXT, *headers])
        return [b"x"]

    return app


REFUSED: dict[str, App] = {
    "status-of-bytes": _with(b"200 OK"),
    "status-with-a-newline": _with("200 OK\r\nX-Injected: 1"),
    "status-without-a-number": _with("OK"),
    "status-that-only-announces": _with("103 Early Hints"),
    "status-that-asks-to-go-on": _with("100 Continue"),
    "header-with-a-newline": _with("200 OK", ("X-A", "1\r\nX-Injected: 1")),
    "header-with-a-nul": _with("200 OK", ("X-A", "1\x00")),
    "header-beyond-latin-1": _with("200 OK", ("Content-Disposition", 'attachment; filename="보고서.txt"')),
    "header-of-a-number": _with("200 OK", ("X-A", 1)),
    "header-of-bytes": _with("200 OK", ("X-A", b"1")),
    "header-name-with-a-newline": _with("200 OK", ("X-A: 1\r\nX-Injected", "1")),
    "header-name-with-a-blank": _with("200 OK", ("X A", "1")),
    "header-name-empty": _with("200 OK", ("", "1")),
    "length-of-letters": _with("200 OK", ("Content-Length", "abc")),
}
HOP_BY_HOP = (
    "Connection",
    "Keep-Alive",
    "Transfer-Encoding",
    "Upgrade",
    "TE",
    "Trailer",
    "Proxy-Authenticate",
)
LEFT_OUT = {
    f"hop-by-hop-{name.lower()}": _with("200 OK", (name, "close" if name == "Connection" else "chunked"))
    for name in HOP_BY_HOP
}
CASES |= REFUSED | LEFT_OUT
EXITS = ("exits", "interrupts", "exits-in-the-body")
"""Cases that raise what would end the process of the worker."""
