"""The WSGI application of the dashboard. Every request is read-only."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

import enuf
from enuf.doctor import pages
from enuf.language.choice import Language
from enuf.model.snapshot import PastHour, Snapshot
from enuf.observe.views.prometheus import CONTENT_TYPE
from enuf.web import config_files
from enuf.web.access_policy import AccessPolicy
from enuf.web.doctor_report import DoctorRunner
from enuf.web.language import COOKIE, COOKIE_LASTS_S, LANGUAGES, labels, language_of, rendered
from enuf.web.live_verdict import LONGEST_PATH, LiveVerdicts
from enuf.web.log_search import InvalidFilter, LogSearch, SearchBusy
from enuf.web.translation import report_in, snapshot_in, verdict_in

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
KINDS = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
METHODS = ("GET", "HEAD")

_ROUTES = Map(
    [
        Rule("/", endpoint="page"),
        Rule("/static/<name>", endpoint="asset"),
        Rule("/metrics", endpoint="metrics"),
        Rule("/api/snapshot", endpoint="snapshot"),
        Rule("/api/history", endpoint="history"),
        Rule("/api/findings", endpoint="findings"),
        Rule("/api/explain/<code>", endpoint="explain"),
        Rule("/api/why", endpoint="why"),
        Rule("/api/logs", endpoint="logs"),
        Rule("/api/story", endpoint="story"),
        Rule("/api/config", endpoint="config_names"),
        Rule("/api/config/<name>", endpoint="config"),
    ],
    merge_slashes=False,
)
_OPEN = ("asset",)
"""Endpoints without a token: the parts of the page that are equal for all visitors."""


class _Missing(Exception):
    """A page or file that does not exist; its text is the name of the refusal."""


class DashboardSource(Protocol):
    """A source of snapshots and metrics."""

    def snapshot(self) -> Snapshot:
        """Return the last snapshot."""

    def past_hour(self) -> PastHour:
        """Return the figures of the last hour."""

    def metrics(self) -> bytes:
        """Return the metrics of this moment in Prometheus' text format."""


