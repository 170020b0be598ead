"""The page for a request that the app did not answer, for nginx of `enuf up --dev`: it shows the live doctor's verdict.

nginx asks at a private socket, and only for a browser on this machine.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from enuf.language.choice import Language
from enuf.web.language import labels, language_of
from enuf.web.live_verdict import LONGEST_PATH, LiveVerdict, LiveVerdicts
from enuf.web.translation import verdict_in

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

WAITS_S = 6.0
"""nginx waits longer (WHY_TIMEOUT)."""
_STATUS = re.compile(r"\b50[234]\b")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_AGAIN = '<meta http-equiv="refresh" content="2">'
"""The page asks again while the doctor works: its verdict is kept for a while."""
_PAGE = """<!doctype html>
<html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">{again}<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 3em auto; max-width: 60em; padding: 0 1em; overflow-wrap: anywhere; }}
code {{ font-size: 14px; white-space: pre-wrap; }}
</style>
<h1>{title}</h1>
<p><code>{request}</code></p>
{body}
<p><small>{private}</small></p>
</html>
"""


class WhyApp:
    """The WSGI application: one page, whatever the path is."""

    def __init__(self, url: Callable[[], str]) -> None:
        """`url` returns the address of the site."""
        self._url = url
        self._verdicts = LiveVerdicts()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer with the verdict about the address that was asked for, and with the status that nginx had."""
        request = Request(environ)
        response = self._answer(request)
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["Cache-Control"] = "no-store"
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        said = _STATUS.findall(request.headers.get("X-Enuf-Status", ""))
        target = request.headers.get("X-Enuf-Target", "")[:LONGEST_PATH]
        language: Language = "ko" if language_of(request) == "ko" else "en"
        verdict = LiveVerdict(state="failed")
        if request.method == "GET" and target.startswith("/"):
            base = self._url().partition("://")
            place = base[2].partition("/")[0]
            verdict = self._verdicts.awaited(f"{base[0]}://{place}{target}", WAITS_S)
        page = why_page(f"{request.method} {target}", verdict_in(language, verdict), language)
        return Response(page, int(said[-1]) if said else 502, content_type="text/html; charset=utf-8")


def why_page(request: str, verdict: LiveVerdict, language: Language) -> str:
    """Return the page in a language."""
    text = labels(language)
    return _PAGE.format(
        language=language,
        again=_AGAIN if verdict.state == "running" else "",
        title=html.escape(text["why.noAnswer"]),
        request=html.escape(request),
        body="\n".join(_body(verdict, text)),
        private=html.escape(text["why.private"]),
    )


def _body(verdict: LiveVerdict, text: dict[str, str]) -> Iterator[str]:
    finding = verdict.finding
    if finding:
        yield f"<p><b>{_shown(finding, 'code')}</b> {_shown(finding, 'message')}</p>"
        yield _list(map(str, finding.get("evidence") or ()))
        if finding.get("hint"):
            yield f"<p>{html.escape(text['why.cure'])} <code>{_shown(finding, 'hint')}</code></p>"
    elif verdict.state == "done":
        known = verdict.status and verdict.status < 500
        yield f"<p>{html.escape(text['why.works'].format(status=verdict.status) if known else text['why.unproven'])}</p>"
        yield _list(() if known else (*verdict.ruled_out, *verdict.next_steps))
    else:
        yield f"<p>{html.escape(text['why.running' if verdict.state == 'running' else 'why.none'])}</p>"


def _shown(finding: dict[str, object], name: str) -> str:
    return html.escape(str(finding.get(name, "")))


def _list(lines: Iterable[str]) -> str:
    items = "".join(f"<li><code>{html.escape(line)}</code></li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""
