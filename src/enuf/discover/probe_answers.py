"""Asks an app for some of its static files, as a visitor without any credentials does.

Its answers must be the files, with headers that are always the same: then a web server can send them in its
place. It runs in the probe's process, from its text: only the standard library, from Python 3.8 on, and what
the app has loaded.
"""

# ruff: noqa: PTH113, PTH114, PTH118, PTH119, PTH122, PTH123, PTH202

from __future__ import annotations

import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

MOST_FILES, MOST_BYTES, MOST_LOOKED_AT = 5, 1 << 20, 2000
"""So many files of a folder are asked for, none larger, after so many entries of the folder."""
ANSWERS_WITHIN_S = 3.0
OTHER_HOST = "other.invalid"
"""A host of nobody: an app that checks its hosts refuses it."""
OF_THE_FILE = {
    "accept-ranges", "connection", "content-disposition", "content-length", "content-type", "date", "etag", "expires",
    "last-modified", "server",
}  # fmt: skip
"""Headers that follow from the file, and that a web server makes itself."""
PACKED = {".gz", ".br", ".zst"}
SCRIPTS = {"text/javascript", "application/javascript"}
"""Two names of one type."""
UNKNOWN = {"kept_by": "the folder is empty, so the app's headers are not known", "quiet": True}
VISITORS: tuple[tuple[str, dict[str, str]], ...] = (
    ("", {}),
    ("v=1", {"HTTP_ORIGIN": "https://other.example", "HTTP_COOKIE": "a=b", "HTTP_USER_AGENT": "enuf", "HTTP_REFERER": "https://other.example/", "HTTP_ACCEPT_LANGUAGE": "ko"}),
)  # fmt: skip
"""The query and the headers of each request for a file: the answers must be alike."""


def is_plain(app: Any) -> bool:
    """Return True for a Flask app that adds nothing to an answer: what comes into a folder later cannot be asked for now."""
    settings = ("SEND_FILE_MAX_AGE_DEFAULT", "TRUSTED_HOSTS")
    return not any(app.after_request_funcs.values()) and all(
        app.config.get(name) is None for name in settings
    )


def asked_for(
    app: Any, url: str, directory: str, *, extra: dict[str, str], absent_is_fine: bool = False
) -> dict[str, Any]:
    """Ask the app for some files of a folder.

    Return the headers of its answers, or why it must go on to give them.

    `extra` is added to each request. With `absent_is_fine` an app that does not know the files leaves them to
    others.
    """
    files = list(samples(directory))
    if not files:
        return {} if absent_is_fine or is_plain(app) else dict(UNKNOWN)
    answers: list[Any] = []
    elsewhere: list[bool] = []

    def ask() -> None:
        answers.extend(answers_to(app, url, files, extra, absent_is_fine=absent_is_fine))
        if not absent_is_fine:
            elsewhere.append(is_answered(app, url + files[0][0], {**extra, "HTTP_HOST": OTHER_HOST}))

    if not done_in_time(ask):
        return {"kept_by": f"the app did not answer a request for one within {ANSWERS_WITHIN_S:g} s"}
    if isinstance(answers[-1], str):
        return {"kept_by": answers[-1]}
    answers = [each for each in answers if each is not None]
    first = answers[0] if answers else {}
    for other in answers[1:]:
        for name in sorted({*first, *other}):
            if first.get(name) != other.get(name):
                return {"kept_by": f"their header {name} is not always the same"}
    return {**as_headers(first), "own_hosts": False in elsewhere}


def is_answered(app: Any, path: str, more: dict[str, str]) -> bool:
    """Return True when the app has an answer for this visitor."""
    try:
        return answer(app, path, "", more)[0].startswith("200")
    except BaseException:
        return False