class DashboardApp:
    """The WSGI application of the dashboard."""

    def __init__(
        self,
        source: DashboardSource,
        policy: AccessPolicy,
        *,
        conf: Path,
        logs: LogSearch,
        doctor: DoctorRunner,
    ) -> None:
        self._source = source
        self._policy = policy
        self._conf = conf
        self._log_search = logs
        self._doctor = doctor
        self._verdicts = LiveVerdicts()
        self._encoded: dict[Language, tuple[Snapshot, bytes]] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        response = self._answer(Request(environ))
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        text = labels(language_of(request))
        if not self._policy.accepts_host(request.environ.get("HTTP_HOST", "")):
            return _plain(403, text["refusal.host"])
        if request.method not in METHODS:
            return _plain(405, text["refusal.readOnly"], Allow=", ".join(METHODS))
        try:
            endpoint, values = _ROUTES.bind_to_environ(request.environ).match()
            if endpoint not in _OPEN and not self._is_allowed(endpoint, request):
                return _localized("locked.html", request, status=401, **{"WWW-Authenticate": "Bearer"})
            answer: Response = getattr(self, f"_{endpoint}")(request, **values)
            return answer
        except InvalidFilter as error:
            return _plain(400, text[f"refusal.{error.name}"].format(**error.values))
        except SearchBusy:
            return _plain(503, text["refusal.busy"], **{"Retry-After": "1"})
        except _Missing as error:
            return _plain(404, text[f"refusal.{error}"])
        except HTTPException as error:
            return _plain(error.code or 500, error.description or error.name)

    def _is_allowed(self, endpoint: str, request: Request) -> bool:
        # Counters contain no path and no visitor, and Prometheus cannot read the token file again after each
        # start.
        if endpoint == "metrics" and self._policy.is_private:
            return True
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        tokens = (
            request.args.get("token"),
            request.cookies.get(self._policy.cookie),
            bearer if scheme.lower() == "bearer" else None,
        )
        return self._policy.accepts_token(tokens)

    # -- the answers, named as in _ROUTES

    def _page(self, request: Request) -> Response:
        response = _localized("index.html", request)
        chosen = request.args.get("lang", "")
        if chosen in LANGUAGES:
            response = _plain(303, "", Location="/")
        if "token" in request.args:
            response = self._entered(request)
            response.set_cookie(self._policy.cookie, self._policy.token, httponly=True, samesite="Strict")
        if chosen in LANGUAGES:
            response.set_cookie(COOKIE, chosen, max_age=COOKIE_LASTS_S, httponly=True, samesite="Strict")
        return response

    def _entered(self, request: Request) -> Response:
        """Return the answer to a visitor whose URL has the token."""
        if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
            # The visitor comes from another page, like the one of `enuf dash --open`: a browser withholds a
            # Strict cookie from the target of a redirect then, and not from a page that this one opens.
            return _localized("enter.html", request)
        if "text/html" in request.headers.get("Accept", ""):
            # A browser shows the URL with the token, and keeps it in its history; a program does neither.
            return _plain(303, "", Location="/")
        return _localized("index.html", request)

    def _asset(self, request: Request, name: str) -> Response:
        response = _asset(name)
        response.headers["Cache-Control"] = "no-cache"
        response.add_etag()
        return response.make_conditional(request)

    def _metrics(self, request: Request) -> Response:
        return Response(self._source.metrics(), content_type=CONTENT_TYPE)

    def _snapshot(self, request: Request) -> Response:
        snapshot, language = self._source.snapshot(), _asked_language(request)
        encoded = self._encoded.get(language)
        if encoded is None or encoded[0] is not snapshot:
            encoded = (snapshot, msgspec.json.encode(snapshot_in(language, snapshot)))
            self._encoded[language] = encoded
        response = Response(encoded[1], content_type="application/json")
        response.set_etag(f"{snapshot.at:.6f}")
        return response.make_conditional(request)

    def _history(self, request: Request) -> Response:
        return _json(self._source.past_hour())

    def _findings(self, request: Request) -> Response:
        return _json(report_in(_asked_language(request), self._doctor.last()))

    def _why(self, request: Request) -> Response:
        """Answer for a GET that failed and that the page shows; a dashboard that others can reach sends no requests."""
        asked, snapshot = request.args.get("request", "")[:LONGEST_PATH], self._source.snapshot()
        method, _, path = asked.partition(" ")
        if not self._policy.is_private or method != "GET" or asked not in _failed(snapshot):
            raise _Missing("nothing")
        found = self._verdicts.verdict(f"{snapshot.url.rstrip('/')}{path}")
        return _json(verdict_in(_asked_language(request), found))

    def _explain(self, request: Request, code: str) -> Response:
        if code not in pages.codes() or (text := pages.page(code, _asked_language(request))) is None:
            raise _Missing("noPage")
        return _plain(200, pages.for_readers(text))

    def _logs(self, request: Request) -> Response:
        return _json(self._log_search.last(request.args))

    def _story(self, request: Request) -> Response:
        return _json(self._log_search.story(request.args.get("id", "")))

    def _config_names(self, request: Request) -> Response:
        return _json(config_files.names(self._conf))

    def _config(self, request: Request, name: str) -> Response:
        text = config_files.text(self._conf, name)
        if text is None:
            raise _Missing("noFile")
        return _plain(200, text)


def _failed(snapshot: Snapshot) -> frozenset[str]:
    """Return the requests that failed, as the page shows them: `GET /cart`."""
    slow = (f"{each.method} {each.path}" for each in snapshot.slow if each.status >= 500 or each.hung)
    errors = (each.request for each in snapshot.errors)
    groups = (each.request for each in snapshot.error_groups)
    return frozenset(each for each in (*slow, *errors, *groups) if " /" in each)


def _asked_language(request: Request) -> Language:
    """Return the language that the address of a request asks for: English without `lang`, for programs."""
    return "ko" if request.args.get("lang", "").startswith("ko") else "en"


def _plain(status: int, text: str, **headers: str) -> Response:
    return Response(text, status, headers, content_type="text/plain; charset=utf-8")


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), content_type="application/json")


def _localized(name: str, request: Request, *, status: int = 200, **headers: str) -> Response:
    """Return a page in the language of the request."""
    language = language_of(request)
    headers = {"Content-Language": language, "Vary": "Accept-Language, Cookie", **headers}
    return Response(rendered(name, language), status, headers, content_type="text/html; charset=utf-8")


def _asset(name: str) -> Response:
    """Return a file of the static folder. Raise _Missing."""
    path = files(enuf).joinpath("web", "static", name)
    kind = KINDS.get(Path(name).suffix)
    if "/" in name or kind is None or not path.is_file():
        raise _Missing("nothing")
    return Response(path.read_bytes(), content_type=f"{kind}; charset=utf-8")
