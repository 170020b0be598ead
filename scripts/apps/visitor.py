"""A visitor: sends the requests of one application to one server, keeps cookies, and returns the answers."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlencode

import msgspec
from scripts.apps.catalog import Ask

ANSWER_WITHIN_S = 60
BODY_LIMIT = 8 << 20


class Answer(msgspec.Struct, frozen=True):
    """One answer as it came over the wire, the headers in their order."""

    status: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """Return the values of a header, one a line; empty without it."""
        return "\n".join(value for key, value in self.headers if key.lower() == name.lower())


class Visitor:
    """Cookies, the last page's hidden inputs, and what was taken from answers."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._cookies: dict[str, str] = {}
        self._taken = {"etag": '"none"', "last-modified": "Thu, 01 Jan 1970 00:00:00 GMT"}
        self._hidden: dict[str, str] = {}

    def ask_all(self, asks: Sequence[Ask]) -> list[Answer]:
        """Send the requests one after another and return their answers."""
        return [self.ask(ask) for ask in asks]

    def ask(self, ask: Ask) -> Answer:
        """Send one request on a connection of its own. Return the answer, or the failure as one."""
        headers = {name: self._filled(value) for name, value in ask.headers.items()}
        body = self._body(ask, headers)
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_WITHIN_S)
        with contextlib.closing(connection):
            try:
                # http.client would ask for `identity` by itself: the visitor says nothing of encodings
                connection.putrequest(ask.method, self._filled(ask.path), skip_accept_encoding=True)
                for name, value in headers.items():
                    connection.putheader(name, value)
                connection.endheaders(body)
                found = connection.getresponse()
                answer = Answer(
                    f"{found.status} {found.reason}", tuple(found.getheaders()), found.read(BODY_LIMIT)
                )
            except (OSError, http.client.HTTPException) as failure:
                return Answer(f"no answer: {type(failure).__name__}")
        self._learn(ask, answer)
        return answer

    def _filled(self, text: str) -> str:
        for name, value in self._taken.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def _body(self, ask: Ask, headers: dict[str, str]) -> bytes | None:
        content: bytes | None = None
        if ask.form is not None:
            fields = {**(self._hidden if ask.hidden else {}), **ask.form}
            content = urlencode({name: self._filled(value) for name, value in fields.items()}).encode()
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        elif ask.json is not None:
            content = self._filled(json.dumps(ask.json)).encode()
            headers.setdefault("Content-Type", "application/json")
        elif ask.body is not None:
            content = self._filled(ask.body).encode()
        if content is not None:
            headers["Content-Length"] = str(len(content))
        return content

    def _learn(self, ask: Ask, answer: Answer) -> None:
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                self._keep(value)
        text = answer.body.decode("utf-8", "replace")
        if hidden := hidden_inputs(text):
            self._hidden = hidden
        if ask.take:
            self._taken |= {
                name: answer.header(name) or self._taken[name] for name in ("etag", "last-modified")
            }
        for name, pattern in ask.take.items():
            if match := re.search(pattern, text):
                self._taken[name] = match[1]

    def _keep(self, line: str) -> None:
        try:
            cookies = SimpleCookie(line)
        except CookieError:
            return
        for name, morsel in cookies.items():
            if morsel["max-age"] == "0" or "1970" in morsel["expires"]:
                self._cookies.pop(name, None)
            else:
                self._cookies[name] = morsel.coded_value


def hidden_inputs(page: str) -> dict[str, str]:
    """Return the names and values of the hidden inputs in an HTML page."""
    found: dict[str, str] = {}

    class Inputs(HTMLParser):
        """Collects them."""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            values = dict(attrs)
            if tag == "input" and values.get("type") == "hidden" and values.get("name"):
                found[str(values["name"])] = values.get("value") or ""

    Inputs().feed(page)
    return found