def samples(directory: str) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of one file of each ending."""
    endings: set[str] = set()
    left = MOST_LOOKED_AT
    for folder, folders, names in os.walk(directory):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names)[:left]:
            ending = os.path.splitext(name)[1].lower()
            path = os.path.join(folder, name)
            is_packed = (
                ending in PACKED and os.path.splitext(name)[0] in names
            )  # sent in place of the other one
            if is_packed or ending in endings or name.startswith(".") or not is_small_file(path):
                continue
            endings.add(ending)
            with open(path, "rb") as file:
                yield os.path.relpath(path, directory), file.read()
            if len(endings) == MOST_FILES:
                return
        left -= len(names)
        if left <= 0:
            return


def is_small_file(path: str) -> bool:
    """Return True for a file, and no link, that may be read and is not large."""
    return (
        os.path.isfile(path)
        and not os.path.islink(path)
        and os.access(path, os.R_OK)
        and os.path.getsize(path) <= MOST_BYTES
    )


def done_in_time(task: Callable[[], object]) -> bool:
    """Run the task in a thread.

    Return True when it ends in time; else it is left to the end of this process.
    """
    import threading

    thread = threading.Thread(target=task, daemon=True)
    thread.start()
    thread.join(ANSWERS_WITHIN_S)
    return not thread.is_alive()


def answers_to(
    app: Any, url: str, files: list[tuple[str, bytes]], extra: dict[str, str], *, absent_is_fine: bool
) -> Iterator[Any]:
    """Yield the headers of each answer, None for one that leaves the file to others.

    Then, and last, why the app must serve the folder, if it must.
    """
    for name, content in files:
        for query, more in VISITORS:
            try:
                status, headers, body = answer(app, url + name.replace(os.sep, "/"), query, {**extra, **more})
            except BaseException as error:
                yield f"the app fails when it is asked for one: {type(error).__name__}"
                return
            if absent_is_fine and status.startswith("404"):
                yield None
                continue
            body = left_to_server(headers) or body
            problem = what_differs(status, headers, body, name, content)
            if problem:
                yield problem
                return
            yield {
                key: value for key, value in headers.items() if key not in OF_THE_FILE or is_own(key, value)
            }


def left_to_server(headers: dict[str, str]) -> bytes:
    """Return the content of the file that the app leaves to its server (USE_X_SENDFILE); empty where it does not."""
    path = headers.pop("x-sendfile", "")
    if not path or not is_small_file(path):
        return b""
    with open(path, "rb") as file:
        return file.read()


def is_own(name: str, value: str) -> bool:
    """Return True for an Expires that is no date, which an app sends against old caches: 0 or -1."""
    return name == "expires" and value.strip() in ("0", "-1")


def answer(app: Any, path: str, query: str, more: dict[str, str]) -> tuple[str, dict[str, str], bytes]:
    """Return status, headers and body of the app's answer to a GET without credentials."""
    environ = {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": os.fsencode(path).decode("latin-1"), "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr, "wsgi.multithread": True, "wsgi.multiprocess": True,
        "wsgi.run_once": False, **more,
    }  # fmt: skip
    told: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:  # noqa: ARG001 - its name is a part of WSGI
        told[:] = [status, headers]

    result = app(environ, start_response)
    try:
        body = b"".join(result)
    finally:
        getattr(result, "close", int)()
    headers: dict[str, str] = {}
    for name, value in told[1]:
        key = str(name).lower()
        headers[key] = f"{headers[key]}\n{value}" if key in headers else str(value)
    return str(told[0]), headers, body


def what_differs(status: str, headers: dict[str, str], body: bytes, name: str, content: bytes) -> str:
    """Say what a visitor would see otherwise if a web server sent the file; empty when nothing."""
    if not status.startswith("200"):
        return f"the app answers {status.split(maxsplit=1)[0]} to a visitor who asks for one"
    if body != content:
        return "the app changes what is in them"
    if "set-cookie" in headers:
        return "the app sets a cookie with them"
    varies = {word.strip().lower() for word in headers.pop("vary", "").split(",")}
    if varies - {"", "accept-encoding"}:
        return f"they depend on the visitor (Vary: {', '.join(sorted(varies))})"
    if "attachment" in headers.get("content-disposition", ""):
        return "the app sends them as downloads"
    sent = headers.get("content-type", "").partition(";")[0].strip()
    usual = usual_type(name)
    if sent != usual and {sent, usual} != SCRIPTS:
        return f"the app calls {os.path.basename(name)} {sent or 'nothing'} and not {usual}"
    return ""


def usual_type(name: str) -> str:
    """Return the type by which Flask calls a file of this name unless somebody has taught it another."""
    import mimetypes

    known = mimetypes.MimeTypes([path for path in mimetypes.knownfiles if os.path.isfile(path)])
    return known.guess_type(name)[0] or "application/octet-stream"


def as_headers(headers: dict[str, str]) -> dict[str, Any]:
    """Return what a web server has to add to each file, as far as it can."""
    own = {name: value for name, value in headers.items() if name != "cache-control"}
    cache = headers.get("cache-control", "")
    for name, value in headers.items():
        if "$" in value or not value.isascii() or not value.isprintable() or len(value) > 4096:
            return {"kept_by": f"their header {name} is none that nginx can send"}
    return {
        "headers": [
            ["-".join(word.capitalize() for word in name.split("-")), own[name]] for name in sorted(own)
        ],
        "cache": "" if cache == "no-cache" else cache,
    }
