"""The dashboard's answers to HTTP requests, as a WSGI application. It only ever reads."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

import enuf
from enuf.doctor import pages
from enuf.model.snapshot import Snapshot
from enuf.observe.views.prometheus import CONTENT_TYPE
from enuf.web import config_files
from enuf.web.access_policy import AccessPolicy
from enuf.web.doctor_report import DoctorRunner

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
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
METHODS = ("GET", "HEAD")

_ROUTES = Map(
    [
        Rule("/", endpoint="page"),
        Rule("/static/<name>", endpoint="asset"),
        Rule("/metrics", endpoint="metrics"),
        Rule("/api/snapshot", endpoint="snapshot"),
        Rule("/api/findings", endpoint="findings"),
        Rule("/api/explain/<code>", endpoint="explain"),
        Rule("/api/config", endpoint="config_names"),
        Rule("/api/config/<name>", endpoint="config"),
    ],
    merge_slashes=False,
)
_OPEN = ("asset",)
"""What anybody who can reach the dashboard may read: the parts of the page that are the same for everybody."""


class DashboardSource(Protocol):
    """Where the figures come from."""

    def snapshot(self) -> Snapshot:
        """The last look at the stack."""

    def metrics(self) -> bytes:
        """The figures of this moment in Prometheus' text format."""


class DashboardApp:
    """The WSGI application."""

    def __init__(
        self, source: DashboardSource, policy: AccessPolicy, *, conf: Path, doctor: DoctorRunner
    ) -> None:
        self._source = source
        self._policy = policy
        self._conf = conf
        self._doctor = doctor
        self._encoded: tuple[Snapshot, bytes] | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        response = self._answer(Request(environ))
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if not self._policy.accepts_host(request.environ.get("HTTP_HOST", "")):
            return _plain(403, "This is not the address of this dashboard. `enuf dash` prints it.")
        if request.method not in METHODS:
            return _plain(405, "The dashboard only shows; it takes no orders.", Allow=", ".join(METHODS))
        try:
            endpoint, values = _ROUTES.bind_to_environ(request.environ).match()
            if endpoint not in _OPEN and not self._may_see(endpoint, request):
                return _asset("locked.html", status=401, **{"WWW-Authenticate": "Bearer"})
            answer: Response = getattr(self, f"_{endpoint}")(request, **values)
            return answer
        except HTTPException as error:
            return _plain(error.code or 500, error.description or error.name)

    def _may_see(self, endpoint: str, request: Request) -> bool:
        # Counters name no address and no visitor, and Prometheus cannot read our token file anew after each start.
        if endpoint == "metrics" and self._policy.is_private:
            return True
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        given = (
            request.args.get("token"),
            request.cookies.get(self._policy.cookie),
            bearer if scheme.lower() == "bearer" else None,
        )
        return self._policy.accepts_token(given)

    # -- the answers, named as in _ROUTES

    def _page(self, request: Request) -> Response:
        response = _asset("index.html")
        if "token" not in request.args:
            return response
        if request.headers.get("Sec-Fetch-DashboardApp") in ("cross-site", "same-site"):
            # Another page led here (`enuf dash --open` makes one): a browser keeps a Strict cookie from what a redirect then
            # leads to, not from what a page of ours leads to.
            response = _asset("enter.html")
        elif "text/html" in request.headers.get("Accept", ""):
            # A browser keeps addresses in its history and shows them to who looks over the shoulder; a program does neither.
            response = _plain(303, "", Location="/")
        response.set_cookie(self._policy.cookie, self._policy.token, httponly=True, samesite="Strict")
        return response

    def _asset(self, request: Request, name: str) -> Response:
        response = _asset(name)
        response.headers["Cache-Control"] = "no-cache"
        response.add_etag()
        return response.make_conditional(request)

    def _metrics(self, request: Request) -> Response:
        return Response(self._source.metrics(), content_type=CONTENT_TYPE)

    def _snapshot(self, request: Request) -> Response:
        snapshot = self._source.snapshot()
        if self._encoded is None or self._encoded[0] is not snapshot:
            self._encoded = (snapshot, msgspec.json.encode(snapshot))
        response = Response(self._encoded[1], content_type="application/json")
        response.set_etag(f"{snapshot.at:.6f}")
        return response.make_conditional(request)

    def _findings(self, request: Request) -> Response:
        return _json(self._doctor.last())

    def _explain(self, request: Request, code: str) -> Response:
        language = "ko" if request.args.get("lang", "").startswith("ko") else "en"
        if code not in pages.codes() or (text := pages.page(code, language)) is None:
            raise NotFound(f"There is no page for {code}.")
        return _plain(200, text)

    def _config_names(self, request: Request) -> Response:
        return _json(config_files.names(self._conf))

    def _config(self, request: Request, name: str) -> Response:
        text = config_files.text(self._conf, name)
        if text is None:
            raise NotFound("There is no such rendered file.")
        return _plain(200, text)


def _plain(status: int, text: str, **headers: str) -> Response:
    return Response(text, status, headers, content_type="text/plain; charset=utf-8")


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), content_type="application/json")


def _asset(name: str, *, status: int = 200, **headers: str) -> Response:
    """A file of the static folder. Raises NotFound."""
    path = files(enuf).joinpath("web", "static", name)
    kind = KINDS.get(Path(name).suffix)
    if "/" in name or kind is None or not path.is_file():
        raise NotFound("There is nothing here.")
    return Response(path.read_bytes(), status, headers, content_type=f"{kind}; charset=utf-8")
