"""The page that a browser shows for an error in the app, on the machine of a developer alone (enuf up --dev).

No console and no value of a variable is on it, unlike in Flask's debugger, which does not work across processes.
"""

from __future__ import annotations

import html
import ipaddress
import os
import re
import sys
import traceback
from contextlib import suppress

from enuf.wrapper.answers import ERROR, TEXT, notice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HOST = re.compile(r"(?:\[([^]]*)\]|([^:]*))(?::\d*)?")
RAISES = "PROPAGATE_EXCEPTIONS"
HTML = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
]
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 3em auto; max-width: 60em; padding: 0 1em; }}
h1 {{ font-size: 1.4em; overflow-wrap: anywhere; }}
pre {{ overflow-x: auto; padding: 1em; border: 1px solid #8886; border-left: 4px solid #d33; font-size: 14px; }}
</style>
<h1>{title}</h1>
<p>{request}</p>
<p>{place}</p>
<pre>{trace}</pre>
<p>Only a browser on this machine sees this page, and only with enuf up --dev. The log has the traceback too: enuf logs</p>
</html>
"""


def error_answer(environ: dict[str, Any], error: BaseException) -> tuple[str, list[tuple[str, str]], bytes]:
    """Return status, headers and body in place of the app's answer: with the traceback, for a browser on this machine."""
    if not asks_from_here(environ):
        return ERROR, TEXT, notice(environ, ERROR)
    frames = error.__traceback__
    while frames is not None and frames.tb_next is not None and _is_ours(frames.tb_frame.f_code.co_filename):
        frames = frames.tb_next
    trace = "".join(traceback.format_exception(type(error), error, frames))
    if "text/html" not in environ.get("HTTP_ACCEPT", ""):
        return ERROR, TEXT, f"{ERROR}\n\n{trace}".encode("utf-8", "backslashreplace")
    shown = {
        "title": "".join(traceback.format_exception_only(type(error), error)).strip(),
        "request": f"{environ.get('REQUEST_METHOD')} {environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}",
        "place": _place(frames),
        "trace": trace,
    }
    page = _PAGE.format(**{name: html.escape(text) for name, text in shown.items()})
    return ERROR, HTML, page.encode("utf-8", "backslashreplace")


def asks_from_here(environ: dict[str, Any]) -> bool:
    """Return True for a browser on this machine that has asked for this machine.

    A page of the internet may send a browser here under a name of its own, and a tunnel's visitors seem to be
    here too: both ask for another host. Where a proxy or tunnel writes another host, it names its visitor, and the
    front in between says so.
    """
    if environ.get("HTTP_X_ENUF_AFAR") or not _is_local_list(environ.get("HTTP_X_FORWARDED_FOR", "")):
        return False
    host = environ.get("HTTP_HOST", "").lower()
    found = _HOST.fullmatch(host)
    name = (found[1] or found[2]) if found else ""
    asked = name == "localhost" or name.endswith(".localhost") or _is_loopback(name)
    return asked and _is_loopback(environ.get("REMOTE_ADDR", ""))


def _is_local_list(addresses: str) -> bool:
    return all(_is_loopback(each.strip()) for each in addresses.split(",") if each.strip())


def _is_loopback(address: str) -> bool:
    with suppress(ValueError):
        found = ipaddress.ip_address(address)
        mapped = getattr(found, "ipv4_mapped", None)
        return (mapped or found).is_loopback
    return False


def _is_ours(file: str) -> bool:
    return os.path.basename(file).startswith("enuf_")  # noqa: PTH119


def _place(frames: Any) -> str:
    """Return the innermost line of the app's own code; empty where only libraries are on the stack."""
    own = [
        frame
        for frame in traceback.extract_tb(frames)
        if "site-packages" not in frame.filename and frame.filename.startswith(os.getcwd() + os.sep)  # noqa: PTH109
    ]
    return f"{os.path.relpath(own[-1].filename)}, line {own[-1].lineno}: {own[-1].line}" if own else ""


def let_flask_raise() -> None:
    """Make Flask raise an error of a view for a local browser, as in its debug mode, in place of a bare page."""
    signals = sys.modules.get("flask.signals")
    if signals is not None:
        with suppress(RuntimeError):  # an old Flask without blinker
            signals.got_request_exception.connect(_on_error)


_raising: set[int] = set()
"""The apps that raise because of us: the app's own setting has the last word."""


def _on_error(app: Any, **_: Any) -> None:
    """Decide for the request that has just failed: Flask looks at the setting after this call."""
    from flask import request

    if app.config.get(RAISES) is None or id(app) in _raising:
        _raising.add(id(app))
        app.config[RAISES] = True if asks_from_here(request.environ) else None
